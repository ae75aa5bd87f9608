"""The network page."""

from explorer.ui import frame, network_view, pages

frame.show(pages.NETWORK, network_view.show, network_view.sidebar)

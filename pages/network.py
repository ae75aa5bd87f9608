"""The network page."""

from explorer.ui import frame, network_view, pages

network_view.show(frame.begin(pages.NETWORK).spec)

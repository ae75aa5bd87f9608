"""The network page."""

from explorer.ui import frame, network_view

network_view.show(frame.begin(frame.NETWORK))

"""The network page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages import network

frame.show(site.NETWORK, network.show, network.sidebar, network.head)

"""The compare page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages import compare

frame.show(site.COMPARE, compare.show)

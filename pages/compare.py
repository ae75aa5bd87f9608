"""The compare page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages.compare import page

frame.show(site.COMPARE, page.show)

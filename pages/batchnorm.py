"""The batch norm page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages.batchnorm import page

frame.show(site.BATCHNORM, page.show)

"""The training page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages.training import page

frame.show(site.TRAINING, page.show)

"""The experiments page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages import experiments

frame.show(site.EXPERIMENTS_PAGE, experiments.show)

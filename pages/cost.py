"""The cost math page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages import cost

frame.show(site.COST, cost.show)

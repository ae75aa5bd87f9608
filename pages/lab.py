"""The block lab page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages import lab

frame.show(site.LAB, lab.show, head=lab.head)

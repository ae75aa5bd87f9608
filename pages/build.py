"""The build page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages.build import page

frame.show(site.BUILD, page.show, head=page.head)

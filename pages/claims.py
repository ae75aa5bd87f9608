"""The claims page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages import claims

frame.show(site.CLAIMS, claims.show)

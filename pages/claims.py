"""The claims page."""

from explorer.ui import claims_view, frame, pages

frame.begin(pages.CLAIMS)
claims_view.show()

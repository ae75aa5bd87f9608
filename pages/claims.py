"""The claims page."""

from explorer.ui import claims_view, frame, pages

frame.show(pages.CLAIMS, claims_view.show)

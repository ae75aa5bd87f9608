"""The receptive field page."""

from explorer.ui import field_view, frame, pages

frame.show(pages.FIELD, field_view.show, field_view.sidebar)

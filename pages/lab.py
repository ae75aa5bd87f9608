"""The block lab page."""

from explorer.ui import frame, lab_view, pages

frame.show(pages.LAB, lab_view.show, lab_view.sidebar)

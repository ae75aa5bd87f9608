"""The training page."""

from explorer.ui import frame, pages, training_view

frame.show(pages.TRAINING, training_view.show)

"""The training page."""

from explorer.ui import frame, pages, training_view

training_view.show(frame.begin(pages.TRAINING).spec)

"""The training page."""

from explorer.ui import frame, training_view

training_view.show(frame.begin(frame.TRAINING))

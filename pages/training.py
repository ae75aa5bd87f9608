"""The training page."""

from explorer.ui import frame

frame.begin(frame.TRAINING)

"""The claims page."""

from explorer.ui import claims_view, frame

frame.begin(frame.CLAIMS)
claims_view.show()

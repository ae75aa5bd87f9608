"""The batch norm page."""

from explorer.ui import batchnorm_view, frame, pages

frame.show(pages.BATCHNORM, batchnorm_view.show)

"""The batch norm page."""

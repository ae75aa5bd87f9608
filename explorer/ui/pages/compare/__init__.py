"""The compare page: two to four networks side by side."""

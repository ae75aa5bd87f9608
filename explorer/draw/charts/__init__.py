"""Plotly figures, one file a subject. None computes what it shows: numbers come from the core."""

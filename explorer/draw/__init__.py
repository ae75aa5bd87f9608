"""Pictures: SVG and Plotly figures. None computes what it shows."""

"""What pages are made of: the only place in the package that imports streamlit."""

"""What evidence says: paired runs, and the claims of the sources, computed."""

"""Feature maps: what the channels of a node make of one image."""

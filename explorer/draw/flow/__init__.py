"""A module as boxes and ribbons: the area of a box is what its layer costs, ribbons are as wide as channels."""

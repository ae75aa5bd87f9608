"""What one element of a map sees of the image: boxes, growth, paths, and a chain of layers to play with."""

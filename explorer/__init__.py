"""The Inception family as small immutable graphs: every shape, count and field, and how it was made.

An architecture is a graph of ops; an op owns its rules; everything on screen is a fold over that
graph; every toggle is a function from graph to graph.
"""

__version__ = "0.1.0"

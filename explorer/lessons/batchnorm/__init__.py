"""Batch normalisation in numbers (Ioffe and Szegedy 2015): the transform, its gradient, its statistics."""

"""An architecture as a small immutable graph of ops, its trace, its formulas, its printed source."""

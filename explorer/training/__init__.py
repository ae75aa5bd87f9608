"""Short runs: configuration, data, the loop, and the worker processes that run it."""

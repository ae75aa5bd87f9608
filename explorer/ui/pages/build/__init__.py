"""The build page: a network, or one of its modules by itself, and everything that follows from it."""

"""One run: a step, all of them, and what is kept of it."""

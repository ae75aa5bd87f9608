"""Teaching by numbers: what a module costs, what batch norm does, how Inception becomes Xception."""

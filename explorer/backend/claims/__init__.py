"""The runs behind the claims that need one. They import torch: for a worker or the command line only."""

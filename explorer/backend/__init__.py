"""Everything that imports torch, torchvision or scikit-learn: it runs in a worker or on the command line."""

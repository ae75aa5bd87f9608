"""What every room uses and what uses none: errors, caps, names looked up, files, number formats."""

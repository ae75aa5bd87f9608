"""What a page knows of its visitor: its state, with its link and its history."""

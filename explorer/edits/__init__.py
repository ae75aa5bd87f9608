"""Graph to graph: rewrites of what they match, and edits of single layers."""

"""What follows from a trace: comparisons, tables, fields of view, sentences with live numbers."""

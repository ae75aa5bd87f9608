"""Runs: asked for, kept, scheduled and executed. Without torch."""

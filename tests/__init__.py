"""Tests of the explorer; they mirror its layout."""

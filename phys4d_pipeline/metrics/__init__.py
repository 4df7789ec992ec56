"""Measures of labels and of generated clips: value, coverage, and when a score is refused."""

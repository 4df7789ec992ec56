"""Measures of labels and of generated clips: value, coverage, and when a score is refused."""

"""Predictions against ground truth -> figures with a source: depth, flow."""

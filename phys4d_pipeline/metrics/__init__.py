"""Predictions against ground truth -> figures with a source: depth, flow."""

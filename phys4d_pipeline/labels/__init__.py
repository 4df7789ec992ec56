"""Footage without ground truth -> pseudo-labels: depth and flow by estimators, found by name."""

"""Soft bodies that wobble, bounce, are squashed and shaped: one module per family."""

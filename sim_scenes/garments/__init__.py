"""Cloth that drapes, hangs, flies and is pulled: one module per family."""

"""Skins full of gas that bounce, squeeze, fly and catch: one module per family."""

"""Liquids that break, splash, swing, pour and carry: one module per family."""

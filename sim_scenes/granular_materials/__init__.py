"""Grains that pour, pile, slide and run out: one module per family."""

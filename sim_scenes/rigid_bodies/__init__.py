"""Rigid solids that fall, roll, slide and collide: one module per family."""

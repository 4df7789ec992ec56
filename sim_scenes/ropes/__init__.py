"""Ropes that swing, coil, wrap, knot and carry: one module per family."""

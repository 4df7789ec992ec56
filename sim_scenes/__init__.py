"""What to simulate: a package per category, a module per family."""

"""Heat that flows, melts, glows, expands and rises: one module per family."""

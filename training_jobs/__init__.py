"""How each training stage is run; one runnable file per stage."""

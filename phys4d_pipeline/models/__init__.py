"""Video diffusion backbones behind one protocol, their processes, geometry heads, adapters."""

"""The renderer on an NVIDIA GPU: the CPU's kernels, one thread per primitive or sample."""

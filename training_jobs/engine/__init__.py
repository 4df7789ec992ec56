"""What all stages share: the loop, sharding, checkpoints, exports, precomputed latents."""

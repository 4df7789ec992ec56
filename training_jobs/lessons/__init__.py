"""What stages are trained on: windows of stored clips, their latents, truth and pseudo-labels."""

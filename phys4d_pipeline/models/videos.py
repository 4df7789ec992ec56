"""Sizes of videos that a causal VAE and the patches after it can take."""

import torch
from jaxtyping import Float

from .backbone import Strides


def raise_unless_causal(
    video: Float[torch.Tensor, "B 3 T H W"], strides: Strides, patch: Strides
) -> None:
    """Raise ValueError unless T = s (t - 1) + 1 and H and W are whole tokens."""
    num_frames, height, width = video.shape[2:]
    if (num_frames - 1) % strides.time:
        nearest = (num_frames - 1) // strides.time * strides.time + 1
        raise ValueError(
            f"A video of {num_frames} frames: this VAE takes {strides.time} k + 1. "
            f"Nearest below: {nearest}."
        )
    raise_unless_whole_tokens(height, width, strides.space * patch.space)


def raise_unless_whole_tokens(height: int, width: int, side: int) -> None:
    """Raise ValueError unless both are multiples of a token's side [px]."""
    if height % side or width % side:
        raise ValueError(f"A video of {width}x{height}: both must be multiples of {side} px.")

"""Generated and true pictures -> mean square error and PSNR, the measures without any model."""

import math

import torch
from jaxtyping import Float

Tensor = torch.Tensor


def pixel_mse(
    video: Float[Tensor, "3 T H W"], truth: Float[Tensor, "3 T H W"]
) -> Float[Tensor, " T"]:
    """Mean square error of each frame; videos in [-1, 1], the error on the scale of [0, 1]."""
    return ((video - truth) / 2).double().square().mean((0, 2, 3)).to(video.dtype)


def psnr(mse: float) -> float:
    """Peak signal-to-noise ratio [dB] of an error on the scale of [0, 1]; inf for none."""
    return math.inf if mse == 0 else -10 * math.log10(mse)

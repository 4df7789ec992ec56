"""A VAE of WAN's class that is exactly one thing from the start: principal components of patches.

From random weights a small VAE needs hours on a CPU to be as good as the linear one that a single
eigenvalue problem gives. So training starts there. RMS normalisation and SiLU lie in the way of
linear maps; a constant channel much larger than the others makes the first a mere factor, and pairs
of channels of opposite sign make the second exact: silu(x) - silu(-x) = x.
"""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_wan import patchify
from jaxtyping import Float

Tensor = torch.Tensor
SMALL = 0.02
"""Size of a channel beside the constant one: its 2 z numbers change the norm by z SMALL^2."""
LOG_VARIANCE = -6.0
"""Of the posterior."""


@torch.no_grad()
def start_as_principal_components(
    vae: Any, videos: Sequence[Float[Tensor, "3 T H W"]]
) -> Float[Tensor, " z"]:
    """Set the weights so that latents are the first components of patches, of unit variance.

    Args:
        vae: An AutoencoderKLWan of one level whose residual branches are 0 (`ToySizes.vae_patch`),
            of at least 2 z + 1 channels.
        videos: What patches are taken from.

    Returns:
        Share of the variance that each component holds.
    """
    size, width = vae.config.z_dim, vae.config.base_dim
    if len(vae.config.dim_mult) != 1 or width <= 2 * size:
        raise ValueError(
            f"VAE of {len(vae.config.dim_mult)} levels with {width} channels for {size} latent "
            f"ones: principal components need one level of {2 * size + 1} channels or more."
        )
    patches = torch.cat(
        [patchify(video[None], vae.config.patch_size)[0].flatten(1).T for video in videos]
    ).double()
    mean = patches.mean(0)
    variance, directions = torch.linalg.eigh((patches - mean).T.cov())
    chosen = variance[-size:].flip(0).clamp(min=1e-8)
    inward = directions[:, -size:].flip(1).T / chosen.sqrt()[:, None]
    outward = directions[:, -size:].flip(1) * chosen.sqrt()
    enter, leave = vae.encoder, vae.decoder
    _spread(enter.conv_in, inward, -inward @ mean)
    _gather(enter.conv_out, torch.cat([torch.eye(size), torch.zeros(size, size)]))
    enter.conv_out.bias[size:] = LOG_VARIANCE
    for same in (vae.quant_conv, vae.post_quant_conv):
        same.weight.copy_(torch.eye(len(same.bias))[..., None, None, None])
        same.bias.zero_()
    _spread(leave.conv_in, torch.eye(size), torch.zeros(size))
    _gather(leave.conv_out, outward)
    leave.conv_out.bias.copy_(mean)
    return (chosen / variance.sum()).float()


def _spread(convolution: Any, matrix: Tensor, offset: Tensor) -> None:
    """Numbers -> pairs of channels of opposite sign, a constant channel, idle ones."""
    size = len(matrix)
    convolution.weight.zero_()
    convolution.bias.zero_()
    for sign, first in ((1, 0), (-1, size)):
        _here(convolution)[first : first + size] = sign * SMALL * matrix
        convolution.bias[first : first + size] = sign * SMALL * offset
    convolution.bias[2 * size] = 1.0


def _gather(convolution: Any, matrix: Tensor) -> None:
    """Normalised pairs -> linear combinations; what comes from idle channels stays random."""
    size, width = matrix.shape[1], convolution.weight.shape[1]
    convolution.weight[:, : 2 * size + 1] = 0.0
    convolution.bias.zero_()
    _here(convolution)[:, :size] = matrix / (SMALL * width**0.5)
    _here(convolution)[:, size : 2 * size] = -matrix / (SMALL * width**0.5)


def _here(convolution: Any) -> Float[Tensor, "outputs inputs"]:
    """The weights of the pixel itself, of this frame: the last in time, since it is causal."""
    return convolution.weight[:, :, -1, 1, 1]

"""The VAE of Open-Sora 1.2: a picture VAE per frame, then a causal one along time.

Written from the published source (hpcaitech/Open-Sora v1.2, Apache-2.0) with the parameter names of
OpenSora-VAE-v1.2. Frames are coded 17 at a time, each group into 5 latents that know nothing of the
other groups; a first group of 4k + 1 frames gives k + 1 latents, its first latent one frame.
"""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.modeling_utils import ModelMixin
from jaxtyping import Float
from torch import nn
from torch.nn import functional

Tensor = torch.Tensor

PICTURE_SCALE = 0.18215  # of the picture VAE's latents, whatever its own configuration says
TIME_STRIDE = 4
PICTURE_VAE = {  # PixArt-alpha/pixart_sigma_sdxlvae_T5_diffusers, folder vae
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [128, 256, 512, 512],
    "layers_per_block": 2,
    "latent_channels": 4,
}


class OpenSoraVAE(ModelMixin, ConfigMixin):
    """Both VAEs and the statistics of the latents."""

    scale: Tensor
    shift: Tensor

    @register_to_config
    def __init__(
        self,
        *,
        micro_frame_size: int = 17,
        latent_std: Sequence[float] = (3.85, 2.32, 2.33, 3.06),
        latent_mean: Sequence[float] = (-0.10, 0.34, 0.27, 0.98),
        picture_vae: dict[str, Any] | None = None,
        filters: int = 128,
        num_groups: int = 32,
        num_res_blocks: int = 4,
    ) -> None:
        super().__init__()
        self.spatial_vae = PictureVAE(picture_vae or PICTURE_VAE)
        self.temporal_vae = TimeVAE(filters, num_groups, num_res_blocks)
        self.register_buffer("scale", torch.tensor(latent_std).view(1, -1, 1, 1, 1))
        self.register_buffer("shift", torch.tensor(latent_mean).view(1, -1, 1, 1, 1))

    def encode(self, video: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B 4 t h w"]:
        """Normalised means of the posteriors."""
        frames = self.spatial_vae.encode(video)
        groups = frames.split(self.config["micro_frame_size"], dim=2)
        latents = torch.cat([self.temporal_vae.encode(group) for group in groups], dim=2)
        return (latents - self.shift) / self.scale

    def decode(self, latents: Float[Tensor, "B 4 t h w"]) -> Float[Tensor, "B 3 T H W"]:
        """The video of `num_frames(t)` frames."""
        group_size = latents_of(self.config["micro_frame_size"])
        groups = (latents * self.scale + self.shift).split(group_size, dim=2)
        frames = []
        for index, group in enumerate(groups):
            whole = TIME_STRIDE * group.shape[2]
            # Only a group that is not the last or fills its 17 frames, or the first, was padded.
            padded = index == 0 or group.shape[2] == group_size
            kept = whole - (TIME_STRIDE - 1 if padded else 0)
            frames.append(self.temporal_vae.decode(group)[:, :, whole - kept :])
        return self.spatial_vae.decode(torch.cat(frames, dim=2))


def latents_of(num_frames: int) -> int:
    """Latents of one group of frames: whole strides, the first padded with frames of zeros."""
    return -(-num_frames // TIME_STRIDE)


class PictureVAE(nn.Module):
    """A VAE for pictures, used frame by frame; called `module` in the published weights."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.module = AutoencoderKL(**config)

    def encode(self, video: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B 4 T h w"]:
        """Scaled means, frame by frame."""
        pictures = video.transpose(1, 2).flatten(0, 1)
        means = [self.module._encode(picture[None]).chunk(2, dim=1)[0] for picture in pictures]
        return PICTURE_SCALE * torch.cat(means).unflatten(0, (len(video), -1)).transpose(1, 2)

    def decode(self, latents: Float[Tensor, "B 4 T h w"]) -> Float[Tensor, "B 3 T H W"]:
        """Frame by frame."""
        pictures = latents.transpose(1, 2).flatten(0, 1) / PICTURE_SCALE
        frames = [self.module._decode(picture[None]).sample for picture in pictures]  # type: ignore
        return torch.cat(frames).unflatten(0, (len(latents), -1)).transpose(1, 2)


class TimeVAE(nn.Module):
    """Groups of frames of latents to a quarter as many, and back."""

    def __init__(self, filters: int, num_groups: int, num_res_blocks: int) -> None:
        super().__init__()
        sizes = (filters, num_groups, num_res_blocks)
        self.encoder = TimeEncoder(*sizes)
        self.quant_conv = CausalConv(8, 8, 1)
        self.post_quant_conv = CausalConv(4, 4, 1)
        self.decoder = TimeDecoder(*sizes)

    def encode(self, frames: Float[Tensor, "B 4 T h w"]) -> Float[Tensor, "B 4 t h w"]:
        """Means; frames of zeros go before the first to fill its stride."""
        padding = -frames.shape[2] % TIME_STRIDE
        padded = functional.pad(frames, (0, 0, 0, 0, padding, 0))
        return self.quant_conv(self.encoder(padded)).chunk(2, dim=1)[0]

    def decode(self, latents: Float[Tensor, "B 4 t h w"]) -> Float[Tensor, "B 4 padded h w"]:
        """Four frames per latent, those of the padding included."""
        return self.decoder(self.post_quant_conv(latents))


class TimeEncoder(nn.Module):
    """Four levels of 1, 2, 2 and 4 times `filters` channels; the last two steps halve the time."""

    def __init__(self, filters: int, num_groups: int, num_res_blocks: int) -> None:
        super().__init__()
        widths = [filters, 2 * filters, 2 * filters, 4 * filters]
        befores = [filters, *widths[:-1]]
        self.conv_in = CausalConv(4, filters, 3, bias=False)
        self.block_res_blocks = nn.ModuleList(
            res_blocks(before, width, num_groups, num_res_blocks)
            for before, width in zip(befores, widths, strict=True)
        )
        self.conv_blocks = nn.ModuleList(
            [nn.Identity(), *(CausalConv(width, width, 3, stride=2) for width in widths[1:3])]
        )
        self.res_blocks = res_blocks(widths[-1], widths[-1], num_groups, num_res_blocks)
        self.norm1 = nn.GroupNorm(num_groups, widths[-1])
        self.conv2 = CausalConv(widths[-1], 8, 1)

    def forward(self, x: Float[Tensor, "B 4 T h w"]) -> Float[Tensor, "B 8 t h w"]:
        """Means and log variances."""
        x = self.conv_in(x)
        for level, blocks in enumerate(self.block_res_blocks):
            x = run(blocks, x)
            if level < len(self.conv_blocks):
                x = self.conv_blocks[level](x)
        return self.conv2(functional.silu(self.norm1(run(self.res_blocks, x))))


class TimeDecoder(nn.Module):
    """The encoder's levels in reverse; frames are unfolded from channels."""

    def __init__(self, filters: int, num_groups: int, num_res_blocks: int) -> None:
        super().__init__()
        widths = [filters, 2 * filters, 2 * filters, 4 * filters]
        befores = [*widths[1:], widths[-1]]
        self.conv1 = CausalConv(4, widths[-1], 3)
        self.res_blocks = res_blocks(widths[-1], widths[-1], num_groups, num_res_blocks)
        self.block_res_blocks = nn.ModuleList(
            res_blocks(before, width, num_groups, num_res_blocks)
            for before, width in zip(befores, widths, strict=True)
        )
        self.conv_blocks = nn.ModuleList(
            [nn.Identity(), *(CausalConv(width, 2 * width, 3) for width in widths[2:])]
        )
        self.norm1 = nn.GroupNorm(num_groups, filters)
        self.conv_out = CausalConv(filters, 4, 3)

    def forward(self, x: Float[Tensor, "B 4 t h w"]) -> Float[Tensor, "B 4 T h w"]:
        """Frames of latents, scaled."""
        x = run(self.res_blocks, self.conv1(x))
        for level in reversed(range(len(self.block_res_blocks))):
            x = run(self.block_res_blocks[level], x)
            if level >= 2:
                unfolded = self.conv_blocks[level - 1](x).unflatten(1, (-1, 2))
                x = unfolded.permute(0, 1, 3, 2, 4, 5).flatten(2, 3)
        return self.conv_out(functional.silu(self.norm1(x)))


class ResBlock(nn.Module):
    """Two normalised convolutions beside a shortcut."""

    def __init__(self, in_size: int, out_size: int, num_groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(num_groups, in_size)
        self.conv1 = CausalConv(in_size, out_size, 3, bias=False)
        self.norm2 = nn.GroupNorm(num_groups, out_size)
        self.conv2 = CausalConv(out_size, out_size, 3, bias=False)
        if in_size != out_size:
            self.conv3 = CausalConv(in_size, out_size, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Apply."""
        change = self.conv1(functional.silu(self.norm1(x)))
        change = self.conv2(functional.silu(self.norm2(change)))
        return change + (self.conv3(x) if hasattr(self, "conv3") else x)


class CausalConv(nn.Module):
    """A convolution that sees no later frame; zeros go before the first."""

    def __init__(
        self, in_size: int, out_size: int, kernel: int, *, stride: int = 1, bias: bool = True
    ) -> None:
        super().__init__()
        side = kernel // 2
        self.padding = (side, side, side, side, kernel - stride, 0)
        self.conv = nn.Conv3d(in_size, out_size, kernel, stride=(stride, 1, 1), bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return self.conv(functional.pad(x, self.padding))


def res_blocks(in_size: int, out_size: int, num_groups: int, num: int) -> nn.ModuleList:
    """A row of them; the first changes the width."""
    sizes = [in_size] + [out_size] * (num - 1)
    return nn.ModuleList(ResBlock(size, out_size, num_groups) for size in sizes)


def run(blocks: nn.Module, x: Tensor) -> Tensor:
    """Apply the blocks of a list one after the other."""
    for block in blocks.children():
        x = block(x)
    return x

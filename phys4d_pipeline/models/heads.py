"""Tapped tokens of a video transformer -> depth and motion of every pixel.

Each tap: LayerNorm and a linear layer; to their sum a linear layer of the token's place in the
picture is added, since rotary embeddings tell tokens only how far apart they are, and depth goes
with the row. GELU, residual 3D convolutions over the grid of tokens (motion is what changes from
one to the next), a linear layer to a few channels per output pixel (the token unfolded in time and
space), two small convolutions of each frame for depth and two for motion. Depth is the exponential
of a scaled output, so it is positive; what its unit is (metres, or an unknown scale) is decided by
what it is trained on. Axes as in `backbone`.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from ..errors import StoreError
from .backbone import Strides

Tensor = torch.Tensor
LOG_DEPTH_LIMIT = 14.0  # exp(14) = 1.2 million metres; beyond it a first step could overflow
OCTAVES = 3
"""Of the sines and cosines that tell a token's place; the slowest goes half round in a picture."""


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """What is seen, and where it goes."""

    depth: Float[Tensor, "B 1 T H W"]
    """Along camera +z, > 0; [m] if trained on metres."""
    motion: Float[Tensor, "B 3 T H W"]
    """(u [px], v [px], change of camera z [m]) to the next frame; without meaning in the last."""


@dataclass(frozen=True, kw_only=True)
class HeadsConfig:
    """Sizes of the heads."""

    hidden_size: int
    """Width of the tokens."""
    num_taps: int
    """Blocks tapped."""
    patch: Strides
    """Latents per token."""
    vae_strides: Strides
    """Frames and pixels per latent."""
    width: int
    """Of the layer that the taps are summed in."""
    channels: int
    """Of each head, per output pixel."""
    mixing: int = 2
    """Convolutions over the grid of tokens; each sees one token further on every side."""
    reduction: int = 1
    """Video pixels per output pixel, along each side; memory goes with its inverse square."""
    first_latent_frames: int = 1
    """Frames in the first latent: 1 for a causal VAE, `vae_strides.time` for one that is not."""
    chunk_latents: int = 0
    """A VAE that encodes a long video in chunks begins anew every so many latents; 0: never."""

    def __post_init__(self) -> None:
        side = self.patch.space * self.vae_strides.space
        wrong = []
        if side % self.reduction:
            wrong.append(f"reduction ({self.reduction}) must divide a token's side ({side} px)")
        if not 1 <= self.first_latent_frames <= self.vae_strides.time:
            wrong.append(
                f"first_latent_frames ({self.first_latent_frames}) must be 1 to "
                f"{self.vae_strides.time}, the VAE's time stride"
            )
        if self.mixing < 0:
            wrong.append(f"mixing ({self.mixing}) must be 0 or more")
        if min(self.hidden_size, self.num_taps, self.width, self.channels) < 1:
            wrong.append("hidden_size, num_taps, width and channels must be 1 or more")
        if wrong:
            raise ValueError("; ".join(wrong) + ".")

    @property
    def token_side(self) -> int:
        """Output pixels per token, along each side."""
        return self.patch.space * self.vae_strides.space // self.reduction

    def frames(self, num_latents: int) -> list[int]:
        """Which of the `vae_strides.time` frames unfolded from each latent exist in the video."""
        stride, chunk = self.vae_strides.time, self.chunk_latents or num_latents
        skipped = stride - self.first_latent_frames
        return [
            latent * stride + step
            for latent in range(num_latents)
            for step in range(skipped if latent % chunk == 0 else 0, stride)
        ]


TOY = HeadsConfig(
    hidden_size=64,
    num_taps=2,
    patch=Strides(time=1, space=2),
    vae_strides=Strides(time=4, space=8),
    width=64,
    channels=8,
)
"""For toy transformers behind a VAE of strides 4, 8."""
WAN_5B = HeadsConfig(
    hidden_size=3072,
    num_taps=3,
    patch=Strides(time=1, space=2),
    vae_strides=Strides(time=4, space=16),
    width=1024,
    channels=16,
    reduction=4,
)
"""Wan 2.2 TI2V-5B: 30 blocks of 3072; output at a quarter of the side, the store's low tier."""
COGVIDEOX_5B = HeadsConfig(
    hidden_size=3072,
    num_taps=3,
    patch=Strides(time=1, space=2),
    vae_strides=Strides(time=4, space=8),
    width=1024,
    channels=16,
    reduction=4,
)
"""CogVideoX-5B: 42 blocks of 48 x 64."""


def tapped_blocks(num_blocks: int, num_taps: int) -> list[int]:
    """Blocks to tap, evenly spaced, the last one among them: 1/3, 2/3, 3/3 of the way for three."""
    if not 1 <= num_taps <= num_blocks:
        raise ValueError(f"num_taps ({num_taps}) must be 1 to {num_blocks}, the number of blocks.")
    return [num_blocks * (tap + 1) // num_taps - 1 for tap in range(num_taps)]


class GeometryHeads(nn.Module):
    """Depth and motion from tapped tokens."""

    log_depth_mean: Tensor
    log_depth_spread: Tensor
    motion_scale: Tensor

    def __init__(self, config: HeadsConfig) -> None:
        super().__init__()
        self.config = config
        unfolded = config.patch.time * config.vae_strides.time * config.token_side**2
        self.norms = nn.ModuleList(nn.LayerNorm(config.hidden_size) for _ in range(config.num_taps))
        self.taps = nn.ModuleList(
            nn.Linear(config.hidden_size, config.width) for _ in range(config.num_taps)
        )
        self.place = nn.Linear(4 * OCTAVES, config.width)
        self.mixing = nn.ModuleList(
            nn.Conv3d(config.width, config.width, 3, padding=1) for _ in range(config.mixing)
        )
        self.unfold = nn.Linear(config.width, 2 * config.channels * unfolded)
        # Near the calibrated mean: exp of a wild output would throw the first steps. Motion starts
        # wilder: at rest everywhere an absolute loss has its plateau.
        self.to_depth = _refinement(config.channels, 1, spread=0.02)
        self.to_motion = _refinement(config.channels, 3, spread=0.2)
        self.register_buffer("log_depth_mean", torch.tensor(1.4))  # about 4 m
        self.register_buffer("log_depth_spread", torch.tensor(0.6))
        self.register_buffer("motion_scale", torch.tensor([1.0, 1.0, 0.05]))

    def forward(
        self, features: list[Float[Tensor, "B N D"]], grid: tuple[int, int, int]
    ) -> Geometry:
        """Geometry at the output size, all frames of the video.

        Args:
            features: Tokens of the tapped blocks, in (t, h, w) order.
            grid: Tokens in time, rows, columns.
        """
        if len(features) != self.config.num_taps:
            raise ValueError(
                f"{len(features)} tapped features for heads of {self.config.num_taps} taps. "
                "Tap the blocks that `tapped_blocks` names."
            )
        if features[0].shape[1] != math.prod(grid):
            raise ValueError(
                f"{features[0].shape[1]} tokens do not fill a grid of {' x '.join(map(str, grid))}."
                " Leave out the tokens of the text."
            )
        each = zip(self.taps, self.norms, features, strict=True)
        nothing = features[0].new_zeros(())
        summed = sum((tap(norm(tokens)) for tap, norm, tokens in each), start=nothing)
        placed = nn.functional.gelu(summed + self.place(_places(grid).to(summed)))
        pixels = self._pixels(self.unfold(self._mixed(placed, grid)), grid)
        for_depth, for_motion = pixels.chunk(2, dim=1)
        # In float32: one step of bfloat16 is 0.8 % of a depth already.
        log_depth = self.log_depth_mean + self.log_depth_spread * self.to_depth(for_depth).float()
        return Geometry(
            depth=log_depth.clamp(-LOG_DEPTH_LIMIT, LOG_DEPTH_LIMIT).exp(),
            motion=self.motion_scale.view(3, 1, 1, 1) * self.to_motion(for_motion).float(),
        )

    def _mixed(
        self, tokens: Float[Tensor, "B N W"], grid: tuple[int, int, int]
    ) -> Float[Tensor, "B N W"]:
        volume = tokens.mT.unflatten(2, grid)
        for convolution in self.mixing:
            volume = volume + nn.functional.gelu(convolution(volume))
        return volume.flatten(2).mT

    def _pixels(
        self, tokens: Float[Tensor, "B N M"], grid: tuple[int, int, int]
    ) -> Float[Tensor, "B M2 T H W"]:
        t, h, w = grid
        config = self.config
        pt, st, side = config.patch.time, config.vae_strides.time, config.token_side
        video = (
            tokens.view(len(tokens), t, h, w, 2 * config.channels, pt * st, side, side)
            .permute(0, 4, 1, 5, 2, 6, 3, 7)
            .reshape(len(tokens), 2 * config.channels, t * pt * st, h * side, w * side)
        )
        frames = config.frames(t * pt)
        if len(frames) == frames[-1] - frames[0] + 1:  # without a gap: a view instead of a copy
            return video[:, :, frames[0] :]
        return video[:, :, frames]

    @torch.no_grad()
    def calibrate(
        self, depth: Float[Tensor, "B 1 T H W"], motion: Float[Tensor, "B 3 T H W"]
    ) -> None:
        """Scale the outputs to what some clips hold: log depth, and root mean square motion.

        Args:
            depth: [m]; what is not finite does not count.
            motion: At the output size; what is not finite does not count.
        """
        logs = depth[torch.isfinite(depth) & (depth > 0)].log()
        if len(logs) < 2:
            raise ValueError(
                f"{len(logs)} finite depths in {len(depth)} clips. Calibrate on clips with more."
            )
        self.log_depth_mean.copy_(logs.mean())
        self.log_depth_spread.copy_(logs.std().clamp(min=0.05))
        for channel in range(3):
            values = motion[:, channel][torch.isfinite(motion[:, channel])]
            if len(values):
                scale = values.square().mean().sqrt().clamp(min=1e-3)
                self.motion_scale[channel].copy_(scale)

    def save(self, path: str | Path) -> None:
        """Write weights, buffers and configuration as one safetensors file."""
        state = {name: tensor.contiguous() for name, tensor in self.state_dict().items()}
        save_file(state, path, metadata={"config": json.dumps(asdict(self.config))})

    @classmethod
    def load(cls, path: str | Path) -> "GeometryHeads":
        """Heads written by `save`, equal to the last bit."""
        if not Path(path).is_file():
            raise StoreError(f"{path}: no such file. Give the safetensors file of saved heads.")
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
        if "config" not in metadata:
            raise StoreError(f"{path}: not saved by GeometryHeads.save (no 'config' in it).")
        plain = json.loads(metadata["config"])
        for name in ("patch", "vae_strides"):
            plain[name] = Strides(**plain[name])
        state = load_file(path)
        with torch.device("meta"):
            heads = cls(HeadsConfig(**plain))
        heads.load_state_dict(state, assign=True)
        return heads


def _places(grid: tuple[int, int, int]) -> Float[Tensor, "N places"]:
    """Sines and cosines of each token's row and column, both counted from -1 to 1."""
    t, h, w = grid
    row, column = ((torch.arange(size) + 0.5) / size * 2 - 1 for size in (h, w))
    places = torch.stack(torch.meshgrid(row, column, indexing="ij"), -1).flatten(0, 1)
    turns = torch.cat([places * math.pi / 2 * 2**octave for octave in range(OCTAVES)], -1)
    return torch.cat([turns.sin(), turns.cos()], -1).repeat(t, 1)


def _refinement(channels: int, outputs: int, *, spread: float) -> nn.Sequential:
    """Of single frames: (1, 3, 3) kernels."""
    kernel, padding = (1, 3, 3), (0, 1, 1)
    last = nn.Conv3d(channels, outputs, kernel, padding=padding)
    nn.init.normal_(last.weight, std=spread)
    assert last.bias is not None
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Conv3d(channels, channels, kernel, padding=padding), nn.GELU(), last)

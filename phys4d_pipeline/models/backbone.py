"""What every video diffusion model here can do: encode, predict, be tapped; its process beside it.

Axes: B clips, T frames, H rows, W columns; t, h, w their latent counterparts, C latent channels,
N = tokens of one clip, D their width. Videos are RGB in [-1, 1]. A causal VAE of time stride s maps
T = s (t - 1) + 1 frames to t latents: the first holds one frame, each of the others s. Where the
VAE normalises over time (CogVideoX, Open-Sora) a latent also depends on later frames: known latents
are to be encoded from the known frames alone.

Time runs from 1 (noise) to 0 (clean) for every process. Known frames (image- or video-conditioned
sampling) stay clean in what `predict` is given; how the network is told is the backbone's matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float

Tensor = torch.Tensor


@dataclass(frozen=True, kw_only=True)
class Strides:
    """How much of a video one latent, or one token, stands for."""

    time: int
    space: int


@runtime_checkable
class DiffusionProcess(Protocol):
    """Between clean latents and noise; `time` is one number per clip, 1 = noise."""

    def sample_time(self, num: int, *, rng: torch.Generator) -> Float[Tensor, " B"]:
        """Times to train at."""
        ...

    def mix(
        self,
        clean: Float[Tensor, "B C t h w"],
        noise: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
    ) -> Float[Tensor, "B C t h w"]:
        """The noisy latents."""
        ...

    def target(
        self,
        clean: Float[Tensor, "B C t h w"],
        noise: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
    ) -> Float[Tensor, "B C t h w"]:
        """What the network is to predict."""
        ...

    def split(
        self,
        prediction: Float[Tensor, "B C t h w"],
        noisy: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
    ) -> tuple[Float[Tensor, "B C t h w"], Float[Tensor, "B C t h w"]]:
        """(clean, noise) as the prediction has them."""
        ...

    def schedule(self, num_steps: int) -> Float[Tensor, " steps_and_one"]:
        """Times to sample at, from 1 down to 0."""
        ...

    def step(
        self,
        prediction: Float[Tensor, "B C t h w"],
        noisy: Float[Tensor, "B C t h w"],
        time: float,
        next_time: float,
    ) -> Float[Tensor, "B C t h w"]:
        """One deterministic step towards clean."""
        ...

    def stochastic_step(
        self,
        prediction: Float[Tensor, "B C t h w"],
        noisy: Float[Tensor, "B C t h w"],
        time: float,
        next_time: float,
        *,
        strength: float,
    ) -> tuple[Float[Tensor, "B C t h w"], float]:
        """Mean and standard deviation of a step that keeps the marginals; strength 0 is `step`."""
        ...


@runtime_checkable
class VideoBackbone(Protocol):
    """A text- and image-conditioned video diffusion model with its VAE and text encoder."""

    process: DiffusionProcess
    transformer: torch.nn.Module
    blocks: Sequence[torch.nn.Module]
    """The transformer's blocks, in order; taps hook them."""
    hidden_size: int
    latent_channels: int
    vae_strides: Strides
    patch: Strides
    """Latents per token."""
    lora_targets: tuple[str, ...]
    """Names of the linear layers that adapters go into."""

    def encode(self, video: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B C t h w"]:
        """Normalised latents (the mean of the posterior)."""
        ...

    def decode(self, latents: Float[Tensor, "B C t h w"]) -> Float[Tensor, "B 3 T H W"]:
        """The video, clipped to [-1, 1]."""
        ...

    def encode_text(self, captions: Sequence[str]) -> Float[Tensor, "B words width"]:
        """Embeddings that `predict` takes; rows of zeros are padding."""
        ...

    def without_text(self, text: Float[Tensor, "B words width"]) -> Float[Tensor, "B words width"]:
        """What the model takes in place of these captions where there is to be none (guidance)."""
        ...

    def predict(
        self,
        noisy: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
        text: Float[Tensor, "B words width"],
        known: Bool[Tensor, " t"],
    ) -> Float[Tensor, "B C t h w"]:
        """The process's target; `noisy` is clean where `known`, and the result there is unused."""
        ...

    def video_tokens(self, block_output: object) -> Float[Tensor, "B N D"]:
        """Tokens of the video in what one of `blocks` returns, in (t, h, w) order."""
        ...

    def save(self, folder: str | Path) -> None:
        """Write the checkpoint folder in the layout of the published one, safetensors only."""
        ...

    def to(self, device: torch.device | str) -> None:
        """Move transformer, VAE and text encoder; `transformer.to` moves it alone."""
        ...

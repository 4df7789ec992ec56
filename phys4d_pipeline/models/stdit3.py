"""STDiT3, the transformer of Open-Sora 1.2, with the parameter names of the published weights.

Written from the published source (hpcaitech/Open-Sora v1.2, Apache-2.0) for diffusers: pairs of a
block that attends within frames and one that attends along time. Captions carry a mask instead of
being packed. T frames and S patches per frame make N = T S tokens of width D.
"""

import math
from collections.abc import Callable, Sequence

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.loaders.peft import PeftAdapterMixin
from diffusers.models.modeling_utils import ModelMixin
from jaxtyping import Bool, Float
from torch import nn

from .stdit3_layers import (
    CaptionProjection,
    CrossAttention,
    FeedForward,
    FinalLayer,
    PatchEmbedding,
    RotaryFrequencies,
    ScalarEmbedding,
    SelfAttention,
    plane_positions,
)

Tensor = torch.Tensor


class STDiT3(ModelMixin, ConfigMixin, PeftAdapterMixin):
    """Spatio-temporal diffusion transformer; the defaults are those of OpenSora-STDiT-v3."""

    _supports_gradient_checkpointing = True
    _gradient_checkpointing_func: Callable[..., Tensor]

    @register_to_config
    def __init__(
        self,
        *,
        input_sq_size: int = 512,
        in_channels: int = 4,
        patch_size: Sequence[int] = (1, 2, 2),
        hidden_size: int = 1152,
        depth: int = 28,
        num_heads: int = 16,
        mlp_ratio: float = 4.0,
        pred_sigma: bool = True,
        caption_channels: int = 4096,
        model_max_length: int = 300,
        qk_norm: bool = True,
    ) -> None:
        super().__init__()
        self.patch_size = (patch_size[0], patch_size[1], patch_size[2])
        self.out_channels = in_channels * (2 if pred_sigma else 1)
        self.rope = RotaryFrequencies(hidden_size // num_heads)
        self.x_embedder = PatchEmbedding(in_channels, hidden_size, self.patch_size)
        self.t_embedder = ScalarEmbedding(hidden_size)
        self.fps_embedder = ScalarEmbedding(hidden_size)
        self.t_block = nn.Sequential(nn.SiLU(), nn.Linear(hidden_size, 6 * hidden_size))
        self.y_embedder = CaptionProjection(caption_channels, hidden_size, model_max_length)
        self.spatial_blocks, self.temporal_blocks = (
            nn.ModuleList(
                STDiT3Block(hidden_size, num_heads, mlp_ratio, qk_norm=qk_norm, temporal=temporal)
                for _ in range(depth)
            )
            for temporal in (False, True)
        )
        out_size = math.prod(self.patch_size) * self.out_channels
        self.final_layer = FinalLayer(hidden_size, out_size)
        self.gradient_checkpointing = False

    def forward(
        self,
        x: Float[Tensor, "B C t h w"],
        timestep: Float[Tensor, " B"],
        y: Float[Tensor, "B words width"],
        *,
        mask: Bool[Tensor, "B words"],
        x_mask: Bool[Tensor, "B t"] | None,
        fps: Float[Tensor, " B"],
        size_px: tuple[int, int],
    ) -> Float[Tensor, "B out t h w"]:
        """Predict; the first half of the channels is the velocity where sigma is predicted too.

        Args:
            x: Noisy latents, clean where `x_mask` is False.
            timestep: 0 (clean) to 1000 (noise).
            y: Caption embeddings.
            mask: True at words, False at padding.
            x_mask: Frames that have `timestep`; the others have 0. None: all have it.
            fps: Frames per second of the video.
            size_px: (height, width) of the video [px].
        """
        grid = tuple(
            side // patch for side, patch in zip(x.shape[2:], self.patch_size, strict=True)
        )
        num_frames, per_frame = grid[0], grid[1] * grid[2]
        scale = math.sqrt(size_px[0] * size_px[1]) / self.config["input_sq_size"]
        places = plane_positions(
            grid[1], grid[2], scale=scale, like=self.final_layer.scale_shift_table
        )
        tokens = self.x_embedder(x.to(places.dtype)).unflatten(1, (num_frames, per_frame))
        tokens = (tokens + places).flatten(1, 2)

        embedded = self._embedded_time(timestep, fps, x_mask)
        modulation = self.t_block(embedded).unflatten(2, (6, -1))
        text = self.y_embedder(y.to(places.dtype))
        # A row without any word would have nothing to attend to.
        words = (mask | ~mask.any(1, keepdim=True))[:, None, None]
        angles = self.rope(num_frames)
        for pair in zip(self.spatial_blocks, self.temporal_blocks, strict=True):
            for block in pair:
                arguments = (tokens, text, modulation, words, angles)
                if torch.is_grad_enabled() and self.gradient_checkpointing:
                    tokens = self._gradient_checkpointing_func(block, *arguments)
                else:
                    tokens = block(*arguments)
        return self._unpatched(self.final_layer(tokens, embedded), grid)

    def _embedded_time(
        self, timestep: Tensor, fps: Tensor, x_mask: Tensor | None
    ) -> Float[Tensor, "B frames D"]:
        """Embeddings of time and frame rate per frame, or one for all where `x_mask` is None."""
        rate = self.fps_embedder(fps)
        embedded = (self.t_embedder(timestep) + rate)[:, None]
        if x_mask is None:
            return embedded
        clean = (self.t_embedder(torch.zeros_like(timestep)) + rate)[:, None]
        return torch.where(x_mask[:, :, None], embedded, clean)

    def _unpatched(self, tokens: Tensor, grid: tuple[int, ...]) -> Tensor:
        """(B, N, patch C) -> (B, C, t, h, w)."""
        blocks = tokens.unflatten(2, (*self.patch_size, self.out_channels)).unflatten(1, grid)
        ordered = blocks.permute(0, 7, 1, 4, 2, 5, 3, 6)
        return ordered.flatten(6, 7).flatten(4, 5).flatten(2, 3)


class STDiT3Block(nn.Module):
    """Self-attention within frames or along time, cross-attention to the caption, feed-forward."""

    def __init__(
        self, width: int, num_heads: int, mlp_ratio: float, *, qk_norm: bool, temporal: bool
    ) -> None:
        super().__init__()
        self.temporal = temporal
        self.norm1 = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.attn = SelfAttention(width, num_heads, qk_norm=qk_norm)
        self.cross_attn = CrossAttention(width, num_heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.mlp = FeedForward(width, int(width * mlp_ratio), width)
        self.scale_shift_table = nn.Parameter(torch.randn(6, width) / width**0.5)

    def forward(
        self,
        tokens: Float[Tensor, "B N D"],
        text: Float[Tensor, "B words D"],
        modulation: Float[Tensor, "B frames 6 D"],
        words: Bool[Tensor, "B 1 1 words"],
        angles: Float[Tensor, "T half"],
    ) -> Float[Tensor, "B N D"]:
        """The tokens after the block; `frames` is T, or 1 where all frames have one timestep."""
        num_frames = len(angles)
        shift, scale, gate, mlp_shift, mlp_scale, mlp_gate = (self.scale_shift_table + modulation)[
            :, :, :, None
        ].unbind(2)
        x = tokens.unflatten(1, (num_frames, -1))
        normal = self.norm1(x) * (1 + scale) + shift
        if self.temporal:
            mixed = self.attn(normal.transpose(1, 2).flatten(0, 1), angles)
            mixed = mixed.unflatten(0, (len(x), -1)).transpose(1, 2)
        else:
            mixed = self.attn(normal.flatten(0, 1), None).unflatten(0, (len(x), -1))
        x = x + gate * mixed
        x = x + self.cross_attn(x.flatten(1, 2), text, words).view_as(x)
        x = x + mlp_gate * self.mlp(self.norm2(x) * (1 + mlp_scale) + mlp_shift)
        return x.flatten(1, 2)

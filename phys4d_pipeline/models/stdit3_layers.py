"""Layers of STDiT3 (Open-Sora 1.2), with the parameter names of the published weights.

T frames and S patches per frame make N = T S tokens of width D; `half` is half a head's channels.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import nn
from torch.nn import functional

Tensor = torch.Tensor

FREQUENCY_SIZE = 256


class SelfAttention(nn.Module):
    """Attention over the middle axis, queries and keys normalised per head."""

    def __init__(self, width: int, num_heads: int, *, qk_norm: bool) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.qkv = nn.Linear(width, 3 * width)
        self.q_norm, self.k_norm = (
            nn.RMSNorm(width // num_heads, eps=1e-6) if qk_norm else nn.Identity() for _ in range(2)
        )
        self.proj = nn.Linear(width, width)

    def forward(
        self, x: Float[Tensor, "batch length D"], angles: Float[Tensor, "length half"] | None
    ) -> Float[Tensor, "batch length D"]:
        """Attend; `angles` rotate queries and keys by their places."""
        q, k, v = self.qkv(x).unflatten(2, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        q, k = self.q_norm(q), self.k_norm(k)
        if angles is not None:
            q, k = rotated(q, angles), rotated(k, angles)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).flatten(2))


class CrossAttention(nn.Module):
    """Attention of video tokens to the words of their own caption."""

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.q_linear = nn.Linear(width, width)
        self.kv_linear = nn.Linear(width, 2 * width)
        self.proj = nn.Linear(width, width)

    def forward(
        self,
        x: Float[Tensor, "B N D"],
        text: Float[Tensor, "B words D"],
        words: Bool[Tensor, "B 1 1 words"],
    ) -> Float[Tensor, "B N D"]:
        """Attend to the words, not to the padding."""
        q = self.q_linear(x).unflatten(2, (self.num_heads, -1)).transpose(1, 2)
        k, v = self.kv_linear(text).unflatten(2, (2, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=words)
        return self.proj(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """Two layers with a GELU between."""

    def __init__(self, in_size: int, hidden_size: int, out_size: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_size, hidden_size)
        self.fc2 = nn.Linear(hidden_size, out_size)

    def forward(self, x: Tensor) -> Tensor:
        """Apply both."""
        return self.fc2(functional.gelu(self.fc1(x), approximate="tanh"))


class CaptionProjection(nn.Module):
    """Caption embeddings to the width of tokens; holds the embedding that stands for no caption."""

    y_embedding: Tensor

    def __init__(self, in_size: int, width: int, num_words: int) -> None:
        super().__init__()
        self.y_proj = FeedForward(in_size, width, width)
        self.register_buffer("y_embedding", torch.randn(num_words, in_size) / in_size**0.5)

    def forward(self, text: Float[Tensor, "B words in"]) -> Float[Tensor, "B words D"]:
        """Project."""
        return self.y_proj(text)


class PatchEmbedding(nn.Module):
    """Patches of latents as tokens."""

    def __init__(self, in_size: int, width: int, patch: tuple[int, int, int]) -> None:
        super().__init__()
        self.proj = nn.Conv3d(in_size, width, kernel_size=patch, stride=patch)

    def forward(self, x: Float[Tensor, "B C t h w"]) -> Float[Tensor, "B N D"]:
        """Project every patch, in (t, h, w) order."""
        return self.proj(x).flatten(2).transpose(1, 2)


class ScalarEmbedding(nn.Module):
    """Sines and cosines of a number, through two layers (time, frame rate)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(FREQUENCY_SIZE, width), nn.SiLU(), nn.Linear(width, width)
        )

    def forward(self, number: Float[Tensor, " B"]) -> Float[Tensor, "B D"]:
        """Embed."""
        half = FREQUENCY_SIZE // 2
        steps = torch.arange(half, device=number.device, dtype=torch.float32) / half
        angles = number.float()[:, None] * torch.exp(-math.log(10_000) * steps)
        waves = torch.cat([angles.cos(), angles.sin()], dim=-1)
        return self.mlp(waves.to(next(self.parameters()).dtype))


class RotaryFrequencies(nn.Module):
    """Rotations per frame; stored with the weights, never trained."""

    def __init__(self, head_size: int) -> None:
        super().__init__()
        steps = torch.arange(0, head_size, 2).float() / head_size
        self.freqs = nn.Parameter(10_000**-steps, requires_grad=False)

    def forward(self, num_frames: int) -> Float[Tensor, "T half"]:
        """Angles [rad] per frame and pair of channels."""
        frames = torch.arange(num_frames, device=self.freqs.device, dtype=torch.float32)
        return frames[:, None] * self.freqs.detach().float()


class FinalLayer(nn.Module):
    """Modulated norm and projection to patches."""

    def __init__(self, width: int, out_size: int) -> None:
        super().__init__()
        self.norm_final = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.linear = nn.Linear(width, out_size)
        self.scale_shift_table = nn.Parameter(torch.randn(2, width) / width**0.5)

    def forward(
        self, tokens: Float[Tensor, "B N D"], embedded: Float[Tensor, "B frames D"]
    ) -> Float[Tensor, "B N out"]:
        """Patches, flattened."""
        shift, scale = (self.scale_shift_table + embedded[:, :, None])[:, :, None].unbind(3)
        per_frame = embedded.shape[1]
        x = self.norm_final(tokens).unflatten(1, (per_frame, -1)) * (1 + scale) + shift
        return self.linear(x.flatten(1, 2))


def rotated(
    x: Float[Tensor, "batch heads length size"], angles: Float[Tensor, "length half"]
) -> Float[Tensor, "batch heads length size"]:
    """Neighbouring pairs of channels, rotated (RoPE, Su et al. 2021), in float32."""
    even, odd = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    cosine, sine = angles.cos(), angles.sin()
    pairs = torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1)
    return pairs.flatten(-2).to(x.dtype)


def plane_positions(
    num_rows: int, num_columns: int, *, scale: float, like: Tensor
) -> Float[Tensor, "S D"]:
    """Sines and cosines of patches' places: columns in the first half of the channels, rows after.

    Args:
        num_rows: Patches down.
        num_columns: Patches across.
        scale: Side of the video over that of training; larger videos have closer places.
        like: Has the width, the device and the type.
    """
    quarter = like.shape[-1] // 4
    steps = torch.arange(quarter, device=like.device, dtype=torch.float32) / quarter
    rates = 10_000**-steps
    base = round(math.sqrt(num_rows * num_columns))

    def waves(num: int) -> Tensor:
        places = torch.arange(num, device=like.device, dtype=torch.float32) / scale * (base / num)
        angles = places[:, None] * rates
        return torch.cat([angles.sin(), angles.cos()], dim=-1)

    shape = (num_rows, num_columns, -1)
    columns, rows = waves(num_columns)[None].expand(shape), waves(num_rows)[:, None].expand(shape)
    return torch.cat([columns, rows], dim=-1).flatten(0, 1).to(like.dtype)

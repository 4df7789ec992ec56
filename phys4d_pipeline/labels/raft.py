"""RAFT (Teed and Deng 2020): two pictures -> flow, with the parameter names of torchvision's.

So the published state dicts of torchvision's `raft_large` and `raft_small` load as they are, once
they are safetensors (docs/labels.md says how). Axes: B pairs, h = H / 8, w = W / 8, C channels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 4  # of the correlation pyramid
FACTOR = 8  # pixels per feature
Norm = Callable[[int], nn.Module] | None


@dataclass(frozen=True, kw_only=True)
class RaftSize:
    """What differs between the two published networks."""

    name: str
    is_deep: bool
    """Blocks of two 3x3 convolutions, otherwise bottlenecks."""
    features: tuple[int, int, int, int, int]
    context: tuple[int, int, int, int, int]
    context_norm: Norm
    radius: int
    """Of the window looked up in the correlations [features]."""
    correlation: Sequence[int]
    """One or two."""
    flow: tuple[int, int]
    motion: int
    hidden: int
    kernels: tuple[tuple[int, int], ...]
    """Of the recurrent units, one after the other."""
    head: int
    has_mask: bool
    """Is the flow brought to full size by learned weights?"""


LARGE = RaftSize(
    name="raft_large",
    is_deep=True,
    features=(64, 64, 96, 128, 256),
    context=(64, 64, 96, 128, 256),
    context_norm=nn.BatchNorm2d,
    radius=4,
    correlation=(256, 192),
    flow=(128, 64),
    motion=128,
    hidden=128,
    kernels=((1, 5), (5, 1)),
    head=256,
    has_mask=True,
)
SMALL = RaftSize(
    name="raft_small",
    is_deep=False,
    features=(32, 32, 64, 96, 128),
    context=(32, 32, 64, 96, 160),
    context_norm=None,
    radius=3,
    correlation=(96,),
    flow=(64, 32),
    motion=82,
    hidden=96,
    kernels=((3, 3),),
    head=128,
    has_mask=False,
)


class Raft(nn.Module):
    """The whole network."""

    def __init__(self, size: RaftSize) -> None:
        super().__init__()
        self.size = size
        self.feature_encoder = Encoder(size.features, size.is_deep, nn.InstanceNorm2d)
        self.context_encoder = Encoder(size.context, size.is_deep, size.context_norm)
        self.update_block = Update(size)
        self.mask_predictor = MaskPredictor(size.hidden) if size.has_mask else None

    def forward(
        self,
        first: Float[Tensor, "B 3 H W"],
        second: Float[Tensor, "B 3 H W"],
        *,
        updates: int,
    ) -> Float[Tensor, "B 2 H W"]:
        """Flow from `first` to `second` [px]; pictures in [-1, 1], H and W multiples of 8."""
        ahead, behind = self.feature_encoder(torch.cat([first, second])).chunk(2)
        pyramid = correlations(ahead, behind)
        hidden, context = self.context_encoder(first).split(
            [self.size.hidden, self.size.context[-1] - self.size.hidden], 1
        )
        hidden, context = hidden.tanh(), context.relu()
        start = _positions(ahead)
        flow = torch.zeros_like(start)
        for _ in range(updates):
            seen = look_up(pyramid, start + flow, self.size.radius)
            hidden, change = self.update_block(hidden, context, seen, flow)
            flow = flow + change
        if self.mask_predictor is None:
            return FACTOR * functional.interpolate(
                flow, scale_factor=FACTOR, mode="bilinear", align_corners=True
            )
        return enlarged(flow, self.mask_predictor(hidden))


def correlations(first: Float[Tensor, "B C h w"], second: Float[Tensor, "B C h w"]) -> list[Tensor]:
    """Of every feature of `first` with all of `second`: LEVELS x (B h w, 1, h', w')."""
    B, C, h, w = first.shape
    volume = torch.einsum("bcn,bcm->bnm", first.flatten(2), second.flatten(2)) / C**0.5
    pyramid = [volume.reshape(B * h * w, 1, h, w)]
    for _ in range(LEVELS - 1):
        pyramid.append(functional.avg_pool2d(pyramid[-1], 2))
    return pyramid


def look_up(
    pyramid: list[Tensor], positions: Float[Tensor, "B 2 h w"], radius: int
) -> Float[Tensor, "B C h w"]:
    """The (2 radius + 1)^2 correlations around each position, of every level."""
    B, _, h, w = positions.shape
    centres = positions.permute(0, 2, 3, 1).reshape(B * h * w, 1, 1, 2)
    steps = torch.arange(-radius, radius + 1, device=centres.device, dtype=centres.dtype)
    # The published weights expect the offsets transposed: the first axis of the window is x.
    window = torch.stack(torch.meshgrid(steps, steps, indexing="ij"), -1)
    found = []
    for level, volume in enumerate(pyramid):
        around = centres / 2**level + window
        span = torch.tensor(volume.shape[:-3:-1], device=around.device) - 1
        grid = 2 * around / span - 1
        found.append(functional.grid_sample(volume, grid, align_corners=True).reshape(B, h, w, -1))
    return torch.cat(found, -1).permute(0, 3, 1, 2)


def enlarged(
    flow: Float[Tensor, "B 2 h w"], weights: Float[Tensor, "B C h w"]
) -> Float[Tensor, "B 2 H W"]:
    """Each full-size vector is a convex mean of the nine around it (paper, section 3.3)."""
    B, _, h, w = flow.shape
    shares = weights.view(B, 1, 9, FACTOR, FACTOR, h, w).softmax(2)
    around = functional.unfold(FACTOR * flow, 3, padding=1).view(B, 2, 9, 1, 1, h, w)
    mixed = (shares * around).sum(2).permute(0, 1, 4, 2, 5, 3)
    return mixed.reshape(B, 2, FACTOR * h, FACTOR * w)


def _positions(features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B 2 h w"]:
    """(x, y) of every feature [features]."""
    B, _, h, w = features.shape
    y, x = torch.meshgrid(
        torch.arange(h, dtype=features.dtype, device=features.device),
        torch.arange(w, dtype=features.dtype, device=features.device),
        indexing="ij",
    )
    return torch.stack([x, y])[None].expand(B, -1, -1, -1)


def _conv(
    inside: int, out: int, kernel: int, *, norm: Norm = None, stride: int = 1, relu: bool = True
) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(inside, out, kernel, stride, kernel // 2)]
    if norm is not None:
        layers.append(norm(out))
    if relu:
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class Encoder(nn.Sequential):
    """A picture -> features, an eighth of its size."""

    def __init__(self, widths: tuple[int, ...], is_deep: bool, norm: Norm) -> None:
        super().__init__()
        block = Residual if is_deep else Bottleneck
        self.convnormrelu = _conv(3, widths[0], 7, norm=norm, stride=2)
        for number, stride in ((1, 1), (2, 2), (3, 2)):
            inside, out = widths[number - 1], widths[number]
            stage = nn.Sequential(block(inside, out, norm, stride), block(out, out, norm, 1))
            self.add_module(f"layer{number}", stage)
        self.conv = nn.Conv2d(widths[3], widths[4], 1)


class Residual(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, inside: int, out: int, norm: Norm, stride: int) -> None:
        super().__init__()
        self.convnormrelu1 = _conv(inside, out, 3, norm=norm, stride=stride)
        self.convnormrelu2 = _conv(out, out, 3, norm=norm)
        self.downsample = _around(inside, out, norm, stride)

    def forward(self, x: Float[Tensor, "B C h w"]) -> Float[Tensor, "B out h2 w2"]:
        """Features."""
        return functional.relu(self.downsample(x) + self.convnormrelu2(self.convnormrelu1(x)))


class Bottleneck(nn.Module):
    """The same with a narrow middle."""

    def __init__(self, inside: int, out: int, norm: Norm, stride: int) -> None:
        super().__init__()
        self.convnormrelu1 = _conv(inside, out // 4, 1, norm=norm)
        self.convnormrelu2 = _conv(out // 4, out // 4, 3, norm=norm, stride=stride)
        self.convnormrelu3 = _conv(out // 4, out, 1, norm=norm)
        self.downsample = _around(inside, out, norm, stride)

    def forward(self, x: Float[Tensor, "B C h w"]) -> Float[Tensor, "B out h2 w2"]:
        """Features."""
        inner = self.convnormrelu3(self.convnormrelu2(self.convnormrelu1(x)))
        return functional.relu(self.downsample(x) + inner)


def _around(inside: int, out: int, norm: Norm, stride: int) -> nn.Module:
    if stride == 1:
        return nn.Identity()
    return _conv(inside, out, 1, norm=norm, stride=stride, relu=False)


class Update(nn.Module):
    """Hidden state, context, correlations and flow -> next hidden state, change of the flow."""

    def __init__(self, size: RaftSize) -> None:
        super().__init__()
        inputs = size.motion + size.context[-1] - size.hidden
        self.motion_encoder = MotionEncoder(size)
        self.recurrent_block = nn.ModuleDict(
            {
                f"convgru{number}": Gru(size.hidden, inputs, kernel)
                for number, kernel in enumerate(size.kernels, 1)
            }
        )
        self.flow_head = nn.ModuleDict(
            {
                "conv1": nn.Conv2d(size.hidden, size.head, 3, padding=1),
                "conv2": nn.Conv2d(size.head, 2, 3, padding=1),
            }
        )

    def forward(
        self, hidden: Tensor, context: Tensor, seen: Tensor, flow: Tensor
    ) -> tuple[Tensor, Tensor]:
        """All (B, C, h, w)."""
        inputs = torch.cat([context, self.motion_encoder(flow, seen)], 1)
        for unit in self.recurrent_block.values():
            hidden = unit(hidden, inputs)
        return hidden, self.flow_head["conv2"](self.flow_head["conv1"](hidden).relu())


class MotionEncoder(nn.Module):
    """Flow and the correlations found with it -> features, the flow itself last."""

    def __init__(self, size: RaftSize) -> None:
        super().__init__()
        windows = LEVELS * (2 * size.radius + 1) ** 2
        self.convcorr1 = _conv(windows, size.correlation[0], 1)
        self.convcorr2 = (
            _conv(size.correlation[0], size.correlation[1], 3)
            if len(size.correlation) == 2
            else nn.Identity()
        )
        self.convflow1 = _conv(2, size.flow[0], 7)
        self.convflow2 = _conv(size.flow[0], size.flow[1], 3)
        self.conv = _conv(size.correlation[-1] + size.flow[-1], size.motion - 2, 3)

    def forward(
        self, flow: Float[Tensor, "B 2 h w"], seen: Float[Tensor, "B C h w"]
    ) -> Float[Tensor, "B motion h w"]:
        """Features of the motion so far."""
        parts = self.convcorr2(self.convcorr1(seen)), self.convflow2(self.convflow1(flow))
        return torch.cat([self.conv(torch.cat(parts, 1)), flow], 1)


class Gru(nn.Module):
    """A convolutional gated recurrent unit."""

    def __init__(self, hidden: int, inputs: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2)
        self.convz = nn.Conv2d(hidden + inputs, hidden, kernel, padding=padding)
        self.convr = nn.Conv2d(hidden + inputs, hidden, kernel, padding=padding)
        self.convq = nn.Conv2d(hidden + inputs, hidden, kernel, padding=padding)

    def forward(
        self, hidden: Float[Tensor, "B C h w"], inputs: Float[Tensor, "B D h w"]
    ) -> Float[Tensor, "B C h w"]:
        """The next hidden state."""
        both = torch.cat([hidden, inputs], 1)
        update, reset = self.convz(both).sigmoid(), self.convr(both).sigmoid()
        new = self.convq(torch.cat([reset * hidden, inputs], 1)).tanh()
        return (1 - update) * hidden + update * new


class MaskPredictor(nn.Module):
    """Hidden state -> logits of the weights that `enlarged` takes."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.convrelu = _conv(hidden, 256, 3)
        self.conv = nn.Conv2d(256, 9 * FACTOR**2, 1)

    def forward(self, hidden: Float[Tensor, "B C h w"]) -> Float[Tensor, "B D h w"]:
        """A quarter of the convolutions' result, as the weights were trained."""
        return 0.25 * self.conv(self.convrelu(hidden))

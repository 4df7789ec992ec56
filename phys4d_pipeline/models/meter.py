"""RGB frames -> depth and which pixels show bodies: a small network that judges generated clips.

It sees pictures, one at a time, and never the features of the model that it judges: that model
could learn to report good depth without making a better video. What the simulator gave the model to
start from, it gives the meter too: the first frame, with its depth and its bodies. What is left to
read off a later picture is where these have gone, and how much nearer or farther away they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.ndimage import distance_transform_edt
from torch import nn

Tensor = torch.Tensor
SIDE = 8
"""Sides of pictures are multiples of it [px]."""
CHANGE = 0.3
"""Change of a body's log depth per unit of what the last layer says."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """The frame that clips begin with."""

    rgb: Float[Tensor, "B 3 H W"]
    """In [-1, 1]."""
    depth: Float[Tensor, "B H W"]
    """[m]; +inf for sky."""
    bodies: Bool[Tensor, "B H W"]
    """Where the bodies are that are followed."""
    nearest: Float[Tensor, "B H W"]
    """Depth of the pixel of a body that is nearest in the picture [m]."""

    @classmethod
    def of(cls, batch: Mapping[str, Any], bodies: Bool[Tensor, "B T H W"]) -> "Start":
        """The first frames of a batch of `TorchClips`, all of depth's size."""
        depth, first = batch["depth"][:, 0, 0], bodies[:, 0]
        nearest = torch.stack([_nearest(*each) for each in zip(depth, first, strict=True)])
        rgb = resized(batch["rgb"][:, :, 0], depth)
        return cls(rgb=rgb, depth=depth, bodies=first, nearest=nearest)

    def of_clip(self, index: int) -> "Start":
        """One clip's."""
        return Start(**{name: each[[index]] for name, each in vars(self).items()})

    def to(self, device: torch.device) -> "Start":
        """On another device."""
        return Start(**{name: each.to(device) for name, each in vars(self).items()})

    def repeated(self, times: int) -> "Start":
        """For so many frames of each clip, one clip after the other."""
        return Start(
            **{name: each.repeat_interleave(times, 0) for name, each in vars(self).items()}
        )


def resized(
    frames: Float[Tensor, "F 3 H W"], like: Float[Tensor, "_ h w"]
) -> Float[Tensor, "F 3 h w"]:
    """Pictures as large as others: means over areas."""
    height, width = like.shape[-2:]
    return nn.functional.adaptive_avg_pool2d(frames, (height, width))


class Meter(nn.Module):
    """A U-Net of three levels (Ronneberger et al. 2015) that also sees where in the picture it is.

    Depth is that of a body, if one is there: a factor on the depth that bodies nearby began with.
    What the same pixel began with is mostly the depth of what lies behind.
    """

    log_depth_mean: Tensor
    log_depth_spread: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = _block(12, width)
        self.to_half = _block(width, 2 * width, stride=2)
        self.to_quarter = nn.Sequential(
            _block(2 * width, 3 * width, stride=2), _block(3 * width, 3 * width)
        )
        self.to_eighth = nn.Sequential(
            _block(3 * width, 4 * width, stride=2),
            _block(4 * width, 4 * width),
            _block(4 * width, 4 * width),
        )
        self.up_quarter = _block(7 * width, 3 * width)
        self.up_half = _block(5 * width, 2 * width)
        self.leave = _block(3 * width, width)
        self.read = nn.Conv2d(width, 2, 1)
        self.register_buffer("log_depth_mean", torch.tensor(1.4))  # about 4 m
        self.register_buffer("log_depth_spread", torch.tensor(0.6))

    def forward(
        self, frames: Float[Tensor, "F 3 H W"], start: Start
    ) -> tuple[Float[Tensor, "F H W"], Float[Tensor, "F H W"]]:
        """Depth of bodies [m], and a logit that is positive where one is seen that is followed.

        Sides must be multiples of `SIDE`; RGB is in [-1, 1]; there is a start for every frame.
        """
        before, nearest = (
            ((each.log() - self.log_depth_mean) / self.log_depth_spread).clamp(-4, 4)[:, None]
            for each in (start.depth, start.nearest)
        )
        bodies = start.bodies[:, None].to(frames)
        seen = [frames, frames - start.rgb, before, nearest, bodies, bodies * before]
        seen.append(_places(frames))
        fine = self.enter(torch.cat(seen, 1))
        half = self.to_half(fine)
        quarter = self.to_quarter(half)
        eighth = self.to_eighth(quarter)
        quarter = self.up_quarter(torch.cat([_twice(eighth), quarter], 1))
        half = self.up_half(torch.cat([_twice(quarter), half], 1))
        change, body = self.read(self.leave(torch.cat([_twice(half), fine], 1))).unbind(1)
        log_depth = start.nearest.log() + CHANGE * change
        return log_depth.clamp(-5, 7).exp(), body + 4 * (bodies[:, 0] - 0.5)


def _nearest(depth: Float[Tensor, "H W"], bodies: Bool[Tensor, "H W"]) -> Float[Tensor, "H W"]:
    """The depth itself where no body is seen at all."""
    known = bodies & torch.isfinite(depth)
    if not known.any():
        return depth
    places = distance_transform_edt(~known.numpy(), return_distances=False, return_indices=True)
    rows, columns = torch.from_numpy(np.asarray(places)).long()
    return depth[rows, columns]


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)
    return nn.Sequential(convolution, nn.GroupNorm(4, outputs), nn.GELU())


def _twice(picture: Float[Tensor, "F C H W"]) -> Float[Tensor, "F C H2 W2"]:
    return nn.functional.interpolate(picture, scale_factor=2.0, mode="nearest")


def _places(frames: Float[Tensor, "F 3 H W"]) -> Float[Tensor, "F 2 H W"]:
    """Column and row of each pixel, in [-1, 1]."""
    height, width = frames.shape[2:]
    rows = torch.linspace(-1, 1, height, device=frames.device)
    columns = torch.linspace(-1, 1, width, device=frames.device)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y]).expand(len(frames), 2, height, width)

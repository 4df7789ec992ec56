"""RGB frames -> depth and which pixels show bodies: a small network that judges generated clips.

It sees nothing but pictures, one at a time, and never the features of the model that it judges:
that model could learn to report good depth without making a better video.
"""

import torch
from jaxtyping import Float
from torch import nn

Tensor = torch.Tensor


class Meter(nn.Module):
    """A U-Net of two levels (Ronneberger et al. 2015) that also sees where in the picture it is."""

    log_depth_mean: Tensor
    log_depth_spread: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = _block(5, width)
        self.down = _block(width, 2 * width, stride=2)
        self.deep = nn.Sequential(
            _block(2 * width, 4 * width, stride=2), _block(4 * width, 4 * width)
        )
        self.up = _block(6 * width, 2 * width)
        self.leave = _block(3 * width, width)
        self.read = nn.Conv2d(width, 2, 1)
        self.register_buffer("log_depth_mean", torch.tensor(1.4))  # about 4 m
        self.register_buffer("log_depth_spread", torch.tensor(0.6))

    def forward(
        self, frames: Float[Tensor, "F 3 H W"]
    ) -> tuple[Float[Tensor, "F H W"], Float[Tensor, "F H W"]]:
        """Depth [m], and a logit that is positive where a body is seen.

        Sides must be multiples of 4; RGB is in [-1, 1].
        """
        fine = self.enter(torch.cat([frames, _places(frames)], 1))
        middle = self.down(fine)
        coarse = self.deep(middle)
        middle = self.up(torch.cat([_twice(coarse), middle], 1))
        read = self.read(self.leave(torch.cat([_twice(middle), fine], 1)))
        log_depth = self.log_depth_mean + self.log_depth_spread * read[:, 0]
        return log_depth.clamp(-5, 7).exp(), read[:, 1]


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

"""Do depth and motion tell one story? Depth where a pixel lands, against depth plus change.

r = D[t+1](p + (u, v)) - (D[t](p) + dz), pixel centres at +0.5 as everywhere here. Between pixels
1 / D is interpolated: it is linear in the picture on a plane, D is not. Sky is 1 / inf = 0.
"""

import torch
from jaxtyping import Bool, Float, Integer, UInt8
from torch.nn import functional

from .clip_mean import clip_mean, filled

Tensor = torch.Tensor
BETA = 0.02
"""Relative residual at which the loss turns from square to linear."""
CONSISTENT = 0.02
"""Largest relative residual of the truth itself; more are edges that the ids do not show."""


def warp_residual(
    depth: Float[Tensor, "B 1 T H W"], motion: Float[Tensor, "B 3 T H W"]
) -> tuple[Float[Tensor, "B 1 T-1 H W"], Float[Tensor, "B 1 T-1 H W"]]:
    """Depth found minus depth expected at each pixel's next place, and the depth expected.

    Motion may not hold NaN; what lands outside the picture reads the depth at its border.
    """
    here = motion[:, :, :-1]
    expected = depth[:, :, :-1] + here[:, 2:]
    found = 1 / sample_bilinear(1 / _frames(depth[:, :, 1:]), _landing(here))
    return _clips(found, len(depth)) - expected, expected


def warp_mask(
    depth: Float[Tensor, "B 1 T H W"],
    motion: Float[Tensor, "B 3 T H W"],
    segmentation: Integer[Tensor, "B T H W"],
    occluded_forward: UInt8[Tensor, "B T H W"],
) -> Bool[Tensor, "B 1 T-1 H W"]:
    """Where exact ground truth can be asked to be consistent: never taken from a prediction.

    Pixels whose point is seen in the next frame, at a place whose four bilinear neighbours lie
    in the picture and show the same body, and where the truth's own residual is small.
    """
    known = torch.isfinite(motion).all(1, keepdim=True)[:, :, :-1]
    flow = filled(motion, torch.isfinite(motion), 0.0)
    is_depth = torch.isfinite(depth)
    landing = _landing(flow[:, :, :-1])
    ids = segmentation[:, 1:].flatten(0, 1)
    around, inside = four_neighbours(ids, landing)
    same = (around == segmentation[:, :-1].flatten(0, 1)[:, None]).all(1) & inside
    residual, expected = warp_residual(depth, flow)
    seen = (occluded_forward[:, :-1] == 0)[:, None]
    small = residual.abs() < CONSISTENT * expected
    return known & is_depth[:, :, :-1] & seen & _clips(same[:, None], len(depth)) & small


def warp_loss(
    depth: Float[Tensor, "B 1 T H W"],
    motion: Float[Tensor, "B 3 T H W"],
    mask: Bool[Tensor, "B 1 steps H W"],
) -> Float[Tensor, " B"]:
    """Smooth L1 of the relative residual, over the mask of the truth.

    The depth divided by passes no gradient: making everything far would lower the loss.
    """
    residual, expected = warp_residual(depth, motion)
    relative = filled(residual / safe_depth(expected, depth), mask, 0.0)
    error = functional.smooth_l1_loss(
        relative, torch.zeros_like(relative), beta=BETA, reduction="none"
    )
    return clip_mean(error, mask)


def safe_depth(
    expected: Float[Tensor, "B 1 steps H W"], depth: Float[Tensor, "B 1 T H W"]
) -> Float[Tensor, "B 1 steps H W"]:
    """The depth expected, at least a tenth of the depth now, without gradient."""
    floor = 0.1 * depth[:, :, :-1].detach()
    return torch.maximum(expected.detach(), floor)


def sample_bilinear(
    pictures: Float[Tensor, "F C H W"], places: Float[Tensor, "F 2 H W"]
) -> Float[Tensor, "F C H W"]:
    """Pictures read at places [px, centres at +0.5]; outside, the nearest at the border."""
    height, width = pictures.shape[-2:]
    size = places.new_tensor([width, height]).view(2, 1, 1)
    grid = (2 * places / size - 1).permute(0, 2, 3, 1)  # -1 and 1 are the picture's edges
    return functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="border", align_corners=False
    )


def four_neighbours(
    ids: Integer[Tensor, "F H W"], places: Float[Tensor, "F 2 H W"]
) -> tuple[Integer[Tensor, "F 4 H W"], Bool[Tensor, "F H W"]]:
    """Values at the four centres around each place, and whether all of them are in the picture."""
    frames, height, width = ids.shape
    size = places.new_tensor([width, height]).view(2, 1, 1)
    inside = ((places >= 0.5) & (places <= size - 0.5)).all(1)
    corner = torch.floor(places - 0.5)
    x, y = corner.clamp(min=0).minimum(size - 1).long().unbind(1)
    flat = ids.flatten(1)
    values = [
        flat.gather(
            1, ((y + dy).clamp(max=height - 1) * width + (x + dx).clamp(max=width - 1)).flatten(1)
        )
        for dy in (0, 1)
        for dx in (0, 1)
    ]
    return torch.stack(values, 1).view(frames, 4, height, width), inside


def _landing(motion: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "F 2 H W"]:
    """Where each pixel of each frame goes [px]."""
    height, width = motion.shape[-2:]
    rows = torch.arange(height, device=motion.device, dtype=motion.dtype) + 0.5
    columns = torch.arange(width, device=motion.device, dtype=motion.dtype) + 0.5
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return _frames(motion[:, :2]) + torch.stack([x, y])


def _frames(clips: Float[Tensor, "B C T H W"]) -> Float[Tensor, "F C H W"]:
    return clips.transpose(1, 2).flatten(0, 1)


def _clips(frames: Tensor, num_clips: int) -> Tensor:
    """(F, C, H, W) -> (B, C, T, H, W)."""
    return frames.unflatten(0, (num_clips, -1)).transpose(1, 2)

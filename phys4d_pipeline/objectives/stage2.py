"""One batch on simulated clips -> the sum of flow matching, depth, motion and warp losses."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Integer, UInt8

from ..models.heads import Geometry
from .depth import metric_depth_loss
from .motion import motion_emphasis, motion_loss
from .warp import warp_loss, warp_mask

Tensor = torch.Tensor


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How much each loss counts; what weighs 0 is not computed.

    The heads hear of geometry only, and AdamW takes steps of one length: these weights decide how
    much geometry the video model learns for each bit of flow matching.
    """

    flow_matching: float = 1.0
    depth: float = 0.5
    motion: float = 0.1
    warp: float = 0.2
    metric: float = 0.1
    """Of the metric part, beside the scale-invariant one, in the depth loss."""
    moving: float = 5.0
    """How often a moving pixel counts in the depth loss; 1 for as often as others."""

    def __post_init__(self) -> None:
        losses = {name: getattr(self, name) for name in LOSSES}
        negative = [f"{name} {value}" for name, value in losses.items() if not value >= 0]
        if negative or not any(losses.values()) or not self.metric >= 0 or not self.moving >= 1:
            raise ValueError(
                f"weights {', '.join(f'{n} {v}' for n, v in losses.items())}, metric "
                f"{self.metric}, moving {self.moving}: losses must be 0 or more, one of them above "
                "0, metric 0 or more, moving 1 or more."
            )

    def total(self, losses: dict[str, Float[Tensor, ""]]) -> Float[Tensor, ""]:
        """The weighted sum that training minimises."""
        return torch.stack([getattr(self, name) * loss for name, loss in losses.items()]).sum()

    @property
    def need_geometry(self) -> bool:
        """Are the heads needed at all?"""
        return bool(self.depth or self.motion or self.warp)


LOSSES = ("flow_matching", "depth", "motion", "warp")


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Ground truth of a batch, at the output size of the heads."""

    depth: Float[Tensor, "B 1 T H W"]
    motion: Float[Tensor, "B 3 T H W"]
    segmentation: Integer[Tensor, "B T H W"]
    occluded_forward: UInt8[Tensor, "B T H W"]

    @classmethod
    def of(cls, batch: dict[str, Any], device: torch.device | str = "cpu") -> "Truth":
        """From a collated batch of `TorchClips`."""
        names = ("depth", "motion", "segmentation", "occluded_forward")
        return cls(**{name: batch[name].to(device) for name in names})

    def warp_mask(self) -> Bool[Tensor, "B 1 steps H W"]:
        """Where depth and motion can be asked to agree."""
        return warp_mask(self.depth, self.motion, self.segmentation, self.occluded_forward)


def flow_matching_loss(
    prediction: Float[Tensor, "B C t h w"],
    target: Float[Tensor, "B C t h w"],
    known: Bool[Tensor, " t"],
) -> Float[Tensor, " B"]:
    """Mean square error over the latents that are to be generated.

    Lipman et al. 2023, eq. 9 (with `target` of a rectified flow: noise - clean). Known latents
    are given clean to the network; what it says there is unused.
    """
    if bool(known.all()):
        raise ValueError(f"all {len(known)} latent frames are known: leave some to be generated.")
    error = (prediction.float() - target.float())[:, :, ~known]
    return error.square().flatten(1).mean(1)


def stage2_losses(
    weights: Weights,
    *,
    prediction: Float[Tensor, "B C t h w"],
    target: Float[Tensor, "B C t h w"],
    known: Bool[Tensor, " t"],
    time: Float[Tensor, " B"],
    geometry: Geometry | None,
    truth: Truth | None,
    motion_scale: Float[Tensor, " 3"],
) -> dict[str, Float[Tensor, ""]]:
    """Each loss that weighs anything, before its weight; `Weights.total` adds them.

    Args:
        weights: Losses that weigh 0 are left out.
        prediction: The network's.
        target: The process's.
        known: Latent frames that were given clean.
        time: 1 = noise, 0 = clean.
        geometry: The heads'; None only if no loss needs it.
        truth: At the size of `geometry`; None only if no loss needs it.
        motion_scale: `GeometryHeads.motion_scale`.
    """
    losses = {}
    if weights.flow_matching:
        losses["flow_matching"] = flow_matching_loss(prediction, target, known).mean()
    if weights.need_geometry:
        if geometry is None or truth is None:
            raise ValueError(
                f"weights {weights} ask for losses on geometry, but there is none. "
                "Give geometry and truth, or set depth, motion and warp to 0."
            )
        per_clip = _geometry_losses(weights, geometry, truth, motion_scale)
        # Near pure noise the features hold no scene.
        losses |= {name: ((1 - time) * loss).mean() for name, loss in per_clip.items()}
    return losses


def _geometry_losses(
    weights: Weights, geometry: Geometry, truth: Truth, motion_scale: Float[Tensor, " 3"]
) -> dict[str, Float[Tensor, " B"]]:
    losses = {}
    if weights.depth:
        emphasis = motion_emphasis(truth.motion, weights.moving)
        losses["depth"] = metric_depth_loss(
            geometry.depth, truth.depth, emphasis, metric=weights.metric
        )
    if weights.motion:
        losses["motion"] = motion_loss(geometry.motion, truth.motion, scale=motion_scale)
    if weights.warp:
        losses["warp"] = warp_loss(geometry.depth, geometry.motion, truth.warp_mask())
    return losses

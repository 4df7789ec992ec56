"""What the stages of training minimise; every formula and default is in docs/objectives.md."""

from .depth import log_depth_loss, metric_depth_loss, scale_shift_loss, silog_loss
from .motion import motion_emphasis, motion_loss
from .stage2 import Truth, Weights, flow_matching_loss, stage2_losses
from .warp import warp_loss, warp_mask, warp_residual

__all__ = [
    "Truth",
    "Weights",
    "flow_matching_loss",
    "log_depth_loss",
    "metric_depth_loss",
    "motion_emphasis",
    "motion_loss",
    "scale_shift_loss",
    "silog_loss",
    "stage2_losses",
    "warp_loss",
    "warp_mask",
    "warp_residual",
]

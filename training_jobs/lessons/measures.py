"""A world model and held-out windows -> what each stage is supposed to improve, per window.

flow_matching   error of the video model at three noise levels, on the frames to be generated
abs_rel, epe    of the heads at little noise, against ground truth; `_bodies`, `_moving`: there only
abs_rel_scaled  after one factor per clip: how far away a picture's first frame is, it does not tell
warp            contradiction of the heads' depth and motion, over the mask of the truth; relative
pixel_mse       of sampled clips against the true continuation: no model judges it
chamfer_*       4D distance of sampled clips over the extent of the true trajectory, by each meter
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from phys4d_pipeline.metrics.depth import depth_sums
from phys4d_pipeline.metrics.flow import flow_sums
from phys4d_pipeline.metrics.pixels import pixel_mse
from phys4d_pipeline.metrics.warp import warp_score
from phys4d_pipeline.models.heads import Geometry
from phys4d_pipeline.models.meter import Meter
from phys4d_pipeline.objectives import Truth, flow_matching_loss
from phys4d_pipeline.objectives.motion import MOVING_PX

from ..rl.policy import PolicyConfig, roll_out
from ..rl.reward import RewardConfig, distances
from .latents import Latents
from .moving import followed, moving_bodies
from .noising import noised_at
from .windows import Batch, Windows, known_latents
from .world_model import WorldModel

Tensor = torch.Tensor
Row = dict[str, float]
TIMES = (0.2, 0.5, 0.8)
CLEAN = 0.05
"""Time at which the heads are asked."""


@dataclass(frozen=True, kw_only=True)
class Ruler:
    """Held-out windows, and what their generated counterparts are judged by."""

    windows: Windows
    latents: Latents
    meters: Mapping[str, Meter]
    policy: PolicyConfig
    reward: RewardConfig


@torch.no_grad()
def measure(model: WorldModel, ruler: Ruler, *, index: int, seed: int, sampled: bool) -> Row:
    """One window with one draw of noise; what the video model itself does only if `sampled`."""
    backbone = model.backbone
    clean, text = ruler.latents.videos([index]), ruler.latents.captions([index])
    truth = ruler.windows.batch([index])
    known = known_latents(
        ruler.windows.config,
        time_stride=backbone.vae_strides.time,
        latents=clean.shape[2],
    )
    at = torch.tensor([CLEAN])
    asked = noised_at(backbone.process, clean, known, _rng(seed), time=at)
    told = model.heads(*model.features(asked.noisy, asked.time, text, known))
    row = geometry_errors(told, truth)
    if not sampled:
        return row
    row["flow_matching"] = _flow_matching(backbone, clean, text, known, _rng(seed))
    return row | _generated(backbone, ruler, clean, text, known, truth, _rng(seed))


def _rng(seed: int) -> torch.Generator:
    """Every measure has the same noise for every stage, whatever else is measured."""
    return torch.Generator().manual_seed(seed)


def geometry_errors(told: Geometry, truth: Batch) -> Row:
    """Of one window's depth and motion against the ground truth."""
    depth, motion = told.depth[0, 0].numpy(), told.motion[0].numpy()
    true_depth, true_motion = truth["depth"][0, 0].numpy(), truth["motion"][0].numpy()
    bodies = truth["segmentation"][0].numpy() != 0
    flow, true_flow = (np.moveaxis(each[:2, :-1], 0, -1) for each in (motion, true_motion))
    moving = np.linalg.norm(true_flow, axis=-1) > MOVING_PX
    everywhere = np.ones_like(bodies)
    factor = _factor(depth, true_depth)
    score = warp_score(
        told.depth[0],
        told.motion[0],
        Truth.of(truth).warp_mask()[0],
        true_motion=truth["motion"][0],
    )
    return {
        "abs_rel": depth_sums(depth, true_depth, everywhere).abs_rel,
        "abs_rel_bodies": depth_sums(depth, true_depth, bodies).abs_rel,
        "abs_rel_scaled": depth_sums(factor * depth, true_depth, everywhere).abs_rel,
        "abs_rel_scaled_bodies": depth_sums(factor * depth, true_depth, bodies).abs_rel,
        "epe": flow_sums(flow, true_flow, everywhere[:-1]).epe,
        "epe_moving": flow_sums(flow, true_flow, moving).epe,
        "warp": score.error,
        "motion_ratio": score.motion_ratio,
    }


def _factor(depth: Float[np.ndarray, "T H W"], truth: Float[np.ndarray, "T H W"]) -> float:
    """That brings the median of the ratio to 1, over all frames of a clip together."""
    usable = np.isfinite(truth) & (truth > 0)
    return float(np.median(truth[usable] / depth[usable])) if usable.any() else 1.0


def interval(
    values: Float[np.ndarray, "seeds clips"], rng: np.random.Generator
) -> tuple[float, float]:
    """Mean, and half the width of its 95 % interval; NaN left out.

    By bootstrap over seeds and over clips at once: both could have been others.
    """
    if not np.isfinite(values).any():
        return float("nan"), float("nan")
    seeds, clips = values.shape
    rows = rng.integers(seeds, size=(2000, seeds, 1))
    columns = rng.integers(clips, size=(2000, 1, clips))
    drawn = values[rows, columns].reshape(2000, -1)
    counts = np.isfinite(drawn).sum(1)
    means = np.nansum(drawn, 1)[counts > 0] / counts[counts > 0]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(np.nanmean(values)), float(high - low) / 2


def _flow_matching(
    backbone: Any, clean: Tensor, text: Tensor, known: Tensor, rng: torch.Generator
) -> float:
    process, errors = backbone.process, []
    for time in TIMES:
        asked = noised_at(process, clean, known, rng, time=torch.tensor([time]))
        answer = backbone.predict(asked.noisy, asked.time, text, known)
        errors.append(flow_matching_loss(answer, asked.target, known).item())
    return float(np.mean(errors))


def _generated(
    backbone: Any,
    ruler: Ruler,
    clean: Tensor,
    text: Tensor,
    known: Tensor,
    truth: Batch,
    rng: torch.Generator,
) -> Row:
    sampled = roll_out(
        ruler.policy, backbone, clean=clean, text=text, known=known, reference=None, rng=rng
    )
    video = backbone.decode(sampled.latents)
    frames = ruler.windows.config.known_frames
    row = {"pixel_mse": pixel_mse(video[0], truth["rgb"][0])[frames:].mean().item()}
    bodies = moving_bodies(truth)
    if not followed(bodies):
        return row
    for name, meter in ruler.meters.items():
        found = distances(ruler.reward, meter, video, truth, bodies, group=1, known_frames=frames)
        row[f"chamfer_{name}"] = found.item()
    return row

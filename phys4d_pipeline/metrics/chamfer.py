"""Two clips lifted to 4D -> Chamfer distance of their objects over time [m].

A, time-aligned (`chamfer_aligned`, the default everywhere): the mean over frames of
mean_a min_b |a - b| + mean_b min_a |a - b|. Being early or late costs.
B, joint (`chamfer_joint`): one such distance between points (x, y, z, lambda t) of all frames;
lambda [m/s] is the price of a slip in time. For lambda -> inf it tends to A where all frames hold
as many points. Say which one beside every number.

Guards. A reference of fewer than `min_points` points is not seen: such frames are compared only if
the generated object is seen there (hallucinated). Seen on one side only, or a depth that failed
(None): the frame costs `cap`, which also bounds every frame's distance, so that being absent is
never worth it and one outlier decides nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial import KDTree

from .points import DepthClip, object_points

Tensor = torch.Tensor
Points = Sequence[Tensor | None]
Nearest = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
MATRIX_POINTS = 512


@dataclass(frozen=True, kw_only=True)
class Guards:
    """Bounds on what a frame may cost."""

    cap: float = 2.0
    """Cost of a missed frame and most that a frame can cost [m]."""
    min_points: int = 8
    """Fewer points than this are not an object."""


@dataclass(frozen=True, kw_only=True)
class Chamfer4D:
    """The distance of one object's two trajectories."""

    value: Float[Tensor, ""]
    """[m]; 0 if the object is never seen in either. Differentiable in both clips' points."""
    per_frame: Float[Tensor, " T"]
    """[m]; NaN for frames that are not compared; of the joint variant all are NaN."""
    compared: int
    """Frames that count."""
    missed: int
    """Frames in which the reference is seen and the generated object is not, or failed."""
    hallucinated: int
    """Frames in which only the generated object is seen."""


def nearest_by_matrix(a: Float[Tensor, "A D"], b: Float[Tensor, "B D"]) -> tuple[Tensor, Tensor]:
    """Distance of each point to the nearest of the other set; all pairs, differentiable."""
    if max(len(a), len(b)) > MATRIX_POINTS:
        raise ValueError(
            f"{len(a)} and {len(b)} points: a matrix of distances is for at most {MATRIX_POINTS}. "
            "Draw fewer points, or pass nearest=nearest_by_tree."
        )
    # By way of |a|^2 + |b|^2 - 2ab float32 is off by millimetres a few metres from the origin.
    distances = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.amin(1), distances.amin(0)


def nearest_by_tree(a: Float[Tensor, "A D"], b: Float[Tensor, "B D"]) -> tuple[Tensor, Tensor]:
    """The same by k-d trees: for many points, without gradient."""
    ours, theirs = (each.detach().cpu().double().numpy() for each in (a, b))
    to_b: np.ndarray = KDTree(theirs).query(ours)[0]
    to_a: np.ndarray = KDTree(ours).query(theirs)[0]
    return (torch.from_numpy(to_b).to(a), torch.from_numpy(to_a).to(a))


def chamfer(
    a: Float[Tensor, "A D"], b: Float[Tensor, "B D"], nearest: Nearest = nearest_by_matrix
) -> Float[Tensor, ""]:
    """Mean distance to the nearest neighbour, both ways added; neither set may be empty."""
    to_b, to_a = nearest(a, b)
    return to_b.mean() + to_a.mean()


def chamfer_aligned(
    generated: Points,
    reference: Points,
    *,
    guards: Guards,
    nearest: Nearest = nearest_by_matrix,
) -> Chamfer4D:
    """Variant A: frame t against frame t.

    Args:
        generated: A set of points per frame (`points.object_points`).
        reference: As many.
        guards: What a frame may cost.
        nearest: How neighbours are found.
    """
    cases = _cases(generated, reference, guards)
    like = _first_tensor([*reference, *generated])
    costs = [like.new_tensor(math.nan)] * len(cases)
    for frame, case in enumerate(cases):
        ours, theirs = generated[frame], reference[frame]
        if case == "both":
            assert ours is not None and theirs is not None
            costs[frame] = chamfer(ours, theirs, nearest).clamp(max=guards.cap)
        elif case != "neither":
            costs[frame] = like.new_tensor(guards.cap)
    counted = [cost for cost, case in zip(costs, cases, strict=True) if case != "neither"]
    value = torch.stack(counted).mean() if counted else like.new_tensor(0.0)
    return _result(value, torch.stack(costs), cases)


def chamfer_joint(
    generated: Points,
    reference: Points,
    *,
    guards: Guards,
    metres_per_frame: float,
    nearest: Nearest = nearest_by_tree,
) -> Chamfer4D:
    """Variant B: all frames at once, time as a fourth coordinate.

    Frames seen on one side only still count: their points are far from all others, and the whole
    is capped. An object seen on one side in no frame at all costs the cap.

    Args:
        generated: A set of points per frame.
        reference: As many.
        guards: What the clip may cost.
        metres_per_frame: lambda / fps.
        nearest: How neighbours are found.
    """
    cases = _cases(generated, reference, guards)
    like = _first_tensor([*reference, *generated])
    ours = _with_time(generated, guards, metres_per_frame)
    theirs = _with_time(reference, guards, metres_per_frame)
    failed = sum(case == "missed" for case in cases)
    if ours is None and theirs is None:
        value = like.new_tensor(0.0)
    elif ours is None or theirs is None:
        value = like.new_tensor(guards.cap)
    else:
        # Frames without points cannot be near to anything: they cost the cap in their share.
        share = failed / sum(case != "neither" for case in cases)
        distance = chamfer(ours, theirs, nearest).clamp(max=guards.cap)
        value = (1 - share) * distance + share * guards.cap
    return _result(value, like.new_full((len(cases),), math.nan), cases)


def chamfer_per_object(
    generated: DepthClip,
    reference: DepthClip,
    *,
    num_points: int,
    guards: Guards,
    rng: torch.Generator,
    nearest: Nearest = nearest_by_matrix,
) -> dict[int, Chamfer4D]:
    """Variant A of every object that the reference's first frame shows, by its id there."""
    ids = [int(each) for each in reference.segmentation[0].unique() if each != 0]
    if not ids:
        raise ValueError(
            "no object in the reference's first frame: every id there is 0. "
            "Start the window where one is seen."
        )
    return {
        object_id: chamfer_aligned(
            *(
                object_points(clip, object_id, num_points=num_points, rng=rng)
                for clip in (generated, reference)
            ),
            guards=guards,
            nearest=nearest,
        )
        for object_id in ids
    }


def mean_over_objects(objects: Mapping[int, Chamfer4D]) -> Float[Tensor, ""]:
    """Mean over the objects that were compared in some frame; 0 if there is none."""
    counted = [each.value for each in objects.values() if each.compared]
    if not counted:
        return torch.tensor(0.0)
    return torch.stack(counted).mean()


def chamfer_reward(
    distance: Float[Tensor, ""], *, scale: float, most: float = 10.0
) -> Float[Tensor, ""]:
    """-distance / scale, at least -most: 0 is perfect. What is not finite earns the least.

    Args:
        distance: 4D Chamfer [m].
        scale: Extent of the reference's trajectory (`points.extent`), so that scenes compare [m].
        most: Largest punishment.
    """
    worst = torch.full_like(distance, -most)
    return torch.where(torch.isfinite(distance), (-distance / scale).clamp(min=-most), worst)


def _cases(generated: Points, reference: Points, guards: Guards) -> list[str]:
    if len(generated) != len(reference) or not reference:
        raise ValueError(
            f"{len(generated)} generated and {len(reference)} reference frames. "
            "Compare clips of the same length, at least one frame."
        )
    broken = [
        frame
        for frame, each in enumerate(reference)
        if each is None or not bool(torch.isfinite(each).all())
    ]
    if broken:
        raise ValueError(
            f"the reference has no finite points in frames {broken}: only generated clips may "
            "fail. Check the stored depth with 'phys4d verify'."
        )
    return [_case(*pair, guards) for pair in zip(generated, reference, strict=True)]


def _case(ours: Tensor | None, theirs: Tensor | None, guards: Guards) -> str:
    is_seen = theirs is not None and len(theirs) >= guards.min_points
    failed = ours is None or not bool(torch.isfinite(ours).all())
    is_shown = not failed and ours is not None and len(ours) >= guards.min_points
    if is_seen:
        return "both" if is_shown else "missed"
    # A failed frame may hide an object that should not be there: it earns nothing either.
    return "hallucinated" if is_shown or failed else "neither"


def _with_time(sets: Points, guards: Guards, step: float) -> Float[Tensor, "P 4"] | None:
    timed = [
        torch.cat([points, torch.full_like(points[:, :1], step * frame)], 1)
        for frame, points in enumerate(sets)
        if points is not None
        and len(points) >= guards.min_points
        and bool(torch.isfinite(points).all())
    ]
    return torch.cat(timed) if timed else None


def _first_tensor(sets: Points) -> Tensor:
    return next((each for each in sets if each is not None), torch.zeros(0, 3))


def _result(value: Tensor, per_frame: Tensor, cases: list[str]) -> Chamfer4D:
    return Chamfer4D(
        value=value,
        per_frame=per_frame,
        compared=len(cases) - cases.count("neither"),
        missed=cases.count("missed"),
        hallucinated=cases.count("hallucinated"),
    )

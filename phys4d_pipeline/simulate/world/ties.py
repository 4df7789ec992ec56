"""Ties of a scene -> what holds points to objects: springs, or the objects' own motion."""

import numpy as np

from ...scene import SceneSpec
from . import model
from .distance import Parts, distance

TIE_SHARE = 0.4
"""Frequency of a tie's spring times the step."""
TIE_RATIO = 0.3
"""Damping ratio of ties [1]."""
INSIDE = 0.05
"""Overlap, as a share of the radius, from which a tied rope counts as inside its holder."""


def ties_of(
    spec: SceneSpec,
    rows: dict[int, np.ndarray],
    points: model.Points,
    bodies: model.Bodies,
    step_s: float,
) -> model.Ties:
    """Where ties hold, and how stiff the step lets them be.

    A point of cloth or of a soft body goes exactly where a holder goes that stands still or is
    led. Springs hold points to what they can move, and the ends of ropes.

    Args:
        spec: The scene.
        rows: Of `points`, by body: which each point of its states is.
        points: Where they start.
        bodies: The same.
        step_s: [s]
    """
    names = [body.name for body in spec.bodies]
    K = len(spec.ties)
    ties = model.Ties(
        point=np.zeros(K, np.int64), holder=np.zeros(K, np.int64), place_in_body=np.zeros((K, 3)),
        until=np.full(K, np.inf), is_exact=np.zeros(K, bool),
        stiffness=np.zeros(K), damping=np.zeros(K),
    )  # fmt: skip
    for k, tie in enumerate(spec.ties):
        i = rows[names.index(tie.body)][tie.point]
        o = names.index(tie.holder) + 1 if tie.holder else 0
        arm = points.place[i] - bodies.place[o]
        light = 1 / points.mass[i] + bodies.lightness[o]
        if bodies.kind[o] == model.FREE:
            light += arm @ arm / bodies.moments[o].min()
        ties.point[k], ties.holder[k] = i, o
        ties.place_in_body[k] = bodies.turn[o].T @ arm
        if tie.until is not None:
            ties.until[k] = tie.until
        form = spec.bodies[names.index(tie.body)].form
        ties.is_exact[k] = bodies.lightness[o] == 0.0 and form in ("deforming", "soft")
        ties.stiffness[k] = (TIE_SHARE / step_s) ** 2 / light
        ties.damping[k] = 2 * TIE_RATIO * TIE_SHARE / step_s / light
    return ties


def mark_inside(points: model.Points, chains: model.Chains, ties: model.Ties, parts: Parts) -> None:
    """From a tied point on, as far as the rope starts inside what holds it.

    Of other bodies: the tied point itself, and all that start inside the same holder.
    """
    for i, o in zip(ties.point, ties.holder, strict=True):
        r = points.chain[i]
        owned = np.flatnonzero(parts.owner == o)
        if r == model.NO_CHAIN:
            points.is_inside[i, o] = True
            _mark_all_inside(points, parts, int(points.owner[i]), int(o))
            continue
        for way in (-1, 1):
            k = i
            while chains.first[r] <= k < chains.last[r]:
                near = min(distance(parts, p, *points.place[k])[0] for p in owned)
                if near > (1 - INSIDE) * chains.radius[r]:
                    break
                points.is_inside[k, o] = True
                k += way


def _mark_all_inside(points: model.Points, parts: Parts, owner: int, o: int) -> None:
    owned = np.flatnonzero((parts.owner == o) & (o > 0))
    for k in np.flatnonzero((points.owner == owner) & ~points.is_inside[:, o]):
        near = min((distance(parts, p, *points.place[k])[0] for p in owned), default=np.inf)
        points.is_inside[k, o] = near < (1 - INSIDE) * points.radius[k]

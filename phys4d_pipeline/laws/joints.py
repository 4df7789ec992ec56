"""Joints stay closed, straight and within their limits; couplings keep their ratio; ties hold."""

import numpy as np

from ..checks import Check
from ..mechanism import Tie
from .evidence import WORLD, Evidence
from .motion import carried

GAP, TILT = 1e-3, float(np.radians(0.2))  # [m], [rad]; asked of every mechanism
PAST_LIMIT = {"hinge": float(np.radians(1.0)), "slider": 2e-3}
"""How far a stop gives way before it has stopped what runs into it [rad, m]."""


def joint_gap(evidence: Evidence) -> Check | None:
    """Distance between the two bodies' anchors, of a slider across its axis."""
    gaps = [float(motion.gap.max()) for motion in evidence.motions.values()]
    if not gaps:
        return None
    return Check(
        name="joint_gap",
        value=1e3 * max(gaps),
        bound=1e3 * GAP,
        unit="mm",
        source="Anchors carried by both bodies meet; 1 mm is asked of every mechanism",
    )


def joint_tilt(evidence: Evidence) -> Check | None:
    """Angle of a child from where its joint allows it to be."""
    kinds = {joint.name: joint.kind for joint in evidence.spec.joints}
    tilts = [
        float(motion.tilt.max())
        for name, motion in evidence.motions.items()
        if kinds[name] != "ball"
    ]
    if not tilts:
        return None
    return Check(
        name="joint_tilt",
        value=float(np.degrees(max(tilts))),
        bound=float(np.degrees(TILT)),
        unit="deg",
        source="Axes carried by both bodies agree; 0.2 degrees is asked of every mechanism",
    )


def joint_limits(evidence: Evidence) -> Check | None:
    """How far a joint is beyond its limits, in parts of what a stop may give way."""
    past = []
    for joint in evidence.spec.joints:
        if joint.limits:
            place = evidence.motions[joint.name].place
            beyond = max(joint.limits[0] - place.min(), place.max() - joint.limits[1])
            past.append(float(beyond) / PAST_LIMIT[joint.kind])
    if not past:
        return None
    return Check(
        name="joint_limits",
        value=max(0.0, *past),
        bound=1.0,
        unit="1",
        source="Places stay within their limits, but for 1 degree or 2 mm that stops give way",
    )


def couplings(evidence: Evidence) -> Check | None:
    """Difference of a follower from its ratio times the driver, in parts of what joints allow."""
    kinds = {joint.name: joint.kind for joint in evidence.spec.joints}
    off = []
    for one in evidence.spec.couplings:
        driver, follower = evidence.motions[one.driver].place, evidence.motions[one.follower].place
        allowed = {"hinge": TILT, "slider": GAP}
        slack = allowed[kinds[one.follower]] + abs(one.ratio) * allowed[kinds[one.driver]]
        off.append(float(np.abs(follower - one.ratio * driver).max()) / slack)
    if not off:
        return None
    return Check(
        name="couplings",
        value=max(off),
        bound=1.0,
        unit="1",
        source="The follower's place is the ratio times the driver's, as far as joints hold: "
        "0.2 degrees or 1 mm each",
    )


def ties(evidence: Evidence) -> Check | None:
    """Distance of tied points from where their holders carry them, until they are let go."""
    off = [
        _tie_gap(evidence, tie)
        for tie in evidence.spec.ties
        if evidence.number[tie.body] in evidence.states.points
    ]
    if not off:
        return None
    return Check(
        name="ties",
        value=1e3 * max(off),
        bound=1e3 * GAP,
        unit="mm",
        source="A tied point stays where it is in its holder until let go; 1 mm as for joints",
    )


def _tie_gap(evidence: Evidence, tie: Tie) -> float:
    holds = evidence.states.times < (np.inf if tie.until is None else tie.until)
    places = evidence.states.points[evidence.number[tie.body]]
    point = places[:, tie.point].astype(np.float64)
    holder = evidence.number[tie.holder]
    place = np.tile(point[0], (len(point), 1))
    if holder != WORLD:
        place = carried(evidence.poses[:, holder], point[0])
    return float(np.linalg.norm(point - place, axis=1)[holds].max(initial=0.0))

"""Substances of two bodies, solver rate -> MuJoCo's parameters of their contact.

A contact is a spring and a damper per unit of the mass it moves. The spring is as stiff as the
solver rate allows, so a body sinks in by its approach speed times `COMPRESSION_STEPS` steps.
Restitution holds on average over impacts without slip (spread 8 % at 0.3, 1 % at 0.9). A body that
slips while it bounces loses up to 15 % more speed: MuJoCo solves friction and normal force as one
convex problem.
"""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.optimize import brentq

from ...scene import Substance

COMPRESSION_STEPS = 4.0
"""1 / (natural frequency * step): an impact takes pi times as many steps."""
CONTACT_STIFFNESS = COMPRESSION_STEPS**-2
"""Twice the energy a contact stores per overlap squared, moved mass and rate squared [1]."""
IMPEDANCE = (0.9999, 0.9999, 0.001, 0.5, 2.0)
"""solimp: constraint forces reach 99.99 % of what the spring asks for, at any depth."""
SPRINGY = 0.5
"""Restitution from which a contact is a true spring [1]: one that shares an impact with others
stores its part of the energy. Hard contacts pass impulses on as if touching bodies were glued: of
five steel balls in a row the last then left with 0.87 of the speed, with springs with 0.99."""
SPRING_IMPEDANCE = (0.01, 0.01, 0.001, 0.5, 2.0)
"""solimp of springy contacts: 1 % of the force depends on what else acts on the bodies."""
PHASES = 32
"""First overlaps, as parts of a step's travel, over which a rebound is averaged."""
FRICTIONLESS, FRICTION, ROLLING = 1, 3, 6  # condim: dimensions of the contact force


@cache
def contact_damping(restitution: float) -> float:
    """Damping times step [1] with which the discrete contact rebounds at `restitution`.

    The continuous law (Schwager and Poeschel 2007) is off by some percent at this few steps
    per impact, so the rebound of one point is computed in the engine's own steps.
    """
    softest = _rebound(1.0)
    if restitution <= softest:
        return 1.0
    if restitution >= _rebound(0.0):
        return 0.0
    root: Any = brentq(lambda damping: _rebound(damping) - restitution, 0.0, 1.0, xtol=1e-9)
    return float(root)


def _rebound(damping: float) -> float:
    """Mean speed after over speed before an impact, in units of one step of Runge-Kutta 4."""
    depth, speed = (np.arange(PHASES) + 0.5) / PHASES - 1.0, np.ones(PHASES)
    while ((depth > 0.0) | (speed > 0.0)).any():
        k1 = -_push(depth, speed, damping)
        k2 = -_push(depth + speed / 2, speed + k1 / 2, damping)
        k3 = -_push(depth + speed / 2 + k1 / 4, speed + k2 / 2, damping)
        k4 = -_push(depth + speed + k2 / 2, speed + k3, damping)
        depth += speed + (k1 + k2 + k3) / 6
        speed += (k1 + 2 * (k2 + k3) + k4) / 6
    return float(-speed.mean())


def _push(
    depth: Float64[np.ndarray, " N"], speed: Float64[np.ndarray, " N"], damping: float
) -> Float64[np.ndarray, " N"]:
    """What a contact takes off the speed per step: it pushes only, and only where bodies touch."""
    push = CONTACT_STIFFNESS * depth + damping * speed
    return np.where(depth > 0.0, np.maximum(push, 0.0), 0.0)


def contact_law(a: Substance, b: Substance, rate: int, *, is_point: bool) -> dict[str, object]:
    """Arguments of MuJoCo's contact pair.

    Args:
        a: Of one body.
        b: Of the other.
        rate: Solver steps per second [Hz].
        is_point: The bodies meet in one point at most.
    """
    friction = a.friction * b.friction
    rolling = a.rolling_friction * b.friction + b.rolling_friction * a.friction
    restitution = a.restitution * b.restitution
    damping = contact_damping(restitution) * rate
    stiffness = CONTACT_STIFFNESS * rate**2
    return {
        "condim": ROLLING if rolling else FRICTION if friction else FRICTIONLESS,
        "friction": (friction, friction, 0.0, rolling, rolling),
        # Minus: stiffness and damping themselves. Zero would mean "default", so damping is
        # never quite zero.
        "solref": (-stiffness, -max(damping, 1e-9)),
        # Slip is stopped within a step, or as far as Coulomb's limit allows.
        "solreffriction": (-1.0, -float(rate)),
        "solimp": SPRING_IMPEDANCE if is_point and restitution >= SPRINGY else IMPEDANCE,
    }

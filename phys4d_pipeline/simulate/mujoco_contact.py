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
from scipy.optimize import brentq

from ..scene import Substance

COMPRESSION_STEPS = 4.0
"""1 / (natural frequency * step): an impact takes pi times as many steps."""
CONTACT_STIFFNESS = COMPRESSION_STEPS**-2
"""Twice the energy a contact stores per overlap squared, moved mass and rate squared [1]."""
IMPEDANCE = (0.9999, 0.9999, 0.001, 0.5, 2.0)
"""solimp: constraint forces reach 99.99 % of what the spring asks for, at any depth."""
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
    """Mean speed after over speed before an impact, in units of one step."""
    speeds = []
    for phase in (np.arange(PHASES) + 0.5) / PHASES:
        depth, speed = float(phase), 1.0
        while depth > 0.0:
            # A contact pushes only: the bodies part when the damper would pull.
            speed -= max(0.0, CONTACT_STIFFNESS * depth + damping * speed)
            depth += speed
        speeds.append(-speed)
    return float(np.mean(speeds))


def contact_law(a: Substance, b: Substance, rate: int) -> dict[str, object]:
    """Arguments of MuJoCo's contact pair."""
    friction = a.friction * b.friction
    rolling = a.rolling_friction * b.friction + b.rolling_friction * a.friction
    damping = contact_damping(a.restitution * b.restitution) * rate
    stiffness = CONTACT_STIFFNESS * rate**2
    return {
        "condim": ROLLING if rolling else FRICTION if friction else FRICTIONLESS,
        "friction": (friction, friction, 0.0, rolling, rolling),
        # Minus: stiffness and damping themselves. Zero would mean "default", so damping is
        # never quite zero.
        "solref": (-stiffness, -max(damping, 1e-9)),
        # Slip is stopped within a step, or as far as Coulomb's limit allows.
        "solreffriction": (-1.0, -float(rate)),
        "solimp": IMPEDANCE,
    }

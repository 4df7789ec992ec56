"""SceneSpec -> how every two of its objects rub and rebound, as the rope World has it."""

import numpy as np
from scipy.optimize import brentq

from ...scene import SceneSpec
from . import model as model
from .contact_law import STIFFENING

CONTACT_SHARE = 0.2
"""Frequency of a contact's spring over the solver rate [rad]: with ten contacts at one point the
highest frequency is still below 0.7 per step; of a dense packing of grains, which have a dozen,
0.5."""
CONTACT_STIFFNESS = CONTACT_SHARE**2
"""Twice the energy a contact stores per overlap squared, moved mass and rate squared [1]."""
OVERLAP_STEPS = 1 / CONTACT_SHARE
"""A body sinks in by what it travels in this many steps before the contact has stopped it."""
STRAND_RATIO = 0.3
"""Damping ratio of contacts between strands [1]: rebounds at 0.4; up to a dozen meet at a point.
The same between sheets and soft bodies."""
ROPE_RATIO = 0.8
"""Damping ratio of contacts of points of ropes or sheets with anything else: rebounds at 0.2."""
SOFT_RATIO = 0.3
"""The same of soft bodies, whose own damping decides how high they bounce: their steps are as long
as contacts allow."""
MOST_RATIO = 1.5
"""Damping ratio of a contact without restitution: rebounds at 0.08."""
BENT = ("rope", "deforming", "soft")
"""Forms of bodies that have points here."""


def contact_laws(spec: SceneSpec, frequency: float) -> model.Laws:
    """Of all pairs; contact springs have this frequency [rad/s]."""
    substances = [spec.ground.substance, *(body.substance for body in spec.bodies)]
    friction = np.array([one.friction for one in substances])
    rolling = np.array([one.rolling_friction for one in substances])
    restitution = np.array([one.restitution for one in substances])
    forms = ["rigid", *(body.form for body in spec.bodies)]
    is_sheet, is_rigid = np.isin(forms, "deforming"), np.isin(forms, "rigid")
    is_bent, is_soft = np.isin(forms, BENT), np.isin(forms, "soft")
    products = np.outer(restitution, restitution)
    values, place = np.unique(products, return_inverse=True)
    ratios = np.array([damping_ratio(float(value)) for value in values])
    ratio = ratios[place].reshape(products.shape)
    ratio[is_bent[:, None] | is_bent] = ROPE_RATIO
    ratio[is_soft[:, None] | is_soft] = SOFT_RATIO
    ratio[is_bent[:, None] & is_bent] = STRAND_RATIO
    return model.Laws(
        friction=np.outer(friction, friction),
        rolling=np.outer(rolling, friction) + np.outer(friction, rolling),
        damping_ratio=ratio,
        stiffening=STIFFENING * (np.outer(is_sheet, is_rigid) | np.outer(is_rigid, is_sheet)),
        frequency=np.array([frequency]),
        gravity=np.array(spec.gravity),
    )


def damping_ratio(restitution: float) -> float:
    """Of a spring and damper that push only and rebound at `restitution`, at most MOST_RATIO."""
    if restitution >= 1.0:
        return 0.0
    if restitution <= rebound(MOST_RATIO):
        return MOST_RATIO
    root = brentq(lambda ratio: rebound(ratio) - restitution, 0.0, MOST_RATIO, xtol=1e-9)
    return float(root)  # pyright: ignore[reportArgumentType]


def rebound(ratio: float) -> float:
    """Speed after over before an impact (Schwager and Poeschel 2007, eq. 21)."""
    if ratio == 1.0:
        return float(np.exp(-2.0))
    if ratio > 1.0:
        root = np.sqrt(ratio**2 - 1.0)
        return float(np.exp(-ratio / root * np.log((ratio + root) / (ratio - root))))
    root = np.sqrt(1.0 - ratio**2)
    lasting = np.pi - np.arctan2(2 * ratio * root, 1.0 - 2 * ratio**2)
    return float(np.exp(-ratio / root * lasting))

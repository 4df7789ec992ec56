"""A skin or soft body -> how far from its points it touches others.

Solvers keep the points of a mesh this far off, so that what bulges between them stays out too; laws
know by it how much of a contact's depth nobody sees.
"""

import numpy as np

from ..scene import Body
from .skins import Skin, is_skin, skin, start
from .solids import Soft, soft

TOUCHING = 0.04
"""Least distance at which vertices touch, over the edges of their triangles [1]: the sagitta of an
edge over a ball of three times its length."""
SOFT_TOUCHING = 0.1
"""Distance at which nodes of soft bodies touch, over their spacing [1]: contacts that sink in by
half of it are not seen."""


def skin_touching(body: Body, one: Skin) -> float:
    """From the points of a membrane to what they touch [m]."""
    a, b, c = start(body)[one.kept][one.faces].transpose(1, 0, 2)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    edge = np.sqrt(4 / np.sqrt(3) * np.median(areas if body.gas else one.areas))
    return float(max(one.thickness / 2, TOUCHING * edge))


def soft_touching(one: Soft) -> float:
    """From the nodes of a soft body to what they touch [m]."""
    return SOFT_TOUCHING * one.spacing


def touching_gap(body: Body) -> float:
    """Between what is drawn of a body and what it begins to push [m]: 0 for what is rigid.

    Of a skin the middle is drawn, of a soft body the nodes.
    """
    if is_skin(body) and body.substance.youngs_modulus > 0.0:
        return skin_touching(body, skin(body))
    return soft_touching(soft(body)) if body.form == "soft" else 0.0

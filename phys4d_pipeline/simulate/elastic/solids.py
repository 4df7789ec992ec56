"""Soft bodies: places and speeds of nodes -> stresses of tetrahedra."""

from ...jit import exact
from ..rope_model import Points
from .model import Solids


@exact
def solid_forces(solids: Solids, points: Points) -> None:
    """Add the forces of all tetrahedra."""

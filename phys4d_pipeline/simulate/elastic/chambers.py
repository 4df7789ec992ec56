"""Gas inside closed membranes -> pressure on their triangles."""

from ...jit import exact
from ..rope_model import Points
from .model import Air, Chambers, Skins


@exact
def chamber_forces(
    chambers: Chambers, skins: Skins, air: Air, points: Points, time_s: float, step_s: float
) -> None:
    """Add the pressure of all gases; `skin_forces` has set normals and areas."""

"""Thin and soft bodies against each other and themselves, and against corners of rigid ones."""

from ...jit import exact
from ..body_distance import Parts
from ..rope_model import World
from ..rope_neighbours import no_pairs
from .model import Lists, Touch


@exact
def touch_lists(touch: Touch, world: World, parts: Parts, old: Lists, skin: float) -> Lists:
    """Lists of what may touch before they are made anew."""
    return no_pairs(), no_pairs(), no_pairs()


@exact
def touch_forces(touch: Touch, lists: Lists, world: World, parts: Parts, step_s: float) -> None:
    """Add the forces of all contacts in the lists."""

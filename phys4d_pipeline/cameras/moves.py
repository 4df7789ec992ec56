"""What must be seen, and a first view -> key positions of a camera that stands, circles, nears...

A move is a public function of MOVES; its keyword arguments are what a user may choose (plain
numbers; angles in degrees here, as users give them).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..scene import CameraPath, Vec3
from .framing import Framing, Key, View

ORBIT_STEP = 6.0
"""Between the keys of an orbit [deg]: its ends leave the circle by 6e-4 of its radius."""
SWAY_RATE = 2.5
"""Keys of a hand-held camera per second: nothing faster than about 1.2 Hz is left."""


def static(framing: Framing, view: View) -> list[Key]:
    """Stand still."""
    return [framing.placed(view)]


def orbit(framing: Framing, view: View, *, turn: float = 60.0) -> list[Key]:
    """Circle around the scene by `turn` degrees, half before and half after the view."""
    count = max(4, math.ceil(abs(turn) / ORBIT_STEP) + 1)
    parts = np.linspace(-0.5, 0.5, count) * math.radians(turn)
    views = [replace(view, azimuth=view.azimuth + float(part)) for part in parts]
    keys = [framing.placed(each) for each in views]
    # One distance and one target for all: a circle, not a path that breathes with the outline.
    target = np.mean([key[1] for key in keys], 0)
    distance = max(float(np.linalg.norm(eye - aim)) for eye, aim in keys)
    return [(target + distance * each.axes()[0], target) for each in views]


def dolly(framing: Framing, view: View, *, start: float = 0.65) -> list[Key]:
    """Move in, from where the scene fills the share `start` of what it fills at the end."""
    eye, target = framing.placed(view)
    far_eye, far_target = framing.placed(replace(view, fill=view.fill * start))
    return [(far_eye, far_target), (eye, target)]


def pan(framing: Framing, view: View, *, sweep: float = 6.0) -> list[Key]:
    """Stand still and turn sideways by `sweep` degrees."""
    eye, target = framing.placed(view)
    _, right, _ = view.axes()
    distance = float(np.linalg.norm(eye - target))
    angles = np.linspace(-0.5, 0.5, 5) * math.radians(sweep)
    return [(eye, target + right * distance * math.tan(angle)) for angle in angles]


def handheld(
    framing: Framing, view: View, *, sway: float = 1.0, seconds: float = 2.0, seed: int = 0
) -> list[Key]:
    """Hold the camera by hand: smooth noise, `sway` 1 for a calm hand and 2 for a walk on the spot.

    Args:
        framing: What must be seen.
        view: From where.
        sway: Size of the movement [1].
        seconds: Length of the clip, which decides how often the hand moves.
        seed: Of the noise.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    eye, target = framing.placed(view)
    distance = float(np.linalg.norm(eye - target))
    count = max(4, math.ceil(seconds * SWAY_RATE) + 1)
    # Shoulders move by about a centimetre, wrists turn by about a third of a degree.
    shifts = rng.normal(size=(count, 3)) * 0.012 * sway
    turns = rng.normal(size=(count, 3)) * math.radians(0.35) * sway * distance
    drift = np.cumsum(rng.normal(size=(count, 3)), 0) * 0.006 * sway  # the body leans slowly
    return [
        (eye + shift + lean, target + shift + lean + turn)
        for shift, turn, lean in zip(shifts, turns, drift, strict=True)
    ]


MOVES: dict[str, Callable[..., list[Key]]] = {
    move.__name__: move for move in (static, orbit, dolly, pan, handheld)
}


def path(framing: Framing, keys: Sequence[Key]) -> CameraPath:
    """Keys -> a path whose lens is just wide enough for all points, all the way."""
    made = CameraPath(
        vertical_fov=round(framing.vertical_fov, 6),
        eye=tuple(_rounded(eye) for eye, _ in keys),
        target=tuple(_rounded(target) for _, target in keys),
    )
    return framing.widened(made)


def _rounded(point: np.ndarray) -> Vec3:
    x, y, z = (round(float(value), 6) + 0.0 for value in point)  # + 0.0 turns -0.0 into 0.0
    return x, y, z

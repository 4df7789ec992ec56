"""Ropes and what they hang from: lines of points -> bodies; posts, beams, clamps, handles."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, Surface, Vec3
from phys4d_pipeline.scene_catalog import Preset

from .draws import draw, pick, quat, vec
from .materials import bold_surface, substance, surface
from .rope_materials import rope_substance, rope_surface
from .staging import body, shape, slab

SIDES = 16  # of the drawn rope: chords lie 2 % of the radius inside
DIGITS = 8  # of its points [m]: rounding strains a piece of 1 cm by 1e-6
CLAMP = 1.8  # radius of what holds a rope's end, over the rope's own [1]
CLAMP_HEIGHT = 4.0  # over the rope's radius [1]
HANDLE_LENGTH = (0.05, 0.07)  # half of it: 10 to 14 cm, a hand is 9 cm wide [m]
GRIP = (0.014, 0.018)  # radius of a handle [m]: jump ropes 28 to 36 mm thick
WRAP = 1.3  # radius of a handle over that of the rope that ends in it, at least [1]
POST = (0.05, 0.08)  # width of posts and beams [m]: timber of 50 to 80 mm
TIMBER = ("oak", "pine")
SHORTEST = 2.0  # time that hands take for what they do, at least [s]
GAP = 1e-4  # between what just touches at the start [m]: no solver starts with an overlap


def motion_seconds(preset: Preset) -> float:
    """How long hands take for what they do [s]: shorter clips show the start of the same."""
    return max(preset.num_frames / preset.fps, SHORTEST)


def rope_body(
    name: str, line: Float[np.ndarray, "N 3"], radius: float, material: str, look: Surface
) -> Body:
    """A rope that starts at rest along points at equal spacing [m]."""
    spacing = float(np.linalg.norm(np.diff(line, axis=0), axis=1).mean())
    segments = len(line) - 1
    solid = shape("rope", length=spacing * segments, radius=radius, segments=segments, sides=SIDES)
    return Body(
        name=name,
        shape=solid,
        substance=rope_substance(material),
        surface=look,
        position=vec(line.mean(0)),
        form="rope",
        points=tuple((_rounded(x), _rounded(y), _rounded(z)) for x, y, z in line),
    )


def _rounded(value: float) -> float:
    return round(float(value), DIGITS) + 0.0


def a_rope(
    rng: np.random.Generator, name: str, line: Float[np.ndarray, "N 3"], radius: float, made: str
) -> Body:
    """The same with a specimen's look."""
    return rope_body(name, line, radius, made, rope_surface(rng, made, radius))


def clamp(rng: np.random.Generator, name: str, below: np.ndarray, radius: float) -> Body:
    """A steel collar that ends where a rope of this radius begins, just above a point [m]."""
    half = CLAMP_HEIGHT * radius / 2
    return body(
        name,
        shape("cylinder", radius=CLAMP * radius, half_height=half),
        "steel",
        surface(rng, "steel", radius),
        at=np.add(below, (0.0, 0.0, radius + GAP + half)),
        is_static=True,
    )


def handle(
    rng: np.random.Generator,
    name: str,
    rope_end: np.ndarray,
    towards_rope: np.ndarray,
    radius: float,
    path: Path,
) -> Body:
    """What a hand would hold, led along a path.

    Args:
        rng: Draws its size and look.
        name: Of the body.
        rope_end: The rope's last point, which touches it [m].
        towards_rope: Unit vector along the handle.
        radius: Of the rope [m].
        path: Of the handle.
    """
    grip, half = max(draw(rng, GRIP), round(WRAP * radius, 4)), draw(rng, HANDLE_LENGTH)
    solid = shape("capsule", radius=grip, half_length=half)
    return Body(
        name=name,
        shape=solid,
        substance=substance("plastic"),
        surface=bold_surface(rng, "plastic", grip),
        position=vec(rope_end - (half + grip + radius + GAP) * np.asarray(towards_rope)),
        quaternion=quat(lying(towards_rope)),
        path=path,
    )


def turning(item: Body, about: np.ndarray, spin: np.ndarray | Vec3) -> Body:
    """The body in rigid rotation about an axis through a point [m, rad/s]."""
    velocity = np.cross(spin, np.subtract(item.position, about))
    return replace(item, linear_velocity=vec(velocity), angular_velocity=vec(spin))


def shifted(item: Body, by: np.ndarray | Vec3) -> Body:
    """The body somewhere else [m]."""
    return replace(item, position=vec(np.add(item.position, by)))


def ring(centre: np.ndarray | Vec3, radius: float, axis: str = "z") -> np.ndarray:
    """(16, 3) points on a circle that something is expected to run along [m]."""
    angle = np.linspace(0.0, 2 * np.pi, 16, endpoint=False)
    flat = radius * np.column_stack([np.cos(angle), np.sin(angle), 0.0 * angle])
    return np.asarray(centre) + np.roll(flat, {"x": 1, "y": 2, "z": 0}[axis], axis=1)


def lying(direction: np.ndarray | Vec3) -> Rotation:
    """Turns the z axis to a direction."""
    unit = np.asarray(direction, np.float64) / np.linalg.norm(direction)
    turn, _ = Rotation.align_vectors(unit[None], np.array([[0.0, 0.0, 1.0]]))
    return turn


def gallows(
    rng: np.random.Generator, half_width: float, height: float, *, along: str = "y"
) -> list[Body]:
    """Two posts at -+`half_width` and a beam on them whose lower face is `height` up [m].

    Args:
        rng: Draws timber and width.
        half_width: Between the middles of the posts [m].
        height: [m]
        along: Axis of the beam, `x` or `y`.
    """
    wood, width = pick(rng, TIMBER), draw(rng, POST)
    look, half = surface(rng, wood, 0.3), width / 2
    outer = half_width + width
    boxes = {
        "post_1": ((-half_width - half, -half, 0.0), (-half_width + half, half, height)),
        "post_2": ((half_width - half, -half, 0.0), (half_width + half, half, height)),
        "beam": ((-outer, -half, height), (outer, half, height + width)),
    }
    order = (0, 1, 2) if along == "x" else (1, 0, 2)
    return [
        slab(name, wood, look, np.array(low)[list(order)], np.array(high)[list(order)])
        for name, (low, high) in boxes.items()
    ]

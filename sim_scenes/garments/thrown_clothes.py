"""A T-shirt, trousers or a skirt are thrown over a bar, which turns and lets them slide off."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import rail
from ..draws import (
    Range,
    any_rotation,
    draw,
    draw_count,
    draw_sign,
    listed,
    pick,
    sentence,
    shuffled,
)
from ..fabrics import cloth, edge_for, fabric_surface, fabric_thickness
from ..filming import Shot, corners
from ..materials import bold_surface, surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.2, 0.005)  # [s], [m]

NUM_CLOTHES = 2
SIZE = (0.85, 1.1)  # over that of an adult's clothes [1]
CLOTHES = {
    "T-shirt": ("jersey", "cotton"),
    "skirt": ("cotton", "wool", "linen", "satin"),
    "pair of trousers": ("linen", "wool", "cotton"),
    "pillowcase": ("cotton", "satin", "linen"),
}
"""And what they are made of."""
PRINTS = ("wide stripes", "large dots", "stripes", "gingham")
HIGH = (0.6, 1.0)  # of their middles at the start, of the first and of the second [m]
AWAY = ((0.5, 0.6), (0.08, 0.16))  # from the bar at the start, of both [m]
FIRST, SECOND = (0.25, 0.32), (0.5, 0.6)  # until they are over the bar, without air [s]
SPIN = (0.5, 2.5)  # [rad/s]
BAR = (0.025, 0.035)  # radius of the bars [m]
BAR_HEIGHT = (0.5, 0.56)  # [m]
BAR_LENGTH = 0.9  # between the middles of its round ends [m]
SLIT = 0.001  # between it and its posts [m]
BAR_TURN = (5.0, 9.0)  # of the bar [rad]: what hangs over it travels with its surface
TURNING = (0.6, 2.6)  # while it turns, fastest half way [s]
LANDS = 0.6  # least height of their middles over the bar [m]
NUM_BALLS = (2, 4)
BALL = (0.1, 0.15)  # radius [m]
FLOORS = ("wooden floor", "tiled floor", "green mat", "linoleum floor", "concrete floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Clothes start level above the origin and fly along +-x; the bar is along y."""
    nouns, made, clothes = shuffled(rng, tuple(CLOTHES))[:NUM_CLOTHES], [], []
    for noun, flight, start in zip(
        nouns, (FIRST, SECOND), zip(AWAY, HIGH, strict=True), strict=True
    ):
        fabric = pick(rng, CLOTHES[noun])
        made.append(f"one {fabric} {noun}" if " " not in noun else f"one {noun} made of {fabric}")
        clothes.append(_thrown(rng, (noun, fabric), draw(rng, flight), start, preset))
    bar, height = draw(rng, BAR), draw(rng, BAR_HEIGHT)
    look, beside = surface(rng, "oak", 0.1), BAR_LENGTH / 2 + 2 * bar + SLIT
    ends = (0.0, -BAR_LENGTH / 2, height), (0.0, BAR_LENGTH / 2, height)
    stand = [
        _roller(rng, rail("bar", ends, bar, "oak", look)),
        *(
            rail(f"post_{k + 1}", ((0.0, y, 0.0), (0.0, y, height)), bar, "oak", look)
            for k, y in enumerate((-beside, beside))
        ),
    ]
    balls = _balls(rng)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*clothes, *stand, *balls],
        floor=pick(rng, FLOORS),
        shot=Shot(points=corners((-0.7, -0.45, 0.0), (0.7, 0.45, 1.1)), elevation=(6.0, 24.0)),
        caption=sentence(f"{listed(made)} are thrown over a turning bar and balls on {{floor}}."),
    )


def _roller(rng: np.random.Generator, bar: Body) -> Body:
    """A bar along y that begins to turn about itself when clothes lie over it."""
    turn = draw_sign(rng) * draw(rng, BAR_TURN, 2)
    path = Path(times=TURNING, turns=(0.0, turn), axis=(0.0, 1.0, 0.0))
    return replace(bar, is_static=False, path=path)


def _thrown(
    rng: np.random.Generator,
    what: tuple[str, str],
    flight: float,
    start: tuple[Range, float],
    preset: Preset,
) -> Body:
    """One of CLOTHES, flat in the air and turning, as it passes over the bar without air.

    Args:
        rng: Source.
        what: Its name and fabric.
        flight: How long until then [s].
        start: Range of the way to the bar, height [m].
        preset: Says how fine it is.
    """
    (noun, fabric), (far, high) = what, start
    share = 1 / NUM_CLOTHES
    solid = _cut(noun, draw(rng, SIZE), fabric_thickness(fabric, preset, share), (preset, share))
    side = -1.0 if flight < min(SECOND) else 1.0
    away, rise = draw(rng, far), LANDS - high + draw(rng, (0.0, 0.1))
    tilt = Rotation.from_rotvec(0.35 * rng.normal(size=3) * (1.0, 1.0, 0.0))
    turn = Rotation.from_rotvec([0.0, 0.0, draw(rng, (0.0, 6.28))])
    item = cloth(
        noun.replace(" ", "_").replace("-", "_").lower(),
        solid,
        fabric,
        fabric_surface(rng, fabric, PRINTS),
        at=(side * away, draw(rng, (-0.1, 0.1)), high),
        rotation=tilt * turn,
        velocity=(-side * away / flight, 0.0, rise / flight + 9.81 / 2 * flight),
    )
    return replace(item, angular_velocity=(0.0, 0.0, side * draw(rng, SPIN)))


def _cut(noun: str, size: float, thick: float, fine: tuple[Preset, float]) -> Shape:
    """Flat patterns in sizes of an adult's, scaled; edges by their area."""
    kind, area, lengths = {
        "T-shirt": ("t_shirt", 0.76, {"chest": 0.5, "length": 0.7, "sleeve": 0.2}),
        "skirt": ("skirt", 0.55, {"waist": 0.36, "hem": 0.62, "length": 0.56}),
        "pair of trousers": ("trousers", 0.76, {"waist": 0.38, "length": 0.9, "leg": 0.2}),
        "pillowcase": ("pillowcase", 0.7, {"width": 0.7, "depth": 0.5}),
    }[noun]
    edge = edge_for(area * size**2, *fine)
    scaled = {name: round(size * length, 4) for name, length in lengths.items()}
    return shape(kind, **scaled, edge=edge, thickness=thick)


def _balls(rng: np.random.Generator) -> list[Body]:
    """On the floor at both sides of the bar."""
    count, items = draw_count(rng, NUM_BALLS), []
    for k in range(count):
        radius, material = draw(rng, BALL, 3), pick(rng, ("rubber", "cork", "plastic", "oak"))
        side = 1.0 if k % 2 else -1.0
        items.append(
            body(
                f"ball_{k + 1}",
                shape("sphere", radius=radius),
                material,
                bold_surface(rng, material, radius),
                at=(side * draw(rng, (0.22, 0.3)), -0.18 + 0.36 * (k // 2), radius),
                rotation=any_rotation(rng),
            )
        )
    return items

"""Bodies of different bounciness are dropped together onto a hard floor."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    any_direction,
    any_rotation,
    chance,
    draw,
    draw_count,
    in_words,
    listed,
    pick,
    sentence,
    shuffled,
    with_article,
)
from ..filming import Shot, around, corners
from ..materials import bold_surface, surface
from ..staging import UPRIGHT, body, height_above_base, reach, shape, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_pybullet", rate=2880)  # [Hz]; restitution to 0.004 at every bounce
CONVERGENCE = (0.5, 0.003)  # [s], [m]: first bounces included

NUM_BODIES = (4, 8)
RADIUS = (0.08, 0.16)  # of the bounding sphere: grapefruits to basketballs [m]
DROP = (0.4, 1.1)  # free height below the bodies [m]; first contact after 0.29 to 0.47 s
HEIGHT_SPREAD = (1.0, 1.25)  # of the scattered bodies' heights, as a factor [1]
GAP = (0.25, 0.7)  # between neighbours, as a share of their diameter [1]
DRIFT = (0.0, 0.2)  # sideways speed of scattered bodies [m/s]
SPIN = (0.0, 4.0)  # of scattered bodies [rad/s]
IN_A_ROW_SHARE = 0.4  # equal balls side by side: only the material differs
LIVELY = ("rubber", "glass", "plastic", "ceramic")  # bounce for the whole clip
DULL = ("steel", "oak", "leather", "cork", "marble", "brass", "brick")
TABLE_SHARE = 0.85  # of the clips whose floor may be a table top and whose bodies fit on it
FLOORS = ("concrete floor", "marble floor", "tiled floor", "wooden floor")
ROUGHNESS = (0.1, 0.35)  # of rocks [1]
FLATTENING = (0.6, 0.95)  # smaller axes of ellipsoids over the largest [1]
WANDER = 0.3  # how far most bodies leave their columns in 2 s [m]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Either equal balls in a row, or different solids scattered over a grid."""
    in_a_row = chance(rng, IN_A_ROW_SHARE)
    count = draw_count(rng, NUM_BODIES)
    drop = draw(rng, DROP, 2)
    floor = pick(rng, FLOORS)
    materials = _materials(rng, count, distinct=in_a_row)
    arrange = _row if in_a_row else _scatter
    bodies = arrange(rng, materials, drop)
    points = around(bodies)
    margin = 0.0 if in_a_row else WANDER
    below = corners((*(points.min(0)[:2] - margin), 0.0), (*(points.max(0)[:2] + margin), 0.1))
    start = f"{drop:.2f} m" if in_a_row else f"from {drop:.2f} m and higher"
    what = (
        f"{in_words(count, 'ball')} of the same size, made of {listed(materials)},"
        if in_a_row
        else f"{in_words(count, 'body')}, among them {_leading(bodies, materials)},"
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        floor=floor,
        table_share=TABLE_SHARE,
        shot=Shot(points=np.concatenate([points, below])),
        caption=sentence(f"{what} fall {start} onto {{floor}} and bounce."),
    )


def _materials(rng: np.random.Generator, count: int, *, distinct: bool) -> list[str]:
    """At least one lively material, the others from all."""
    first = pick(rng, LIVELY)
    others = shuffled(rng, [name for name in LIVELY + DULL if name != first])
    if distinct:
        return shuffled(rng, [first, *others[: count - 1]])
    return [first, *(pick(rng, LIVELY + DULL) for _ in range(count - 1))]


def _row(rng: np.random.Generator, materials: list[str], drop: float) -> list[Body]:
    radius = draw(rng, RADIUS)
    step = 2 * radius * (1 + draw(rng, GAP))
    middle = (len(materials) - 1) / 2
    return [
        body(
            f"ball_{index}",
            shape("sphere", radius=radius),
            material,
            bold_surface(rng, material, radius),
            at=((index - middle) * step, 0.0, drop + radius),
        )
        for index, material in enumerate(materials)
    ]


def _scatter(rng: np.random.Generator, materials: list[str], drop: float) -> list[Body]:
    """Solids in cells of a square grid, each cell large enough for any turn of its solid."""
    columns = int(np.ceil(len(materials) ** 0.5))
    step = 2 * RADIUS[1] * (1 + draw(rng, GAP))
    cells = shuffled(rng, [(x, y) for x in range(columns) for y in range(columns)])
    bodies = []
    for index, material in enumerate(materials):
        # The first one is a ball of a lively material: something bounces until the end.
        kind, solid = ("ball", _ball(rng)) if index == 0 else _any_solid(rng)
        round_one = kind in ("ball", "ellipsoid")
        rotation = UPRIGHT if kind == "ball" else any_rotation(rng)
        height = drop if index == 0 else drop * draw(rng, HEIGHT_SPREAD)
        size = reach(solid)
        slack = max(step / 2 - size, 0.0) * 0.8
        x, y = (
            (cell - (columns - 1) / 2) * step + draw(rng, (-slack, slack)) for cell in cells[index]
        )
        heading = draw(rng, (0.0, 2 * np.pi))
        speed = draw(rng, DRIFT)
        bodies.append(
            body(
                f"{kind}_{index}",
                solid,
                material,
                (bold_surface if round_one else surface)(rng, material, size),
                at=(x, y, height + height_above_base(solid, rotation)),
                rotation=rotation,
                velocity=(speed * np.cos(heading), speed * np.sin(heading), 0.0),
                spin=any_direction(rng) * draw(rng, SPIN),
            )
        )
    return bodies


def _ball(rng: np.random.Generator) -> Shape:
    return shape("sphere", radius=draw(rng, RADIUS))


def _any_solid(rng: np.random.Generator) -> tuple[str, Shape]:
    kind = pick(rng, ("ball", "ball", "ellipsoid", "rock", "polyhedron"))
    radius = draw(rng, RADIUS)
    if kind == "ellipsoid":
        radii = (radius, radius * draw(rng, FLATTENING), radius * draw(rng, FLATTENING))
        return kind, shape("ellipsoid", radii=radii)
    if kind == "rock":
        roughness = draw(rng, ROUGHNESS)
        return kind, shape("rock", radius=radius, roughness=roughness, seed=rng.integers(2**31))
    if kind == "polyhedron":
        return kind, shape("polyhedron", faces=pick(rng, (6, 8, 12, 20)), radius=radius)
    return "ball", shape("sphere", radius=radius)


def _leading(bodies: list[Body], materials: list[str]) -> str:
    """The first and the last body in words."""
    names = [
        f"{material} {item.name.rpartition('_')[0]}"
        for material, item in zip(materials, bodies, strict=True)
    ]
    return listed([with_article(name) for name in (names[0], names[-1])])

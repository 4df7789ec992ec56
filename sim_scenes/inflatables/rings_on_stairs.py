"""Swim rings roll and bounce down a flight of stairs, and into a wall."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..inflated import Inflated, blown, edge_for, inflated_body
from ..materials import surface
from ..skins import skin_colors, skin_surface, thickness
from ..staging import shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; of contacts
CONVERGENCE = (0.2, 0.03)  # [s], [m]; then the first one has left the landing

NUM_RINGS = (2, 3)
RADIUS = (0.28, 0.36)  # of the flat ring's outer seam [m]
INNER = (0.36, 0.44)  # inner seam over the outer one [1]
GAUGE = (1200.0, 2500.0)  # above the air [Pa]
STEPS = (2, 3)
RISE = (0.13, 0.17)  # [m]
TREAD = (0.26, 0.32)  # [m]
SPEED = (0.8, 1.4)  # along the stairs [m/s]
LEAN = (-6.0, 6.0)  # of the rings from the vertical [deg]
LANE = 0.40  # between neighbours [m]
BACK = (0.1, 0.35)  # of their middles from the top step's edge at first [m]
WALL = (0.75, 0.9)  # from the last step, and its height [m]
STAIR_MATERIALS = ("oak", "granite", "marble", "pine", "brick")
POINTS = 1800  # of all skins at the demo's preset
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "brick paving")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The stairs go down towards +x; the top step's edge lies at x = 0."""
    count, steps = draw_count(rng, NUM_RINGS), draw_count(rng, STEPS)
    rise, tread = draw(rng, RISE, 3), draw(rng, TREAD, 3)
    top, colors = steps * rise, skin_colors(rng, "vinyl", count)
    sizes = [draw(rng, RADIUS, 3) for _ in range(count)]
    edge = edge_for(preset, sum(5.3 * size**2 for size in sizes), POINTS)
    rings: list[Body] = []
    for number, size in enumerate(sizes):
        one = _ring(rng, size, edge)
        turn = turned("x", 90.0 + draw(rng, LEAN, 1))
        speed = draw(rng, SPEED, 1)
        rolling = float(np.linalg.norm(one.full.vertices[:, :2], axis=1).max())
        rings.append(
            inflated_body(
                f"ring_{number + 1}",
                one,
                skin_surface(rng, "vinyl", 1.0, "gores", color=colors[number], repeat=(1.0, 1.0)),
                at=(
                    -draw(rng, BACK),
                    (number - (count - 1) / 2) * LANE,
                    top + one.below(turn),
                ),
                rotation=turn,
                velocity=(speed, 0.0, 0.0),
                spin=(0.0, speed / rolling, 0.0),
                exponent=1.4,
            )
        )
    half = count / 2 * LANE + 0.15
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*rings, *_stairs(rng, (steps, rise, tread), half)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-0.5, -half, top), (0.2, half, top + 0.6)),
                    corners((0.0, -half, 0.0), ((steps - 1) * tread + WALL[0], half, 0.6)),
                ]
            ),
            azimuth=pick(rng, ((35.0, 85.0), (-85.0, -35.0))),
            elevation=(6.0, 22.0),
        ),
        caption=sentence(
            f"{in_words(count, 'ring')} full of air roll down {in_words(steps, 'step')} onto "
            "{floor} and into a wall."
        ),
    )


def _ring(rng: np.random.Generator, size: float, edge: float) -> Inflated:
    inner = round(size * draw(rng, INNER, 3), 4)
    solid = shape(
        "swim_ring",
        radius=size,
        inner_radius=inner,
        edge=min(edge, round((size - inner) / 4.01, 5)),
        thickness=thickness(rng, "vinyl"),
    )
    return blown(solid, "vinyl", draw(rng, GAUGE, -1))


def _stairs(rng: np.random.Generator, flight: tuple[int, float, float], half: float) -> list[Body]:
    """Blocks side by side, each from the floor to its tread; the landing comes last."""
    count, rise, tread = flight
    material = pick(rng, STAIR_MATERIALS)
    look = surface(rng, material, 0.5)
    steps = [
        slab(
            f"step_{k + 1}",
            material,
            look,
            (k * tread, -half, 0.0),
            ((k + 1) * tread, half, (count - 1 - k) * rise),
        )
        for k in range(count - 1)
    ]
    top, end = count * rise, (count - 1) * tread + WALL[0]
    landing = slab("landing", material, look, (-0.75, -half, 0.0), (0.0, half, top))
    wall = slab("wall", material, look, (end, -half, 0.0), (end + 0.1, half, WALL[1]))
    return [*steps, landing, wall]

"""A flat swim ring fills through its valve, rises, and lifts what lies on it."""

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.air import PRESSURE, Valve
from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..inflated import blown, edge_for, filling_area, flat, inflated_body, margin
from ..materials import bold_surface
from ..skins import skin_surface, thickness
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(
    name="elastic", rate=24000
)  # [Hz]; of contacts, which bear balls while there is no pressure
CONVERGENCE = (0.3, 0.03)  # [s], [m]; then it has begun to rise

NUM_BALLS = (3, 5)
RADIUS = (0.38, 0.48)  # of the outer seam [m]
INNER = (0.34, 0.44)  # inner seam over the outer one [1]
SUPPLY = (2500.0, 4500.0)  # of the pump above the air [Pa]
FILLED = (1.2, 1.6)  # about when it is full [s]
BALL = (0.04, 0.06)  # radius of the balls that lie on it [m]
BALL_MATERIALS = ("cork", "pine", "painted wood")
POINTS = 1500  # of the skin at the demo's preset
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The ring lies around the origin, balls on it all around."""
    radius, inner = draw(rng, RADIUS, 3), draw(rng, INNER, 3)
    solid = shape(
        "swim_ring",
        radius=radius,
        inner_radius=round(inner * radius, 4),
        edge=edge_for(preset, 2 * np.pi * radius**2 * (1 - inner**2), POINTS),
        thickness=thickness(rng, "vinyl"),
    )
    supply = draw(rng, SUPPLY, -1)
    full = blown(solid, "vinyl", supply / 2).full
    one, middle = flat(solid, "vinyl"), (1 + inner) / 2 * radius
    valve = Valve(
        point=_top_point(solid, middle),
        area=filling_area(full.volume, supply, draw(rng, FILLED, 2)),
        opens=0.05,
        supply=PRESSURE + supply,
    )
    lying = margin(one) + 0.06 * one.edge
    ring = inflated_body(
        "swim_ring",
        one,
        skin_surface(rng, "vinyl", radius, "gores", "stripes", "dots", repeat=(0.25, 0.4)),
        at=(0.0, 0.0, lying),
        valve=valve,
    )
    material, count = pick(rng, BALL_MATERIALS), draw_count(rng, NUM_BALLS)
    balls, first = [], draw(rng, (0.0, 360.0), 1)
    for number in range(count):
        size = draw(rng, BALL)
        turn = turned("z", first + 360.0 * number / count)
        at = turn.apply((middle, 0.0, 2 * lying + 0.002 + size))
        balls.append(
            body(
                f"ball_{number + 1}",
                shape("sphere", radius=size),
                material,
                bold_surface(rng, material, size),
                at=at,
                rotation=any_rotation(rng),
            )
        )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[ring, *balls],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-radius, -radius, 0.0), (radius, radius, 0.3)), elevation=(14.0, 38.0)
        ),
        caption=sentence(
            f"A flat swim ring is blown up on {{floor}} and lifts {in_words(count, 'ball')} of "
            f"{material} that lie on it."
        ),
    )


def _top_point(solid: Shape, middle: float) -> int:
    """Vertex of the upper panel nearest to the middle of the ring, on +x."""
    vertices = shapes.mesh(solid).vertices
    far = np.linalg.norm(vertices - (middle, 0.0, vertices[:, 2].max()), axis=1)
    return int(far.argmin())

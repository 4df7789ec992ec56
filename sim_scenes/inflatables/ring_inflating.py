"""A flat swim ring fills through its valve, rises, and lifts what lies on it."""

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.air import PRESSURE, Valve
from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..inflated import blown, edge_for, filling_area, flat, inflated_body, margin
from ..materials import surface
from ..skins import skin_surface, thickness
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; at least: skins and their pressure ask for more
CONVERGENCE = (0.3, 0.01)  # [s], [m]; then it has begun to rise

NUM_BLOCKS = (3, 5)
RADIUS = (0.38, 0.48)  # of the outer seam [m]
INNER = (0.34, 0.44)  # inner seam over the outer one [1]
SUPPLY = (2500.0, 4500.0)  # of the pump above the air [Pa]
FILLED = (1.2, 1.6)  # about when it is full [s]
BLOCK = (0.035, 0.06)  # half sides of the blocks that lie on it [m]
BLOCK_MATERIALS = ("cork", "pine", "painted wood")
POINTS = 1700  # of the skin at the demo's preset
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The ring lies around the origin, blocks on it all around."""
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
    material, count = pick(rng, BLOCK_MATERIALS), draw_count(rng, NUM_BLOCKS)
    blocks, first = [], draw(rng, (0.0, 360.0), 1)
    for number in range(count):
        half = (draw(rng, BLOCK), draw(rng, BLOCK), draw(rng, BLOCK))
        turn = turned("z", first + 360.0 * number / count)
        at = turn.apply((middle, 0.0, 2 * lying + 0.002 + half[2]))
        blocks.append(
            body(
                f"block_{number + 1}",
                shape("box", half_extents=half),
                material,
                surface(rng, material, half[0]),
                at=at,
                rotation=turn,
            )
        )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[ring, *blocks],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-radius, -radius, 0.0), (radius, radius, 0.3)), elevation=(14.0, 38.0)
        ),
        caption=sentence(
            f"A flat swim ring is blown up on {{floor}} and lifts {in_words(count, 'block')} of "
            f"{material} that lie on it."
        ),
    )


def _top_point(solid: Shape, middle: float) -> int:
    """Vertex of the upper panel nearest to the middle of the ring, on +x."""
    vertices = shapes.mesh(solid).vertices
    far = np.linalg.norm(vertices - (middle, 0.0, vertices[:, 2].max()), axis=1)
    return int(far.argmin())

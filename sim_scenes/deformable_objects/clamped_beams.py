"""Rubber beams of one size, softer and harder, are let go at a wall: each sags and rings."""

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver, Substance
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, vec
from ..filming import Shot, corners
from ..materials import surface
from ..soft_bodies import cell_for, divided, volume_of
from ..soft_materials import soft_surface
from ..staging import shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=6000)  # [Hz]; of contacts: the beams need more
CONVERGENCE = (0.5, 0.004)  # [s], [m]; then tones differ by what their resolution leaves

COUNT = (2, 3)
LENGTH = (0.4, 0.65)  # that is free [m]
SLENDERNESS = (8.6, 10.5)  # over the height [1]
WIDTH = (1.0, 1.5)  # over the height [1]
APART = 1.9  # from beam to beam, over the width [1]
SAGS = (0.035, 0.11)
"""Of the tip at rest, over the length [1]: twice that where it turns; farther is not in proportion
to the load."""
DENSITY = (1100.0, 1200.0)  # of polyurethane rubber (ASTM D2000 sheets) [kg/m3]
POISSON = 0.45  # [1]
DAMPING = (0.001, 0.003)  # [s]: 1 to 4 % of critical at 2 to 5 Hz
CLAMPED = 2.25  # cells in the wall [1]: two are held, a beam touches the wall nowhere
LEAST_CELLS, MOST_CELLS = 2, 3  # across the height [1]: tones of both lie within 2 % of Euler's
CELLS_NODES = 0.3  # of a scene's, that these beams may have [1]: hard rubber asks for many steps
HEIGHT = (0.75, 1.1)  # of the beams over the floor, over their length [1]
STAND = ("oak", "granite", "painted wood", "brick")
THICKNESS = (0.12, 0.18)  # of what they are clamped in [m]
ABOVE = (1.5, 3.0)  # wall over the beams, over their height [1]
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "marble floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The wall's face is x = 0, and the beams stick out along +x."""
    count, length = draw_count(rng, COUNT), draw(rng, LENGTH, 3)
    high = round(length / draw(rng, SLENDERNESS), 4)
    wide = round(high * draw(rng, WIDTH), 4)
    level = draw(rng, HEIGHT) * length
    bare = shape("box", half_extents=(length / 2, wide / 2, high / 2))
    even = cell_for(count * volume_of(bare), preset, thinnest=high, nodes=CELLS_NODES)
    cells = int(np.clip(round(high / even), LEAST_CELLS, MOST_CELLS))
    cell = high / cells
    whole = length + CLAMPED * cell
    solid = divided(shape("box", half_extents=vec((whole / 2, wide / 2, high / 2))), 1.001 * cell)
    bodies, ties = [], []
    sags = np.geomspace(*SAGS, 2 * count)[np.sort(rng.permutation(2 * count)[:count])]
    wall = _wall(rng, count * APART * wide, level + high / 2 + draw(rng, ABOVE) * high)
    for k, sag in enumerate(rng.permutation(sags)):
        name, y = f"beam_{k + 1}", (k - (count - 1) / 2) * APART * wide
        beam = Body(
            name=name,
            shape=solid,
            substance=_rubber(rng, length, high, float(sag)),
            surface=soft_surface(rng, "silicone rubber", 3 * high),
            position=vec((length / 2 - CLAMPED * cell / 2, y, level)),
            form="soft",
        )
        bodies.append(beam)
        ties += _clamped(name, solid, whole / 2 - CLAMPED * cell)
    lowest = level - high - 2.1 * float(sags.max()) * length
    side = (count - 1) / 2 * APART * wide + wide
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*bodies, wall],
        ties=ties,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-0.06, -side, lowest), (length, side, level + high)),
            azimuth=(-105.0, -25.0),
            elevation=(4.0, 20.0),
        ),
        caption=sentence(
            f"{in_words(count, 'beam')} of the same size but of softer and harder rubber stick "
            f"out of a wall above {{floor}}: let go, each sags and rings at a tone of its own."
        ),
    )


def _rubber(rng: np.random.Generator, length: float, high: float, sag: float) -> Substance:
    """Of the modulus at which a clamped beam sags by this, over its length (Euler, Bernoulli)."""
    density = draw(rng, DENSITY, 0)
    modulus = 1.5 * density * 9.81 * length**3 / (high**2 * sag)
    return Substance(
        density=density,
        friction=0.8,
        restitution=0.1,
        youngs_modulus=float(f"{modulus:.4g}"),
        poissons_ratio=POISSON,
        damping=draw(rng, DAMPING, 5),
    )


def _wall(rng: np.random.Generator, wide: float, high: float) -> Body:
    """What they are clamped in, from the floor up."""
    material = pick(rng, STAND)
    return slab(
        "wall",
        material,
        surface(rng, material, high),
        (-draw(rng, THICKNESS), -wide / 2, 0.0),
        (0.0, wide / 2, high),
    )


def _clamped(name: str, solid: Shape, depth: float) -> list[Tie]:
    """All nodes of a beam that start within the wall."""
    nodes = shapes.tetrahedra(solid).nodes
    inner = np.flatnonzero(nodes[:, 0] < -depth - 1e-9)
    return [Tie(body=name, point=int(node), holder="wall") for node in inner]

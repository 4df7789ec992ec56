"""Forged tools and letters cool on a turning slab in time-lapse: what is thin goes dark first."""

from collections.abc import Callable

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, draw_sign, in_words, pick, sentence, shuffled, turned
from ..filming import Shot, corners
from ..hot_metals import carousel, celsius, hot, metal_surface, thermal
from ..materials import surface
from ..staging import body, height_above_base, reach, shape, stage

SPLIT = "held_out"
SOLVER = Solver(name="heat", rate=480)  # [Hz]
CONVERGENCE = (0.5, 1e-6)  # [s], [m]: all bodies are led

TIME_LAPSE = 60.0
"""Heat runs this many times as fast as in nature [1]: two minutes; the slab turns slower too."""
NUM_TOOLS = (3, 5)
SIZE = (0.10, 0.15)  # of a tool [m]
HEAT = (1250.0, 1550.0)  # [K]
TOOL_METALS = ("steel", "iron", "stainless steel", "titanium", "nickel")
SLAB = (0.06, 0.02)  # height and half thickness of the slab [m]
RATE = (0.4, 0.9)  # of the slab [rad/s]
EDGE = 0.007  # of the triangles on a tool [m]
GAP = 0.015  # between neighbours [m]
FLOORS = ("concrete floor", "tiled floor", "brick paving", "marble floor")

Maker = Callable[[np.random.Generator, float], Shape]
TOOLS: dict[str, Maker] = {
    "anvil": lambda rng, size: _cut("anvil", length=size),
    "bolt": lambda rng, size: _cut("bolt", length=size, radius=_mm(0.14 * size)),
    "gear": lambda rng, size: _cut(
        "gear", radius=_mm(0.5 * size), teeth=pick(rng, (8, 10, 12)), half_height=_mm(0.1 * size)
    ),
    "hammer": lambda rng, size: _cut("hammer", length=_mm(1.3 * size)),
    "horseshoe": lambda rng, size: _cut(
        "horseshoe", radius=_mm(0.5 * size), half_height=_mm(0.07 * size)
    ),
    "key": lambda rng, size: _cut("key", length=_mm(1.2 * size), half_height=_mm(0.06 * size)),
    "letter": lambda rng, size: _cut(
        "letter", code=pick(rng, range(65, 91)), height=size, half_depth=_mm(0.09 * size)
    ),
    "nut": lambda rng, size: _cut("nut", radius=_mm(0.42 * size), half_height=_mm(0.15 * size)),
    "star": lambda rng, size: _cut(
        "star", points=pick(rng, (5, 6, 7)), radius=_mm(0.5 * size), half_height=_mm(0.08 * size)
    ),
    "wrench": lambda rng, size: _cut(
        "wrench", length=_mm(1.3 * size), half_height=_mm(0.06 * size)
    ),
}


def _mm(metres: float) -> float:
    return round(metres, 4)


def _cut(kind: str, **parameters: float) -> Shape:
    return shape(kind, longest_edge=EDGE, **parameters)


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The slab turns about the z axis, the tools lie on it as they were drawn."""
    count, kelvin = draw_count(rng, NUM_TOOLS), draw(rng, HEAT, 0)
    rate, seconds = draw(rng, RATE, 2) * draw_sign(rng), preset.num_frames / preset.fps
    solids = [TOOLS[noun](rng, draw(rng, SIZE)) for noun in shuffled(rng, tuple(TOOLS))[:count]]
    largest = max(reach(solid) for solid in solids)
    seat = (largest + GAP / 2) / np.sin(np.pi / count)
    radius, top = round(float(seat + largest), 4), SLAB[0] + 2 * SLAB[1]
    first, tools = draw(rng, (0.0, 360.0), 1), []
    for index, solid in enumerate(solids):
        angle = np.radians(first + 360.0 * index / count)
        at = (seat * np.cos(angle), seat * np.sin(angle), top + height_above_base(solid))
        metal = pick(rng, TOOL_METALS)
        tools.append(
            hot(
                f"tool_{index + 1}",
                solid,
                metal,
                metal_surface(rng, metal, 0.05),
                thermal(metal, kelvin, lapse=TIME_LAPSE),
                at=at,
                rotation=turned("z", draw(rng, (0.0, 360.0), 1)),
                path=carousel(at, rate, seconds),
            )
        )
    tallest = max(height_above_base(solid) for solid in solids)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*_stand(rng, radius, rate, seconds), *tools],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-radius, -radius, 0.0), (radius, radius, top + 2 * tallest)),
            elevation=(22.0, 45.0),
        ),
        caption=sentence(
            f"time-lapse, heat {TIME_LAPSE:.0f} times as fast: {in_words(count, 'forged tool')} "
            f"at {celsius(kelvin)} cool in the air on a turning slab on {{floor}}; thin parts and "
            "edges go dark first."
        ),
    )


def _stand(rng: np.random.Generator, radius: float, rate: float, seconds: float) -> list[Body]:
    """The slab and its foot."""
    slab = hot(
        "slab",
        shape("prism", sides=48, radius=radius, half_height=SLAB[1]),
        "iron",
        surface(rng, "granite", 0.1),
        None,
        at=(0.0, 0.0, SLAB[0] + SLAB[1]),
        path=carousel((0.0, 0.0), rate, seconds),
    )
    foot = body(
        "foot",
        shape("prism", sides=48, radius=_mm(0.6 * radius), half_height=SLAB[0] / 2),
        "brick",
        surface(rng, "brick", 0.1),
        at=(0.0, 0.0, SLAB[0] / 2),
        is_static=True,
    )
    return [slab, foot]

"""Steam rises from a pot of boiling water on a hob, straight or bent by a draught."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.continuum import Thermal
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, in_words, pick, sentence
from ..filming import Shot, corners
from ..floors import ROOM
from ..gases import SMOKES, air_box, gas_body, in_air
from ..materials import surface
from ..staging import body, height_above_base, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="gas", rate=60)  # [Hz]
CONVERGENCE = (0.5, 0.01)  # [s], [m]; measured 0.001

RADIUS = (0.09, 0.13)  # of the pot's rim [m]
HEIGHT = (0.9, 1.3)  # of the pot, over its radius [1]
WALL = 0.07  # thickness over radius [1]
FILL = (0.55, 0.75)  # height of the water over that of the pot [1]
SPEED = (0.04, 0.06)  # with which steam leaves the water [m/s]: 1 to 4 kW of boiling
BOILING = 373.15  # [K]
HOB = (620.0, 820.0)  # temperature of the plate under the pot [K]
FILM = 12.0  # heat passed on by the plate's rim to the air [W/m2/K]
COUNTER = 0.3  # height of the block that the hob is on [m]
DRAUGHT = (0.12, 0.3)  # of the air, in half of the clips [m/s]
UNREST = (0.04, 0.08)  # of the air in the room [m/s]
REACH = 0.42  # of the steam above the rim, in the picture [m]
POTS = ("steel", "brass", "ceramic")
GAP = 1e-5  # between bodies that touch [m]
FLOORS = ("wooden floor", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The pot's axis is the z axis; a draught blows along +x."""
    radius = draw(rng, RADIUS)
    height = round(radius * draw(rng, HEIGHT), 4)
    made, hot = pick(rng, POTS), draw(rng, HOB, 0)
    plate = _hob(rng, radius, hot)
    base = COUNTER + 0.024 + 3 * GAP
    pot = body(
        "pot",
        solid := shape("cup", radius=radius, height=height, wall_share=WALL),
        made,
        surface(rng, made, radius),
        at=(0.0, 0.0, base + height_above_base(solid)),
        is_static=True,
    )
    depth = round(draw(rng, FILL) * height - WALL * radius, 4)
    steam = gas_body(
        "steam",
        shape("prism", sides=24, radius=(0.8 - 1.15 * WALL) * radius, half_height=depth / 2),
        SMOKES["white"],
        in_air(BOILING),
        at=(0.0, 0.0, base + WALL * radius + 2 * GAP + depth / 2),
        velocity=(0.0, 0.0, draw(rng, SPEED, 3)),
    )
    draught = draw(rng, DRAUGHT, 2) if chance(rng, 0.5) else 0.0
    top = base + height + REACH
    way = 0.12 if draught else 0.0
    grid = air_box(
        (-0.24, -0.22, base + 0.3 * height),
        (0.24 + 2 * way, 0.22, top),
        preset.particles,
        open_sides=("-x", "+x", "-y", "+y", "-z", "+z"),
        wind=(draught, 0.0, 0.0),
        unrest=draw(rng, UNREST, 3),
    )
    force = f"{100 * draught:.0f} centimetres a second"
    blown = f" and a draught of {force} bends it" if draught else ""
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[steam, pot, *plate],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-0.16, -0.14, COUNTER), (0.16 + 1.5 * way, 0.14, top - 0.08)),
            azimuth=pick(rng, ((-125.0, -55.0), (55.0, 125.0))),
            elevation=(6.0, 24.0),
        ),
        caption=sentence(
            f"steam rises from boiling water in {in_words(1, f'{made} pot')} on a hob of "
            f"{hot - 273.15:.0f} degrees{blown}."
        ),
        places=(ROOM,),
        grid=grid,
    )


def _hob(rng: np.random.Generator, radius: float, hot: float) -> list[Body]:
    """A glowing plate in a steel block."""
    plate = body(
        "hob",
        shape("cylinder", radius=1.05 * radius, half_height=0.012),
        "steel",
        Surface(base_color=(0.05, 0.05, 0.05), roughness=0.6),
        at=(0.0, 0.0, COUNTER + 0.012 + GAP),
        is_static=True,
    )
    heat = Thermal(temperature=hot, conductivity=40.0, heat_capacity=460.0, is_held=True, film=FILM)
    counter = pick(rng, ("painted wood", "granite", "marble", "steel"))
    reach = 2.2 * radius
    block = slab(
        "counter",
        counter,
        surface(rng, counter, reach),
        (-reach, -reach, 0.0),
        (reach, reach, COUNTER),
    )
    return [replace(plate, thermal=heat), block]

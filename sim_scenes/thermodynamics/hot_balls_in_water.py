"""Hot metal balls drop into a tank of cool water: they cool in it, and what they warm rises.

Conduction runs TIME_LAPSE times as fast as in reality, in the water and into it; motion and
buoyancy do not. Below the boiling point there is neither steam nor a film of it.
"""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.continuum import Thermal
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    any_direction,
    any_rotation,
    draw,
    draw_count,
    in_words,
    listed,
    pick,
    sentence,
    shuffled,
)
from ..filming import Shot, corners
from ..gases import WATER_EXPANSION
from ..hot_metals import hot, metal_surface
from ..liquids import cell_for, grid_over, liquid_body
from ..materials import BOLD
from ..meltables import in_celsius
from ..staging import shape, stage
from ..tanks import PANE, tank

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=240)  # [Hz]
CONVERGENCE = (0.1, 0.02)  # [s], [m]; then the first ball strikes the water
LEAST = 5000  # particles: fewer keep volume and energy to 3 % only

TIME_LAPSE = 120.0  # of conduction [1]
LENGTH = (0.26, 0.32)  # of the tank [m]
WIDTH = (0.17, 0.21)  # of the tank [m]
DEPTH = (0.12, 0.15)  # of the water [m]
FREEBOARD = (0.09, 0.12)  # of the tank above the water [m]
SLOTS = (3, 2)  # places along the tank and across it, one ball each
NUM_BALLS = (3, 5)
RADIUS = (0.024, 0.032)  # [m]
FALL = (0.01, 0.12)  # from a ball's lowest point to the water [m]
ASIDE = 0.003  # [m], of a ball from the middle of its place, at most
SPIN = (0.0, 4.0)  # [rad/s]
HOT = (346.0, 368.0)  # of the balls [K]
COOL = 293.15  # of water and air, at which the water's density holds [K]
# Conductivity [W/m/K], heat capacity [J/kg/K] at 350 K: Incropera, table A.1.
METALS = {
    "copper": (398.0, 390.0),
    "brass": (117.0, 385.0),
    "aluminium": (239.0, 925.0),
    "steel": (59.0, 460.0),
}
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")
VIEWS = ((60.0, 120.0), (-120.0, -60.0))  # azimuths [deg]: of the long sides


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The tank's lowest corner is (0, 0, PANE), its length along x."""
    size, depth = (draw(rng, LENGTH), draw(rng, WIDTH)), draw(rng, DEPTH)
    full = shape("box", half_extents=(size[0] / 2, size[1] / 2, depth / 2))
    cell = cell_for(max(preset.particles, LEAST), full)
    depth = max(round(2 * depth / cell), 4) * cell / 2  # what a lattice fills evenly
    level = PANE + depth
    grid = grid_over(
        (0.0, 0.0, PANE), (*size, level + draw(rng, FREEBOARD)), cell, open_sides=("+z",)
    )
    length, width, top = grid.high
    water = liquid_body(
        "water",
        shape("box", half_extents=(length / 2, width / 2, depth / 2)),
        "water",
        at=(length / 2, width / 2, PANE + depth / 2),
    )
    conducts = round(0.6 * TIME_LAPSE, 6)
    cool = Thermal(
        temperature=COOL, conductivity=conducts, heat_capacity=4180.0, expansion=WATER_EXPANSION
    )
    kelvin = draw(rng, HOT, 0)
    balls, kinds = _balls(rng, kelvin, (length, width, level))
    highest = max(one.position[2] for one in balls) + RADIUS[1]
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*balls, replace(water, thermal=cool), *tank(grid, top - PANE)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((0.0, 0.0, 0.0), (length, width, max(top, highest))),
            azimuth=pick(rng, VIEWS),
            elevation=(5.0, 24.0),
        ),
        caption=sentence(
            f"{in_words(len(balls), 'ball')} of {kinds}, at {in_celsius(kelvin)}, drop into water "
            f"of {in_celsius(COOL)} in a glass tank on {{floor}} and cool; heat is conducted "
            f"{TIME_LAPSE:.0f} times as fast as in reality."
        ),
        grid=grid,
    )


def _balls(
    rng: np.random.Generator, kelvin: float, inside: tuple[float, float, float]
) -> tuple[list[Body], str]:
    """Hot balls over their places in a tank of this length, width and level, and their metals."""
    length, width, level = inside
    places = [(i, j) for i in range(SLOTS[0]) for j in range(SLOTS[1])]
    balls, names = [], []
    for number, (i, j) in enumerate(shuffled(rng, places)[: draw_count(rng, NUM_BALLS)], 1):
        radius, metal = draw(rng, RADIUS), pick(rng, tuple(METALS))
        conducts, capacity = METALS[metal]
        x, y = (i + 0.5) * length / SLOTS[0], (j + 0.5) * width / SLOTS[1]
        aside = draw(rng, (-ASIDE, ASIDE)), draw(rng, (-ASIDE, ASIDE))
        ball = hot(
            f"ball_{number}",
            shape("sphere", radius=radius),
            metal,
            metal_surface(rng, metal, radius, pick(rng, BOLD)),
            Thermal(temperature=kelvin, conductivity=conducts, heat_capacity=capacity),
            at=(x + aside[0], y + aside[1], level + radius + draw(rng, FALL)),
            rotation=any_rotation(rng),
            spin=draw(rng, SPIN) * any_direction(rng),
        )
        balls.append(ball)
        names.append(metal)
    return balls, listed(list(dict.fromkeys(names)))

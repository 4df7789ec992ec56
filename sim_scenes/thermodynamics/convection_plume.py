"""Hot dyed water rises from open jars on the floor of a tank of cool water."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, in_words, pick, sentence, shuffled
from ..filming import Shot, corners
from ..floors import ROOM, STUDIO
from ..gases import SMOKES, WATER, air_box, gas_body, in_water
from ..materials import substance, surface
from ..staging import body, height_above_base, shape, stage
from ..tanks import CLEAR, PANE, tank

SPLIT = "train"
SOLVER = Solver(name="gas", rate=60)  # [Hz]; its liquid differs by density, expansion, viscosity
CONVERGENCE = (0.5, 0.002)  # [s], [m]; measured 0.0001

LENGTH = (0.24, 0.32)  # of the tank inside [m]
DEPTH = (0.08, 0.11)
HEIGHT = (0.17, 0.22)
STAND = 0.012  # of the tank's floor above the ground [m]
COOL = (285.0, 293.0)  # water in the tank [K]
HOT = (338.0, 352.0)  # dyed water [K]
JARS = (1, 3)
JAR = (0.024, 0.03)  # radius of a jar's rim [m]
JAR_HEIGHT = (0.9, 1.3)  # over its radius [1]
UNREST = (0.004, 0.008)  # of the water, from filling the tank [m/s]
WATERY = replace(CLEAR, base_color=(0.81, 0.925, 0.95))
"""Of the panes: their tint stands for that of the water behind them."""
COLORS: tuple[str, ...] = ("red", "orange", "blue", "green", "purple", "yellow")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The tank stands around the z axis, its long side along x."""
    size = np.array([draw(rng, LENGTH), draw(rng, DEPTH), draw(rng, HEIGHT)])
    cool, unrest = draw(rng, COOL, 1), draw(rng, UNREST, 4)
    low = np.array([-size[0] / 2, -size[1] / 2, STAND])
    grid = air_box(low, low + size, preset.particles, open_sides=(), unrest=unrest)
    low, high = np.array(grid.low), np.array(grid.high)
    colors: list[str] = shuffled(rng, COLORS)
    bodies, said = _jars(rng, low, high, colors)
    panes = tank(grid, float(high[2] - low[2]), look=WATERY)
    foot = surface(rng, "painted wood", 0.3)
    panes[0] = replace(panes[0], surface=foot, substance=substance("painted wood"))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*bodies, *panes],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(low - PANE, high + PANE),
            azimuth=pick(rng, ((-115.0, -65.0), (65.0, 115.0))),
            elevation=(4.0, 16.0),
        ),
        caption=sentence(f"{said} in a tank of water of {cool - 273.15:.0f} degrees."),
        places=(ROOM, STUDIO),
        grid=grid,
        air_temperature=cool,
    )


def _jars(
    rng: np.random.Generator, low: np.ndarray, high: np.ndarray, colors: list[str]
) -> tuple[list[Body], str]:
    """Open jars full of hot dyed water."""
    count = int(rng.integers(JARS[0], JARS[1] + 1))
    bodies, look = [], surface(rng, "ceramic", 0.05)
    pitch = (high[0] - low[0]) / count
    temperatures = []
    for k in range(count):
        radius = draw(rng, JAR)
        height = round(radius * draw(rng, JAR_HEIGHT), 4)
        solid = shape("cup", radius=radius, height=height, wall_share=0.1)
        foot = low[2] + 1e-5
        x = round(low[0] + (k + 0.5) * pitch + draw(rng, (-0.1, 0.1)) * pitch, 4)
        centre = height_above_base(solid)
        temperatures.append(draw(rng, HOT, 0))
        dyed = _dyed_water(solid, radius, height)
        bodies.append(
            gas_body(
                f"dye_{k + 1}",
                dyed,
                SMOKES[colors[k]],
                in_water(temperatures[-1]),
                at=(x, 0.0, foot + 0.1 * radius + 2e-5 + (height - 0.1 * radius) / 2),
                substance=WATER,
            )
        )
        bodies.append(
            body(f"jar_{k + 1}", solid, "ceramic", look, at=(x, 0.0, foot + centre), is_static=True)
        )
    warmest = max(temperatures) - 273.15
    return bodies, f"dyed water of up to {warmest:.0f} degrees rises from {in_words(count, 'jar')}"


def _dyed_water(jar: Shape, radius: float, height: float) -> Shape:
    """What fits into the narrow foot of a jar, as high as the jar."""
    inside = 0.98 * (0.8 - 0.1) * radius
    return shape("prism", sides=24, radius=inside, half_height=(height - 0.1 * radius) / 2 - 2e-5)

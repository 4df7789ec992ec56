"""Smoke leaves the chimney of a house and bends over in the wind."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..floors import OUTDOORS
from ..gases import SMOKES, air_box, gas_body, in_air
from ..materials import surface
from ..staging import body, drawn_at, shape, slab, stage

SPLIT = "held_out"
SOLVER = Solver(name="gas", rate=60)  # [Hz]
CONVERGENCE = (0.25, 0.4)  # [s], [m]; one tracer at the wall of 0.23, 99 % within 0.012

HOUSE = ((2.2, 3.0), (1.6, 2.2), (2.2, 2.8))  # length, width, height of its walls [m]
PITCH = (0.5, 0.9)  # height of the roof over half its width [1]
EAVES = 0.15  # of the roof beyond the walls [m]
BORE = (0.16, 0.24)  # inner radius of the chimney [m]
WALL = 0.35  # of the chimney, over its bore [1]
ABOVE = (0.35, 0.7)  # of the chimney over the ridge [m]
SPEED = (0.9, 1.3)  # of the smoke in the chimney [m/s]
STOCK = 2.2  # of smoke in the chimney [s]
TEMPERATURE = (360.0, 450.0)  # of the smoke [K]
WIND = (0.6, 2.0)  # [m/s]
UNREST = (0.15, 0.3)  # over the wind [1]
ALONG, UP = 4.2, 2.4  # of the box of air beyond the chimney and above it [m]
COLORS = ("white", "grey")
WALLS = ("brick", "painted wood", "pine", "granite")
ROOFS = ("brick", "granite", "oak")
GAP = 1e-5  # between bodies that touch [m]
FLOORS = ("wooden floor", "concrete floor", "tiled floor")  # outdoors: deck, yard, terrace


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The house stands at the origin, its ridge along y; the wind blows along +x."""
    length, width, height = (draw(rng, bounds, 2) for bounds in HOUSE)
    ridge = height + round(draw(rng, PITCH, 2) * (width / 2 + EAVES), 3)
    bore, speed = draw(rng, BORE), draw(rng, SPEED, 2)
    column, mouth = round(STOCK * speed, 3), ridge + draw(rng, ABOVE, 2)
    outer = round((1 + WALL) * bore, 4)
    at = np.array([-width / 2 - EAVES - outer - 0.02, draw(rng, (-0.3, 0.3), 2), 0.0])
    color, temperature = pick(rng, COLORS), draw(rng, TEMPERATURE, 0)
    smoke = gas_body(
        "smoke",
        shape("prism", sides=24, radius=0.98 * bore, half_height=column / 2),
        SMOKES[color],
        in_air(temperature),
        at=(at[0], at[1], mouth - column / 2 - GAP),
        velocity=(0.0, 0.0, speed),
    )
    chimney = body(
        "chimney",
        shape("pipe", radius=outer, inner_radius=bore, half_height=mouth / 2),
        "brick",
        surface(rng, "brick", 0.6),
        at=(at[0], at[1], mouth / 2),
        is_static=True,
    )
    wind = draw(rng, WIND, 1)
    low, high = (-1.4, -1.3, mouth - 0.8), (ALONG, 1.3, mouth + UP)
    grid = air_box(
        np.add(low, at),
        np.add(high, at),
        preset.particles,
        open_sides=("-x", "+x", "-y", "+y", "-z", "+z"),
        wind=(wind, 0.0, 0.0),
        unrest=round(wind * draw(rng, UNREST), 3),
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[smoke, chimney, *_house(rng, length, width, height, ridge)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(
                (at[0] - 0.6, -0.9, mouth - 1.2), (at[0] + 0.8 * ALONG, 0.9, mouth + 0.7 * UP)
            ),
            azimuth=pick(rng, ((-115.0, -65.0), (65.0, 115.0))),
            elevation=(3.0, 14.0),
        ),
        caption=sentence(
            f"{color} smoke of {temperature - 273.15:.0f} degrees leaves {in_words(1, 'chimney')} "
            f"beside a house and bends over in a wind of {wind:.1f} metres per second."
        ),
        places=(OUTDOORS,),
        grid=grid,
    )


def _house(
    rng: np.random.Generator, length: float, width: float, height: float, ridge: float
) -> list[Body]:
    """Walls and a roof of two slopes."""
    made, tiles = pick(rng, WALLS), pick(rng, ROOFS)
    walls = slab(
        "house",
        made,
        surface(rng, made, 0.8),
        (-width / 2, -length / 2, 0.0),
        (width / 2, length / 2, height),
    )
    half = (width / 2 + EAVES) / 2
    slope = shape("wedge", half_extents=(half - GAP, length / 2 + EAVES, (ridge - height) / 2))
    look, roof = surface(rng, tiles, 0.8), []
    for name, side, turn in (("roof_1", -1.0, 0.0), ("roof_2", 1.0, 180.0)):
        middle = (side * half, 0.0, (height + ridge) / 2 + GAP)
        place, rotation = drawn_at(slope, middle, turned("z", turn))
        roof.append(body(name, slope, tiles, look, at=place, rotation=rotation, is_static=True))
    return [walls, *roof]

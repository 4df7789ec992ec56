"""Candles burn in a row; one has been blown out, and its smoke is drawn to the flames' heat."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.continuum import Thermal
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, in_words, pick, sentence
from ..filming import Shot, corners
from ..gases import SMOKES, air_box, gas_body, in_air
from ..materials import surface
from ..staging import body, drawn_at, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="gas", rate=60)  # [Hz]
CONVERGENCE = (0.5, 0.02)  # [s], [m]; measured 0.008

LIT = (1, 3)
SPACING = (0.065, 0.085)  # between axes [m]
RADIUS = (0.018, 0.026)  # of a candle [m]
HEIGHT = (0.2, 0.26)  # of the candles [m]
STEP = 0.03  # by which they may differ [m]
POWER = (35.0, 75.0)  # of a flame [W]: candles burn 3 to 6 g of wax an hour
FLAME = (0.028, 0.042)  # length of a flame [m]
FLAME_WIDTH = 0.16  # radius over length [1]
FLAME_TEMPERATURE = 1450.0  # of glowing soot [K]
GLOW = (7.0, 3.6, 0.9)  # radiance over a white sky's [1]
WICK = (0.0012, 0.008)  # radius, length [m]
BORE = 0.008  # of the pool of wax that smokes [m]
SMOKING = (390.0, 450.0)  # temperature of its smoke [K]
SPEED = (0.1, 0.12)  # with which it leaves the wick [m/s]
STOCK = 2.1  # of smoke [s]
UNREST = (0.03, 0.06)  # of the air in the room [m/s]
REACH = 0.26  # of the smoke, in the picture [m]
WAXES = ((0.86, 0.80, 0.66), (0.80, 0.78, 0.76), (0.62, 0.08, 0.06), (0.10, 0.22, 0.42))
TRAY = (0.05, 0.012)  # by which a board reaches beyond the candles, and its thickness [m]
GAP = 1e-5  # between bodies that touch [m]
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The row lies along x; the candle that smokes stands at the origin."""
    lit = int(rng.integers(LIT[0], LIT[1] + 1))
    pitch, radius = draw(rng, SPACING), draw(rng, RADIUS)
    height = draw(rng, HEIGHT)
    place = int(rng.integers(lit + 1))
    wax, foot = pick(rng, WAXES), TRAY[1] + GAP
    look = Surface(base_color=wax, roughness=0.45)
    speed, hot = draw(rng, SPEED, 3), draw(rng, SMOKING, 0)
    column = min(round(STOCK * speed, 3), height - 2e-4)
    mouth = foot + height
    out = body(
        "candle_1",
        shape("pipe", radius=radius, inner_radius=BORE, half_height=height / 2),
        "plastic",
        look,
        at=(0.0, 0.0, foot + height / 2),
        is_static=True,
    )
    smoke = gas_body(
        "smoke",
        shape("prism", sides=24, radius=0.97 * BORE, half_height=column / 2),
        SMOKES["white"],
        in_air(hot),
        at=(0.0, 0.0, mouth - column / 2 - GAP),
        velocity=(0.0, 0.0, speed),
    )
    burning = []
    for k in (k for k in range(lit + 1) if k != place):
        burning += _burning(rng, len(burning) // 3, (k - place) * pitch, radius, height, look)
    first, last = -place * pitch, (lit - place) * pitch
    beyond, board = radius + TRAY[0], pick(rng, ("oak", "pine", "marble", "painted wood"))
    tray = slab(
        "board",
        board,
        surface(rng, board, 0.2),
        (first - beyond, -beyond, 0.0),
        (last + beyond, beyond, TRAY[1]),
    )
    middle = (first + last) / 2
    half = max((last - first) / 2 + 0.06, 0.12)
    grid = air_box(
        (middle - half, -0.1, mouth - 0.05),
        (middle + half, 0.1, mouth + REACH),
        preset.particles,
        open_sides=("-x", "+x", "-y", "+y", "-z", "+z"),
        unrest=draw(rng, UNREST, 3),
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[smoke, out, *burning, tray],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(
                (min(first, -0.05) - radius, -0.03, mouth - 0.05),
                (max(last, 0.05) + radius, 0.03, mouth + REACH - 0.08),
            ),
            azimuth=pick(rng, ((-115.0, -65.0), (65.0, 115.0))),
            elevation=(3.0, 14.0),
        ),
        caption=sentence(
            f"{in_words(lit + 1, 'candle')} stand in a row, {in_words(lit, 'flame')} burning; "
            f"smoke of {hot - 273.15:.0f} degrees rises where one was blown out."
        ),
        grid=grid,
    )


def _burning(
    rng: np.random.Generator, number: int, x: float, radius: float, height: float, look: Surface
) -> list[Body]:
    """A candle, its wick and its flame."""
    foot, tall = TRAY[1] + GAP, height + draw(rng, (-STEP, STEP))
    length = draw(rng, FLAME)
    candle = body(
        f"candle_{number + 2}",
        shape("cylinder", radius=radius, half_height=tall / 2),
        "plastic",
        look,
        at=(x, 0.0, foot + tall / 2),
        is_static=True,
    )
    wick = body(
        f"wick_{number + 1}",
        shape("cylinder", radius=WICK[0], half_height=WICK[1] / 2),
        "cork",
        Surface(base_color=(0.03, 0.03, 0.03), roughness=1.0),
        at=(x, 0.0, foot + tall + GAP + WICK[1] / 2),
        is_static=True,
    )
    solid = shape("egg", length=length, radius=FLAME_WIDTH * length, taper=0.25)
    bottom = foot + tall + 2 * GAP + WICK[1]
    place, turn = drawn_at(solid, (x, 0.0, bottom + length / 2))
    flame = body(
        f"flame_{number + 1}",
        solid,
        "cork",
        Surface(base_color=(0.9, 0.7, 0.4), roughness=1.0, emission=GLOW),
        at=place,
        rotation=turn,
        is_static=True,
    )
    heat = Thermal(
        temperature=FLAME_TEMPERATURE,
        conductivity=0.08,
        heat_capacity=1250.0,
        power=draw(rng, POWER, 1),
    )
    gas = replace(flame.substance, density=0.25)  # of air at 1400 K
    return [candle, wick, replace(flame, substance=gas, thermal=heat)]

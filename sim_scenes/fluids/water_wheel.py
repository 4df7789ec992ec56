"""A stream of water falls onto the blades of a wheel on an axle and turns it."""

import numpy as np

from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over, liquid_body
from ..materials import surface
from ..staging import body, shape, stage
from ..tanks import CLEAR, PANE, tank

SPLIT = "train"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.06, 0.02)  # [s], [m]; then the stream strikes a blade

RADIUS = (0.085, 0.11)  # of the wheel [m]
HALF_WIDTH = (0.034, 0.045)  # of its blades [m]
HUB = (0.22, 0.32)  # over the radius [1]
BLADES = (6, 10)
THICKNESS = (0.006, 0.008)  # of a blade [m]
MATERIALS = ("oak", "pine", "painted wood", "plastic", "plastic")
FRICTION = (0.0005, 0.003)  # of the axle, dry [N m]
DAMPING = (0.003, 0.007)  # of the axle [N m s/rad]: it then turns once or twice a second
STREAM = (0.013, 0.018)  # radius [m]
SPEED = (1.0, 1.6)  # of the water where it enters [m/s]
OUTWARD = (0.5, 0.8)  # of the radius, from the axle to the stream's middle [1]
BESIDE = (0.06, 0.12)  # from the wheel to the tank's ends [m]
ASIDE = 0.012  # from the blades to the tank's long panes [m]
UNDER = (0.05, 0.08)  # from the tank's bottom to the wheel [m]
OVER = (0.04, 0.07)  # from the wheel to the pipe's end [m]
PLAY = 0.002  # between axle and panes [m]
SPOUT = 0.004  # thickness of the pipe [m]
LIQUIDS = ("water", "blue water", "blue water", "tea", "red juice", "milk")
PIPES = ("brass", "steel", "plastic", "ceramic")
VIEWS = ((55.0, 125.0), (-125.0, -55.0))  # azimuths [deg]: of the long sides
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "brick paving")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The axle runs along y above x = 0; the stream falls beside it."""
    radius, half = draw(rng, RADIUS), draw(rng, HALF_WIDTH)
    middle = PANE + draw(rng, UNDER) + radius
    liquid, stream, speed = pick(rng, LIQUIDS), draw(rng, STREAM), draw(rng, SPEED)
    length = round(speed * preset.num_frames / preset.fps, 4)
    column = shape("cylinder", radius=stream, half_height=length / 2)
    cell = cell_for(preset.particles, column)
    across, reach = half + ASIDE, radius + draw(rng, BESIDE)
    grid = grid_over(
        (-reach, 0.0, PANE), (reach, 2 * across, middle + radius + draw(rng, OVER)), cell
    )
    side = round(grid.high[1] / 2, 6)
    x, top = draw_sign(rng) * round(radius * draw(rng, OUTWARD), 4), grid.high[2]
    wheel, count, material = _wheel(rng, radius, half, middle, side)
    falling = liquid_body(
        "stream", column, liquid, at=(x, side, top + length / 2), velocity=(0.0, 0.0, -speed)
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            wheel,
            falling,
            _pipe(rng, (x, side, top), stream, length),
            *tank(grid, top - PANE),
        ],
        joints=[
            Joint(
                name="axle",
                kind="hinge",
                child="wheel",
                anchor=(0.0, side, round(middle, 6)),
                axis=(0.0, 1.0, 0.0),
                friction=draw(rng, FRICTION, 5),
                damping=draw(rng, DAMPING, 5),
            )
        ],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-reach, 0.0, 0.0), (reach, 2 * side, top + 0.02)),
            azimuth=pick(rng, VIEWS),
            elevation=(4.0, 20.0),
        ),
        caption=sentence(
            f"{liquid} falls from a pipe at {speed:.1f} m/s onto a {material} wheel with "
            f"{in_words(count, 'blade')} in a glass tank on {{floor}} and turns it."
        ),
        grid=grid,
    )


def _wheel(
    rng: np.random.Generator, radius: float, half: float, middle: float, side: float
) -> tuple[Body, int, str]:
    """The wheel, how many blades it has, and what it is made of."""
    blades, material = draw_count(rng, BLADES), pick(rng, MATERIALS)
    solid = shape(
        "paddle_wheel",
        radius=radius,
        half_width=half,
        hub=round(radius * draw(rng, HUB), 4),
        blades=blades,
        thickness=draw(rng, THICKNESS),
        axle=round(side - PLAY, 6),
    )
    wheel = body(
        "wheel",
        solid,
        material,
        surface(rng, material, radius),
        at=(0.0, side, middle),
        rotation=turned("x", 90.0) * turned("z", draw(rng, (0.0, 360.0), 2)),
    )
    return wheel, blades, material


def _pipe(
    rng: np.random.Generator, end: tuple[float, float, float], stream: float, length: float
) -> Body:
    """What the stream comes out of: it reaches up beyond all that still has to come."""
    material = pick(rng, PIPES)
    solid = shape(
        "pipe",
        radius=round(stream + 2 * SPOUT, 6),
        inner_radius=round(stream + SPOUT, 6),
        half_height=round(0.55 * length, 4),
    )
    look = surface(rng, material, stream)
    if look.transmission > 0.0:
        look = CLEAR
    return body(
        "pipe",
        solid,
        material,
        look,
        at=(end[0], end[1], end[2] + round(0.55 * length, 4)),
        is_static=True,
    )

"""A silk cover is pulled off a row of balls on a plinth by a hand at its hem."""

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import LIFT, bent, grid, over, rail, sheet, tied
from ..draws import draw, draw_count, in_words, pick, sentence
from ..fabric_materials import SHEER
from ..fabrics import cloth, fabric_surface, fabric_thickness, rest_points, sagitta
from ..filming import Shot, corners
from ..materials import bold_surface, substance, surface
from ..rigging import motion_seconds
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.05, 0.01)  # [s], [m]; then wrinkles choose their places

NUM_THINGS = (2, 3)  # balls in the row
RADIUS = (0.15, 0.19)  # of each [m]
OVER_SIDES = (0.03, 0.07)  # the cloth is wider than the row by this, at both ends [m]
OFF_FLOOR = (0.05, 0.12)  # of the hems [m]
RISE = (0.25, 0.45)  # of the hand [m]
AWAY = (1.0, 1.4)  # it goes sideways [m]
BEGINS = (0.15, 0.3)  # of the clip [1]
ENDS = (0.85, 1.0)
CLEAR = 2.5  # of the cover over the balls, over the dip of its triangles [1]
BAR = 0.012  # radius of the bar in the hem [m]
MATERIALS = ("marble", "brass", "rubber", "oak", "ceramic", "plastic")
PRINTS = ("plain", "wide stripes", "large dots")
FLOORS = ("wooden floor", "tiled floor", "marble floor", "concrete floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The row is along y; the hand pulls towards +x."""
    fabric, count = pick(rng, SHEER), draw_count(rng, NUM_THINGS)
    radius, thick = draw(rng, RADIUS, 3), fabric_thickness(fabric, preset)
    things = _things(rng, radius, count)
    half = count * radius + draw(rng, OVER_SIDES)
    bend = radius + thick / 2 + LIFT + CLEAR * sagitta(preset, radius)
    off = draw(rng, OFF_FLOOR)
    length = np.pi * bend + 2 * (radius - off)
    solid, columns, rows = sheet((length, 2 * half), preset, thick)
    points = bent(rest_points(solid), over(bend, radius), np.pi / 2 * bend)
    cover = cloth("cover", solid, fabric, fabric_surface(rng, fabric, PRINTS), points=points)
    hem = grid(columns, rows)[:, -1]
    path, reach = _pull(rng, preset)
    middle = points[hem].mean(0)
    bar = rail(
        "hem_bar",
        (np.add(middle, (0.0, -half, 0.0)), np.add(middle, (0.0, half, 0.0))),
        BAR,
        "oak",
        surface(rng, "oak", BAR),
    )
    hand = Body(
        name="hem_bar",
        shape=bar.shape,
        substance=substance("oak"),
        surface=bar.surface,
        position=bar.position,
        quaternion=bar.quaternion,
        path=path,
    )
    things_in_words = in_words(count, "ball")
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[cover, hand, *things],
        ties=tied("cover", hem, "hem_bar"),
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(
                (-radius - 0.1, -half, 0.0),
                (bend + reach[0], half, max(2 * radius, off + reach[1])),
            ),
            azimuth=pick(rng, ((-75.0, -35.0), (35.0, 75.0))),
            elevation=(10.0, 25.0),
        ),
        caption=sentence(
            f"a {fabric} cover is pulled off {things_in_words} on {{floor}} by the bar in its hem."
        ),
    )


def _things(rng: np.random.Generator, radius: float, count: int) -> list[Body]:
    """Balls side by side along y that stay where they are."""
    items = []
    for k in range(count):
        material = pick(rng, MATERIALS)
        items.append(
            body(
                f"ball_{k + 1}",
                shape("sphere", radius=radius),
                material,
                bold_surface(rng, material, radius),
                at=(0.0, (2 * k - count + 1) * radius, radius),
                is_static=True,
            )
        )
    return items


def _pull(rng: np.random.Generator, preset: Preset) -> tuple[Path, tuple[float, float]]:
    """Up and away, and how far [m]."""
    seconds = motion_seconds(preset)
    begins, ends = draw(rng, BEGINS) * seconds, draw(rng, ENDS) * seconds
    away, rise = draw(rng, AWAY), draw(rng, RISE)
    times = (begins, begins + 0.35 * (ends - begins), ends)
    shifts = ((0.0, 0.0, 0.0), (0.25 * away, 0.0, 0.7 * rise), (away, 0.0, rise))
    return Path(times=times, shifts=shifts), (away, rise)

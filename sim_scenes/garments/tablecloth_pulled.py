"""A tablecloth is pulled off a table from under the things that stand on it."""

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import LIFT, bent, grid, rail, round_corner, round_edged_table, sheet, tied
from ..draws import draw, draw_count, in_words, pick, sentence, turned
from ..fabrics import cloth, fabric_surface, fabric_thickness, rest_points, sagitta
from ..filming import Shot, corners
from ..materials import bold_surface, substance, surface
from ..rigging import motion_seconds
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(
    name="elastic", rate=24000
)  # [Hz]; of contacts, which a cloth that whips presses hard
CONVERGENCE = (0.1, 0.01)  # [s], [m]; then the pull begins

HALF_LENGTH, HALF_WIDTH = (0.42, 0.5), (0.3, 0.36)  # of the table [m]
HEIGHT = (0.5, 0.62)  # [m]
EDGE = 0.035  # radius of the table's edges [m]
OVERHANG = (0.14, 0.22)  # of the cloth at the end where it is pulled [m]
LAID = (0.75, 0.92)  # of the table's length under the cloth [1]
NUM_THINGS = (3, 4)
SIZE = (0.03, 0.042)  # radius or half edge of the things [m]
DISTANCE = (0.75, 0.95)  # it is pulled so far [m]
SECONDS = (0.5, 0.7)  # in so long, faster and faster [s]
BEGINS = (0.15, 0.35)  # [s]
CLEAR_OF_END = 0.32  # of things from the end where the cloth leaves: none falls with it [m]
CLEAR = 1.3  # of the cloth over the table, over the dip of its triangles at the edge [1]
BAR = 0.012  # radius of the bar in the hem [m]
THINGS = ("pine", "cork", "painted wood")
FABRICS = ("linen", "satin", "cotton")
PRINTS = ("gingham", "tartan", "wide stripes", "large dots", "stripes")
FLOORS = ("wooden floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The table stands at the origin, the cloth hangs over its end at +x and is pulled there."""
    fabric, half, height = pick(rng, FABRICS), draw(rng, HALF_LENGTH), draw(rng, HEIGHT)
    across, thick = draw(rng, HALF_WIDTH), fabric_thickness(fabric, preset)
    up = thick / 2 + LIFT + CLEAR * sagitta(preset, EDGE)
    curve = round_corner(half + up, height + up, EDGE + up)
    hangs, laid = draw(rng, OVERHANG), 2 * half * draw(rng, LAID)
    corner = np.pi / 2 * (EDGE + up) + 0.01
    length = laid + corner + hangs
    solid, columns, rows = sheet((length, 2 * across - 3 * EDGE), preset, thick)
    points = bent(rest_points(solid), curve, corner + hangs - length / 2)
    spread = cloth("tablecloth", solid, fabric, fabric_surface(rng, fabric, PRINTS), points=points)
    hem = grid(columns, rows)[:, -1]
    hand = _hand(rng, points[hem], preset)
    things = _things(
        rng, (half - EDGE - laid, half - CLEAR_OF_END, across - 0.1), height + up + thick / 2 + LIFT
    )
    material = pick(rng, ("oak", "pine"))
    reach = half + 0.8
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[
            spread,
            hand,
            *round_edged_table((half, across), height, EDGE, material, surface(rng, material, 0.5)),
            *things,
        ],
        ties=tied("tablecloth", hem, "hem_bar"),
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-half, -across, 0.2), (reach, across, height + 0.12)),
            azimuth=pick(rng, ((-75.0, -25.0), (25.0, 75.0))),
            elevation=(14.0, 30.0),
        ),
        caption=sentence(
            f"A {fabric} tablecloth is pulled off a table over {{floor}} from under "
            f"{in_words(len(things), 'thing')}."
        ),
    )


def _hand(rng: np.random.Generator, hem: np.ndarray, preset: Preset) -> Body:
    """The bar in the hem, led away from the table and a little down."""
    middle, half = hem.mean(0), float(np.ptp(hem[:, 1])) / 2 + 0.02
    distance, seconds = draw(rng, DISTANCE), draw(rng, SECONDS)
    begins = draw(rng, BEGINS) * motion_seconds(preset) / 2
    # Slack is taken up first, then it goes ever faster, and is braked.
    share = np.array([0.0, 0.06, 0.3, 0.8, 1.0])
    times = begins + seconds * np.array([0.0, 0.3, 0.6, 0.85, 1.1])
    shifts = tuple(
        (round(float(distance * s), 5), 0.0, round(float(0.3 * hem_rise(s)), 5)) for s in share
    )
    bar = rail(
        "hem_bar",
        (np.add(middle, (0.0, -half, 0.0)), np.add(middle, (0.0, half, 0.0))),
        BAR,
        "oak",
        surface(rng, "oak", BAR),
    )
    return Body(
        name="hem_bar",
        shape=bar.shape,
        substance=substance("oak"),
        surface=bar.surface,
        position=bar.position,
        quaternion=bar.quaternion,
        path=Path(times=tuple(round(float(t), 4) for t in times), shifts=shifts),
    )


def hem_rise(share: float) -> float:
    """How far the hand is up when it has gone this share of its way [1]."""
    return share * (1.0 - share)


def _things(rng: np.random.Generator, room: tuple[float, float, float], base: float) -> list[Body]:
    """Boxes, cylinders and balls' like on a grid between x and y limits, none over another."""
    low, high, across = room
    count = draw_count(rng, NUM_THINGS)
    items = []
    for k in range(count):
        size, material = draw(rng, SIZE), pick(rng, THINGS)
        tall = size * draw(rng, (0.8, 1.5))
        x = low + SIZE[1] * 1.5 + (k + 0.5) / count * (high - low - 3 * SIZE[1])
        y = (-1.0) ** k * draw(rng, (0.3, 0.7)) * across
        is_round = bool(rng.random() < 0.5)
        solid = (
            shape("cylinder", radius=size, half_height=tall)
            if is_round
            else shape("box", half_extents=(size, size, tall))
        )
        items.append(
            body(
                f"thing_{k + 1}",
                solid,
                material,
                bold_surface(rng, material, size),
                at=(x, y, base + tall),
                rotation=turned("z", draw(rng, (0.0, 90.0), 1)),
            )
        )
    return items

"""Balls drop into a hammock between two posts; it sags, bounces and swings."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import Curve, as_long, bent, grid, rail, sheet, tied
from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence
from ..fabrics import cloth, fabric_surface, fabric_thickness, rest_points
from ..filming import Shot, corners
from ..materials import bold_surface, surface
from ..staging import body, shape, slab, stage

SPLIT = "held_out"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.1, 0.004)  # [s], [m]; then balls have landed

SPAN = (0.95, 1.15)  # between the bars that hold it [m]
SLACK = (0.2, 0.3)  # the cloth is longer than the span by this [1]
WIDTH = (0.5, 0.65)  # [m]
HEIGHT = (0.5, 0.62)  # of the bars [m]
NUM_BALLS = (1, 2)
RADIUS = (0.08, 0.11)  # [m]
DROP = (0.03, 0.1)  # free fall of the lowest ball [m]
LATER = (0.26, 0.36)  # the next ball starts so much higher [m]
BAR = 0.02  # radius [m]
CLEAR = 0.008  # between the ends of the cloth and the bars [m]
SHELL = (0.001, 0.0016)  # of the balls, which are hollow [m]: 0.1 to 0.25 kg
FABRICS = ("canvas", "denim", "linen")
PRINTS = ("gingham", "tartan", "wide stripes", "large dots", "stripes")
FLOORS = ("green mat", "wooden floor", "concrete floor", "brick paving", "tiled floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The hammock runs along x, its lowest point over the origin."""
    fabric, span, slack = pick(rng, FABRICS), draw(rng, SPAN), draw(rng, SLACK)
    width, height = draw(rng, WIDTH), draw(rng, HEIGHT)
    arc = sag(span, (1 + slack) * span, height)
    along = float(np.linalg.norm(np.diff(arc, axis=0), axis=1).sum())
    solid, columns, rows = sheet((along, width), preset, fabric_thickness(fabric, preset))
    points = bent(rest_points(solid), arc, along / 2)
    hammock = cloth("hammock", solid, fabric, fabric_surface(rng, fabric, PRINTS), points=points)
    low = float(arc[:, 1].min())
    balls = _balls(rng, low + draw(rng, DROP), width)
    ends = grid(columns, rows)[:, [0, -1]].ravel()
    top = max(item.position[2] for item in balls) + RADIUS[1]
    half = span / 2 + 0.06
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[hammock, *_frame(rng, (float(points[:, 0].max()), width / 2, height)), *balls],
        ties=tied("hammock", ends),
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-half, -width / 2, 0.1), (half, width / 2, height + 0.05)),
                    corners((-0.2, -0.2, low), (0.2, 0.2, min(top, height + 0.5))),
                ]
            ),
            azimuth=pick(rng, ((-125.0, -55.0), (55.0, 125.0))),
            elevation=(10.0, 28.0),
        ),
        caption=sentence(
            f"{in_words(len(balls), 'ball')} {'drops' if len(balls) == 1 else 'drop'} into a "
            f"{fabric} hammock between two bars over {{floor}}."
        ),
    )


def sag(span: float, length: float, height: float) -> Curve:
    """A parabola of this length between two points `span` apart at a height [m]."""
    x = np.linspace(-span / 2, span / 2, 2000)
    bow = 1 - (2 * x / span) ** 2
    return as_long(length, lambda depth: np.column_stack([x, height - depth * bow]))


def _balls(rng: np.random.Generator, lowest: float, width: float) -> list[Body]:
    """One above the other, a little to the sides."""
    items, over = [], lowest
    for k in range(draw_count(rng, NUM_BALLS)):
        radius = draw(rng, RADIUS, 3)
        items.append(
            body(
                f"ball_{k + 1}",
                shape("hollow_ball", radius=radius, thickness=draw(rng, SHELL)),
                "rubber",
                bold_surface(rng, "rubber", radius),
                at=(draw(rng, (-0.12, 0.12)), draw(rng, (-0.05, 0.05)) * width, over + radius),
                rotation=any_rotation(rng),
                velocity=(draw(rng, (-0.3, 0.3)), draw(rng, (-0.1, 0.1)), 0.0),
            )
        )
        over += 2 * radius + draw(rng, LATER)
    return items


def _frame(rng: np.random.Generator, at: tuple[float, float, float]) -> list[Body]:
    """Two bars along y on posts, just beyond the ends of the cloth."""
    x, half, height = at
    wood, look = pick(rng, ("oak", "pine")), surface(rng, "oak", 0.2)
    parts: list[Body] = []
    for k, side in enumerate((-1.0, 1.0)):
        place = side * (x + BAR + CLEAR)
        ends = (place, -half - 0.05, height), (place, half + 0.05, height)
        parts.append(rail(f"bar_{k + 1}", (np.array(ends[0]), np.array(ends[1])), BAR, wood, look))
        for j, y in enumerate((-half - 0.05, half + 0.05)):
            parts.append(
                slab(
                    f"post_{k + 1}_{j + 1}",
                    wood,
                    look,
                    (place - 0.02, y - 0.02, 0.0),
                    (place + 0.02, y + 0.02, height),
                )
            )
    return parts

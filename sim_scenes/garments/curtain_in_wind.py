"""Pleated curtains hang from a rail and billow when a gust comes in."""

import numpy as np

from phys4d_pipeline.air import Wind
from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draping import LIFT, bent, grid, pleats, rail, sheet, tied
from ..draws import draw, draw_count, draw_sign, in_words, pick, sentence, vec
from ..fabrics import cloth, fabric_surface, fabric_thickness, rest_points, sink_rate
from ..filming import Shot, corners
from ..floors import ROOM
from ..materials import surface
from ..staging import body, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.15, 0.008)  # [s], [m]

NUM_CURTAINS = (1, 2)
WIDTH = (0.8, 1.1)  # of the cloth of all curtains together [m]
GATHERED = (0.6, 0.75)  # of its width when it hangs [1]: fullness 1.3 to 1.7
HEIGHT = (0.85, 1.1)  # [m]
OFF_FLOOR = (0.05, 0.15)  # [m]
PLEATS = (3, 4)  # of all curtains together
SPEED = (1.0, 1.5)  # of the wind over the speed at which the cloth sinks in air [1]
GUSTS = (0.25, 0.45)  # root mean square over the mean [1]
EDDY = (0.5, 1.0)  # [m]
RAIL = (0.014, 0.02)  # radius [m]
CLIP = 0.011  # radius of what holds a pleat [m]
POST = 0.02  # half the width of the posts that carry the rail [m]
FABRICS = ("silk", "cotton", "linen", "satin")
PRINTS = ("wide stripes", "large dots", "plain")
FLOORS = ("wooden floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The rail is along x, the wind blows along y, one way or the other."""
    count, fabric = draw_count(rng, NUM_CURTAINS), pick(rng, FABRICS)
    width, height = draw(rng, WIDTH) / count, draw(rng, HEIGHT)
    gathered, low = draw(rng, GATHERED), draw(rng, OFF_FLOOR)
    speed, side = round(draw(rng, SPEED) * sink_rate(fabric), 2), draw_sign(rng)
    waves = max(2, round(draw_count(rng, PLEATS) / count))
    look, radius = fabric_surface(rng, fabric, PRINTS), draw(rng, RAIL)
    span = gathered * width
    top = low + height
    up = np.array([0.0, 0.0, CLIP + fabric_thickness(fabric, preset, 1 / count) / 2 + LIFT])
    bodies: list[Body] = []
    ties: list[Tie] = []
    for k in range(count):
        at = ((k - (count - 1) / 2) * (span + 0.05), 0.0, low + height / 2)
        cut = (width, height, gathered, waves)
        curtain, held = _curtain(k + 1, (fabric, look), cut, np.array(at), (preset, 1 / count))
        bodies += [curtain, *_clips(rng, k + 1, np.array(curtain.points)[held] + up)]
        ties += tied(curtain.name, held)
    half = count * span / 2 + 0.12
    over = top + 2 * CLIP + up[2] + radius
    bar = rail(
        "rail",
        ((-half, 0.0, over), (half, 0.0, over)),
        radius,
        "brass",
        surface(rng, "brass", radius),
    )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*bodies, bar, *_posts(rng, half, over)],
        ties=ties,
        floor=pick(rng, FLOORS),
        places=(ROOM,),
        wind=Wind(
            velocity=vec((0.0, side * speed, 0.0)),
            gusts=round(draw(rng, GUSTS) * speed, 3),
            eddy=draw(rng, EDDY),
        ),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-half, -0.05, low), (half, 0.05, over + 0.03)),
                    corners((-span, 0.0, low), (span, 0.25 * side * height, low + 0.3)),
                ]
            ),
            azimuth=pick(rng, ((-130.0, -60.0), (50.0, 130.0))),
            elevation=(0.0, 14.0),
        ),
        caption=sentence(
            f"{in_words(count, f'pleated {fabric} curtain')} on a rail over {{floor}} "
            f"{'billows' if count == 1 else 'billow'} in a wind of {speed:.1f} m/s."
        ),
    )


def _curtain(
    number: int,
    made: tuple[str, Surface],
    cut: tuple[float, float, float, int],
    at: np.ndarray,
    share: tuple[Preset, float],
) -> tuple[Body, np.ndarray]:
    """A curtain in even waves, and the points of its upper edge that are held: every crest."""
    width, height, gathered, waves = cut
    solid, columns, rows = sheet(
        (width, height), share[0], fabric_thickness(made[0], *share), share[1]
    )
    wave = pleats(width, gathered, waves)
    along = float(np.linalg.norm(np.diff(wave, axis=0), axis=1).sum())
    flat = bent(rest_points(solid), wave, along / 2)
    points = at + flat[:, [0, 2, 1]]  # the wave lies in the floor's plane, y is up
    crests = np.linspace(0, columns - 1, 2 * waves + 1).round().astype(int)
    curtain = cloth(f"curtain_{number}", solid, made[0], made[1], points=points)
    return curtain, grid(columns, rows)[-1, crests]


def _posts(rng: np.random.Generator, half: float, high: float) -> list[Body]:
    """One at each end of the rail."""
    look = surface(rng, "oak", 0.1)
    return [
        slab(
            f"post_{k + 1}",
            "oak",
            look,
            (side * half - POST, -POST, 0.0),
            (side * half + POST, POST, high + 0.02),
        )
        for k, side in enumerate((-1, 1))
    ]


def _clips(rng: np.random.Generator, number: int, places: np.ndarray) -> list[Body]:
    """Small brass balls on the edge of the cloth, where it is held."""
    look, ball = surface(rng, "brass", CLIP), shape("sphere", radius=CLIP)
    return [
        body(f"clip_{number}_{k + 1}", ball, "brass", look, at=place, is_static=True)
        for k, place in enumerate(places)
    ]

"""Two fingers take corners of a cloth on a table and fold it over, once or twice."""

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import LIFT, grid, sheet, tied
from ..draws import chance, draw, pick, sentence, vec
from ..fabrics import cloth, fabric_surface, fabric_thickness, rest_points
from ..filming import Shot, corners
from ..materials import bold_surface, substance
from ..rigging import motion_seconds
from ..staging import shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.4, 0.004)  # [s], [m]

LENGTH, WIDTH = (0.7, 0.95), (0.55, 0.75)  # of the cloth [m]
FINGER = 0.012  # radius [m]
DIAGONAL_SHARE = 0.35  # of the clips: one corner is taken to the opposite one
FAR = (0.82, 0.97)  # of the cloth's length that the fingers go [1]
HIGH = (0.3, 0.42)  # of it that they rise [1]
LAID = 2.5  # height of the corners in the end, over the thickness [1]: of two layers and a half
FABRICS = ("cotton", "linen", "wool", "denim", "satin", "fleece")
PRINTS = ("gingham", "tartan", "wide stripes", "large dots", "stripes")
FLOORS = ("wooden floor", "marble floor", "tiled floor", "linoleum floor", "green mat")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The cloth lies on the floor about the origin; corners at +x go to -x."""
    fabric, length, width = pick(rng, FABRICS), draw(rng, LENGTH), draw(rng, WIDTH)
    is_diagonal = chance(rng, DIAGONAL_SHARE)
    if is_diagonal:
        width = length = round((length + width) / 2, 4)
    thick = fabric_thickness(fabric, preset)
    solid, columns, rows = sheet((length, width), preset, thick)
    flat = rest_points(solid)
    at = np.array([0.0, 0.0, thick / 2 + LIFT])
    spread = cloth("cloth", solid, fabric, fabric_surface(rng, fabric, PRINTS), at=at)
    number = grid(columns, rows)
    taken = [int(number[-1, -1])] if is_diagonal else [int(number[0, -1]), int(number[-1, -1])]
    far, high = draw(rng, FAR) * length, draw(rng, HIGH) * length
    way = np.array([-1.0, -1.0, 0.0]) if is_diagonal else np.array([-1.0, 0.0, 0.0])
    fingers, ties = [], []
    for k, vertex in enumerate(taken):
        name = f"finger_{k + 1}"
        place = flat[vertex] + at + (0.0, 0.0, thick / 2 + FINGER + LIFT)
        fingers.append(_finger(rng, name, place, _arc(preset, (far * way, high, LAID * thick))))
        ties += tied("cloth", np.array([vertex]), name)
    half = (length / 2 + 0.02, width / 2 + 0.02)
    what = "one corner" if is_diagonal else "two corners"
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[spread, *fingers],
        ties=ties,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-half[0], -half[1], 0.0), (half[0], half[1], 0.02)),
                    corners((-0.1, -0.8 * half[1], 0.0), (0.1, 0.8 * half[1], 0.9 * high)),
                ]
            ),
            elevation=(22.0, 42.0),
        ),
        caption=sentence(
            f"one {fabric} cloth on {{floor}} is folded over by {what} that fingers lead across."
        ),
    )


def _arc(preset: Preset, way: tuple[np.ndarray, float, float]) -> Path:
    """Across, up and down to a height in an arc, with the clip's length to do it in [m]."""
    across, high, low = way
    seconds = motion_seconds(preset)
    angle = np.linspace(0.0, np.pi, 7)
    shares = angle / np.pi  # forward to the end: a corner let straight down stands on its edge
    times = seconds * np.array([0.04, 0.2, 0.34, 0.48, 0.62, 0.76, 0.92])
    shifts = tuple(
        vec(share * across + (0.0, 0.0, high * np.sin(a) + low * share))
        for share, a in zip(shares, angle, strict=True)
    )
    return Path(times=tuple(round(float(t), 4) for t in times), shifts=shifts)


def _finger(rng: np.random.Generator, name: str, place: np.ndarray, path: Path) -> Body:
    return Body(
        name=name,
        shape=shape("sphere", radius=FINGER),
        substance=substance("rubber"),
        surface=bold_surface(rng, "rubber", FINGER),
        position=vec(place),
        path=path,
    )

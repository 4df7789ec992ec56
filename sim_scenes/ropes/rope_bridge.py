"""A bridge of planks on two ropes between posts; heavy balls fall on it."""

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..materials import ball_of_mass, bold_surface, surface
from ..rigging import GAP, TIMBER, a_rope
from ..rope_materials import NOUNS
from ..rope_shapes import catenary, laid
from ..staging import body, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rope", rate=36000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (0.25, 0.01)  # [s], [m]; then balls roll off

SPAN = (1.2, 1.5)  # between the posts [m]
WIDTH = (0.22, 0.30)  # between the ropes [m]
HEIGHT = (0.55, 0.85)  # of the rope's ends [m]
SLACK = (1.015, 1.035)  # length of a rope over the span: a sag of 8 to 12 % of it [1]
ROPE_RADIUS = (0.009, 0.012)  # [m]
ROPES = ("hemp", "nylon")
PIECES_PER_PLANK = 2  # of the rope; a plank is tied to both ends of one of them
PLANK = (0.56, 0.013)  # half depth over a piece of rope [1], half thickness [m]
LIFT = 3e-4  # of planks above the ropes, which bend up towards their edges [m]
OVERHANG = 0.02  # of the planks beyond the ropes [m]
NUM_DROPPED = (1, 3)
BALL_MASS = (0.5, 1.2)  # [kg]
BALL_RADIUS = (0.06, 0.085)  # [m]: wider than the gaps between planks
DROP = (0.08, 0.25)  # free height [m]
BALL_MATERIALS = ("oak", "rubber", "plastic", "leather", "painted wood")
SPREAD = 0.25  # of the dropped bodies from the middle, as a share of the span [1]
POST = (0.07, 0.1)  # width [m]
SPACING = 6.5  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "green mat", "brick paving", "tiled floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The ropes run along x at y = -+width / 2, hanging as they would without planks."""
    span, width, height = draw(rng, SPAN), draw(rng, WIDTH), draw(rng, HEIGHT)
    radius, made = draw(rng, ROPE_RADIUS), pick(rng, ROPES)
    line = _line(span, height, draw(rng, SLACK) * span, radius)
    ropes = []
    for index, side in enumerate((-1.0, 1.0)):
        points = np.add(line, (0.0, side * width / 2, 0.0))
        ropes.append(a_rope(rng, f"rope_{index + 1}", points, radius, made))
    planks, ties = _planks(rng, line, width, radius)
    ties += [Tie(body=rope.name, point=end) for rope in ropes for end in (0, -1)]
    dropped = _dropped(rng, span, float(line[:, 2].max()))
    half = width / 2 + OVERHANG
    top = max(ball.position[2] for ball in dropped) + BALL_RADIUS[1]
    reach = span / 2 + POST[1]
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*ropes, *planks, *dropped, *_posts(rng, span, width, height)],
        ties=ties,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-reach, -half, 0.0), (reach, half, height + 0.06)),
                    corners((-SPREAD * span, -half, 0.1), (SPREAD * span, half, top)),
                ]
            ),
            azimuth=pick(rng, ((-125.0, -55.0), (55.0, 125.0))),
            elevation=(8.0, 26.0),
        ),
        caption=sentence(
            f"{in_words(len(dropped), 'ball')} "
            f"{'falls' if len(dropped) == 1 else 'fall'} onto a bridge "
            f"of {in_words(len(planks), 'plank')} tied to two {NOUNS[made]}s over {{floor}}."
        ),
    )


def _line(span: float, height: float, length: float, radius: float) -> np.ndarray:
    """Points of a rope in the xz-plane; their number fits a whole number of planks."""
    half = span / 2 - radius - GAP
    curve = catenary((-half, 0.0, height), (half, 0.0, height), length)
    planks = round(length / (SPACING * radius) / PIECES_PER_PLANK)
    return laid(curve, length / (planks * PIECES_PER_PLANK + PIECES_PER_PLANK - 1))


def _planks(
    rng: np.random.Generator, line: np.ndarray, width: float, radius: float
) -> tuple[list[Body], list[Tie]]:
    """Boards that lie on both ropes, each over one piece of them, and what ties them."""
    wood = "oak"  # a heavy board under a light ball: contacts of equals are the stiffest
    spacing = float(np.linalg.norm(line[1] - line[0]))
    half = (PLANK[0] * spacing, width / 2 + OVERHANG, PLANK[1])
    solid, planks, ties = shape("box", half_extents=half), [], []
    for first in range(PIECES_PER_PLANK - 1, len(line) - 2, PIECES_PER_PLANK):
        along = (line[first + 1] - line[first]) / spacing
        up = np.array([-along[2], 0.0, along[0]])
        turn = Rotation.from_matrix(np.column_stack([along, (0.0, 1.0, 0.0), up]))
        middle = (line[first] + line[first + 1]) / 2 + (radius + LIFT + half[2]) * up
        name = f"plank_{len(planks) + 1}"
        planks.append(
            body(name, solid, wood, surface(rng, wood, half[1]), at=middle, rotation=turn)
        )
        ties += [
            Tie(body=f"rope_{rope}", point=point, holder=name)
            for rope in (1, 2)
            for point in (first, first + 1)
        ]
    return planks, ties


def _dropped(rng: np.random.Generator, span: float, top: float) -> list[Body]:
    """Balls side by side over the middle."""
    count = draw_count(rng, NUM_DROPPED)
    balls = []
    for index in range(count):
        material, size = ball_of_mass(rng, draw(rng, BALL_MASS, 2), BALL_MATERIALS, BALL_RADIUS)
        share = (index + draw(rng, (0.35, 0.65))) / count
        x = SPREAD * span * (2 * share - 1)
        balls.append(
            body(
                f"ball_{index + 1}",
                shape("sphere", radius=size),
                material,
                bold_surface(rng, material, size),
                at=(x, draw(rng, (-0.04, 0.04)), top + size + draw(rng, DROP)),
                rotation=any_rotation(rng),
            )
        )
    return balls


def _posts(rng: np.random.Generator, span: float, width: float, height: float) -> list[Body]:
    wood, thick = pick(rng, TIMBER), draw(rng, POST)
    look = surface(rng, wood, 0.3)
    posts = []
    for end in (-1.0, 1.0):
        for side in (-1.0, 1.0):
            near, y = end * span / 2, side * width / 2
            posts.append(
                slab(
                    f"post_{len(posts) + 1}",
                    wood,
                    look,
                    (near, y - thick / 2, 0.0),
                    (near + end * thick, y + thick / 2, height + 0.05),
                )
            )
    return posts

"""Hot smoke rises from a pipe and flows around what is in its way."""

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, in_words, pick, sentence, turned, with_article
from ..filming import Shot, corners
from ..gases import SMOKES, air_box, gas_body, in_air
from ..materials import surface
from ..staging import body, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="gas", rate=60)  # [Hz]; of frames, the solver takes more steps for fast gas
CONVERGENCE = (0.5, 0.02)  # [s], [m]; measured 0.005

BORE = (0.03, 0.042)  # inner radius of the pipe [m]
WALL = 0.2  # of the pipe, over its bore [1]
STOCK = 2.2  # of smoke in the pipe [s]
SPEED = (0.16, 0.24)  # with which it comes out of the pipe [m/s]
TEMPERATURE = (370.0, 480.0)  # of the smoke [K]
REACH = 0.5  # of the smoke above the pipe, in the picture [m]
WIDTH = 0.42  # of the box of air around it [m]
ABOVE = (0.14, 0.2)  # from the pipe's mouth to the obstacle's middle [m]
ASIDE = (-0.025, 0.025)  # of the obstacle's middle [m]
UNREST = (0.03, 0.06)  # of the air in the room [m/s]
OBSTACLES = ("sphere", "box", "beam", "plate", "torus", "star")
SIZE = (0.045, 0.065)  # radius or half the width of the obstacle [m]
ROD = 0.006  # radius of the rod that holds it [m]
POST = 0.17  # from the pipe's axis to the stand [m]
MATERIALS = ("steel", "brass", "oak", "painted wood", "plastic", "marble", "ceramic")
GAP = 1e-5  # between bodies that touch [m]
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The pipe stands at the origin, the stand at x > 0."""
    bore, speed = draw(rng, BORE), draw(rng, SPEED, 3)
    height = round(STOCK * speed + 0.02, 3)
    color, temperature = pick(rng, tuple(SMOKES)), draw(rng, TEMPERATURE, 0)
    kind, size, above = pick(rng, OBSTACLES), draw(rng, SIZE), draw(rng, ABOVE)
    middle = np.array([draw(rng, ASIDE), draw(rng, ASIDE), height + above])
    column = STOCK * speed
    smoke = gas_body(
        "smoke",
        shape("prism", sides=24, radius=0.98 * bore, half_height=column / 2),
        SMOKES[color],
        in_air(temperature),
        at=(0.0, 0.0, height - column / 2 - GAP),
        velocity=(0.0, 0.0, speed),
    )
    pipe = body(
        "pipe",
        shape("pipe", radius=(1 + WALL) * bore, inner_radius=bore, half_height=height / 2),
        material := pick(rng, ("steel", "brass", "ceramic")),
        surface(rng, material, height),
        at=(0.0, 0.0, height / 2),
        is_static=True,
    )
    made, obstacle = _obstacle(rng, kind, size, middle)
    top = height + REACH
    grid = air_box(
        (-WIDTH / 2, -WIDTH / 2, height - 0.08),
        (WIDTH / 2, WIDTH / 2, top),
        preset.particles,
        open_sides=("-x", "+x", "-y", "+y", "-z", "+z"),
        unrest=draw(rng, UNREST, 3),
    )
    noun = {"box": "block", "torus": "ring"}.get(kind, kind)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[smoke, pipe, obstacle, *_stand(rng, obstacle, size, middle)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-0.14, -0.12, height - 0.13), (POST, 0.12, top - 0.1)),
            azimuth=pick(rng, ((-130.0, -50.0), (50.0, 130.0))),
            elevation=(2.0, 16.0),
        ),
        caption=sentence(
            f"{color} smoke of {temperature - 273.15:.0f} degrees rises from {in_words(1, 'pipe')} "
            f"and flows around {with_article(made)} {noun}."
        ),
        grid=grid,
    )


def _obstacle(
    rng: np.random.Generator, kind: str, size: float, middle: np.ndarray
) -> tuple[str, Body]:
    solids = {
        "sphere": shape("sphere", radius=size),
        "box": shape("box", half_extents=(0.8 * size, 0.8 * size, 0.6 * size)),
        "beam": shape("box", half_extents=(0.4 * size, 2.2 * size, 0.4 * size)),
        "plate": shape("cylinder", radius=1.2 * size, half_height=0.008),
        "torus": shape("torus", radius=size, tube_radius=0.4 * size),
        "star": shape("star", points=5, radius=1.3 * size, half_height=0.4 * size),
    }
    made = pick(rng, MATERIALS)
    turn = turned("z", draw(rng, (-20.0, 20.0), 1))
    if kind == "beam":
        turn = turned("x", draw(rng, (-8.0, 8.0), 1))
    if kind in ("sphere",):
        turn = any_rotation(rng)
    return made, body(
        "obstacle",
        solids[kind],
        made,
        surface(rng, made, size),
        at=middle,
        rotation=turn,
        is_static=True,
    )


def _stand(rng: np.random.Generator, obstacle: Body, size: float, middle: np.ndarray) -> list[Body]:
    """A post beside the smoke, and a rod from it that ends at the obstacle."""
    look = surface(rng, "steel", 0.1)
    vertices = Rotation.from_quat(obstacle.quaternion, scalar_first=True).apply(
        shapes.build(obstacle.shape).mesh.vertices.copy()
    )
    # Meshes of round bodies lie inside them: the rod ends where the body itself does.
    is_round = obstacle.shape.kind in ("sphere", "cylinder")
    radius = float(np.max(obstacle.shape.parameters["radius"])) if is_round else 0.0
    begin = middle[0] + max(float(vertices[:, 0].max()), radius) + GAP
    length = POST - ROD - begin - GAP
    rod = body(
        "rod",
        shape("cylinder", radius=ROD, half_height=length / 2),
        "steel",
        look,
        at=(begin + length / 2, middle[1], middle[2]),
        rotation=turned("y", 90.0),
        is_static=True,
    )
    post = slab(
        "post",
        "steel",
        look,
        (POST - ROD, middle[1] - ROD, 0.0),
        (POST + ROD, middle[1] + ROD, middle[2] + 0.05),
    )
    return [rod, post]

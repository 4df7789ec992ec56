"""A motor turns the crank of a four-bar linkage whose rocker swings a mallet at what stands by."""

from dataclasses import dataclass, replace

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..crank_rocker import TURN, Frame, Linkage
from ..draws import chance, draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..linkage import PLAY, bar, bearing_post, fixed, hinge, inertia, paints, pin, sliding, steady
from ..materials import bold_surface, surface
from ..staging import body, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=2400)  # [Hz]; the mallet moves 0.8 mm a step at 2 m/s
CONVERGENCE = (0.07, 0.001)  # before the mallet strikes [s, m]

CRANK = (0.07, 0.11)  # between its axles [m]: the shortest link
GROUND = (2.6, 3.6)  # between the fixed axles, over the crank [1]
COUPLER = (2.4, 3.6)  # over the crank [1]
ROCKER = (1.9, 2.8)  # over the crank [1]
GRASHOF = 0.3  # shortest plus longest link below the other two by this, in cranks [1]
TRANSMISSION = (
    35.0,
    145.0,
)  # angle between coupler and rocker over a turn [deg]: the usual 90 +- 50
SWING = (38.0, 80.0)  # of the rocker from end to end [deg]
TILT = 30.0  # largest, of the ground link from level [deg]
MALLET = (2.2, 3.4)  # from the rocker's axle down to the mallet's middle, over the crank [1]
HEAD = (0.045, 0.07)  # half the height of the mallet's head [m]
HEAD_DEPTH = 1.3  # over its height [1]
SPEED = (6.0, 11.0)  # of the crank [rad/s]: 57 to 105 turns a minute
SPIN_UP = 0.25  # of the motor [s]
TORQUE = (2.0, 4.0)  # of the motor over what the linkage needs to get up to speed [1]
WIDTH = (0.03, 0.044)  # of a link [m]
DEPTH = (0.008, 0.014)  # of a link [m]
NUM_BLOCKS = (2, 3)  # in each column
BALL_SHARE = 0.25  # of the targets are balls
TARGET = (0.8, 1.3)  # height over that of the mallet's head [1]
BLOCK = 1.3  # width over height of a block [1]
TARGET_GAP = 0.03  # beside the mallet's way at the start [m]
HIT = (0.25, 0.5)  # of the swing at which the mallet meets a target, from its end [1]
POST = (0.035, 0.05)  # width [m]
BASE = (0.02, 0.04)  # thickness of the board [m]
LINK_MATERIALS = ("plastic", "painted wood")
HEAD_MATERIALS = ("rubber", "oak", "pine", "leather")
TARGET_MATERIALS = ("pine", "cork", "painted wood", "plastic")
STAND_MATERIALS = ("pine", "oak", "painted wood", "steel")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "green mat")
THROW = 0.45  # how far targets are thrown [m]


@dataclass(frozen=True, kw_only=True)
class Build:
    """How the linkage is made."""

    material: str
    width: float
    depth: float
    mallet: float
    """From the rocker's axle to the middle of the head [m]."""
    head: tuple[float, float, float]
    """Half extents [m]."""
    head_material: str


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Links move in planes of constant y: the crank at the back, then coupler and rocker."""
    linkage = _linkage(rng)
    build = _build(rng, linkage)
    base = draw(rng, BASE)
    height = base + build.mallet + build.head[2] + 0.01
    # The rocker's axle lies over x = 0, the crank's to its left.
    frame = Frame(linkage=linkage, height=height)
    speed = draw(rng, SPEED, 2) * draw_sign(rng)
    start = draw(rng, (0.0, 2 * np.pi))
    posts, axles = _posts(rng, frame, build, base)
    bodies, joints = _links(rng, frame, build, start, axles)
    joints[0] = _driven(joints, bodies, linkage, (speed, draw(rng, TORQUE, 2)))
    targets = _targets(rng, frame, build, start, base)
    xs = [one.position[0] for one in bodies + targets]
    low, high = min(frame.crank[0] - linkage.crank, *xs) - 0.08, max(xs) + 0.08
    back, front = -0.13, _layer(build, 2) + 2 * build.head[1] + 0.04
    board = slab("base", "oak", surface(rng, "oak", 0.5), (low, back, 0.0), (high, front, base))
    sweep = corners((low, back, 0.0), (high, front, height + linkage.rocker))
    flight = corners((low - THROW, back, 0.0), (high + THROW, front, 0.05))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([*bodies, *targets, *posts, *axles, board]),
        joints=joints,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([sweep, flight]), azimuth=(48.0, 132.0), elevation=(5.0, 28.0)
        ),
        caption=_caption(build, speed, targets),
    )


def _caption(build: Build, speed: float, targets: list[Body]) -> str:
    blocks = sum(one.name.startswith("block") for one in targets)
    counts = (("block", blocks), ("ball", len(targets) - blocks))
    things = " and ".join(in_words(count, noun) for noun, count in counts if count)
    turns = abs(speed) * 60 / (2 * np.pi)
    return sentence(
        f"a four-bar linkage of {build.material} driven at {turns:.0f} turns a minute swings its "
        f"{build.head_material} mallet at {things} on {{floor}}."
    )


def _linkage(rng: np.random.Generator) -> Linkage:
    """Drawn until the crank can turn and the rocker swings well: one in six does."""
    crank = draw(rng, CRANK)
    while True:
        ground, coupler, rocker = (
            round(crank * draw(rng, share, 3), 4) for share in (GROUND, COUPLER, ROCKER)
        )
        drawn = Linkage(crank=crank, ground=ground, coupler=coupler, rocker=rocker)
        if _is_usable(drawn):
            return drawn


def _is_usable(linkage: Linkage) -> bool:
    """Does the crank turn all the way, and does the rocker swing well?"""
    if not linkage.turns_fully(GRASHOF):
        return False
    low, high = np.degrees(linkage.transmission())
    if not TRANSMISSION[0] < low < high < TRANSMISSION[1]:
        return False
    swing = np.degrees(np.ptp(linkage.rocker_angles()))
    return bool(SWING[0] < swing < SWING[1] and abs(np.degrees(linkage.tilt)) < TILT)


def _build(rng: np.random.Generator, linkage: Linkage) -> Build:
    head, depth = draw(rng, HEAD), draw(rng, DEPTH)
    return Build(
        material=pick(rng, LINK_MATERIALS),
        width=draw(rng, WIDTH),
        depth=depth,
        mallet=round(linkage.crank * draw(rng, MALLET, 3), 4),
        head=(draw(rng, HEAD), HEAD_DEPTH * head, head),
        head_material=pick(rng, HEAD_MATERIALS),
    )


def _layer(build: Build, number: int) -> float:
    """Middle of a plane of links in front of the posts: 0 crank, 1 coupler, 2 rocker [m]."""
    return PLAY + build.depth / 2 + number * (build.depth + PLAY)


def _posts(
    rng: np.random.Generator, frame: Frame, build: Build, base: float
) -> tuple[list[Body], list[Body]]:
    """One per fixed axle: the crank's and, longer, the rocker's."""
    material = pick(rng, STAND_MATERIALS)
    looks = surface(rng, material, 0.3), surface(rng, "steel", 0.1)
    posts, axles = [], []
    width = draw(rng, POST)
    for name, (x, z), layer in (("crank", frame.crank, 0), ("rocker", frame.rocker, 2)):
        post, axle = bearing_post(
            f"{name}_post",
            material,
            looks,
            (x, 0.0, z),
            base=base,
            width=width,
            reach=_layer(build, layer) + build.depth / 2,
            radius=0.3 * build.width,
        )
        posts.append(post)
        axles.append(axle)
    return posts, axles


def _links(
    rng: np.random.Generator, frame: Frame, build: Build, start: float, axles: list[Body]
) -> tuple[list[Body], list[Joint]]:
    """Crank, coupler, rocker, the mallet and pins; the crank's hinge comes first."""
    looks = paints(rng, build.material, 3)

    def at(point: np.ndarray, layer: int, front: float = 0.0) -> np.ndarray:
        return np.array((point[0], _layer(build, layer) + front * build.depth / 2, point[1]))

    def link(number: int, name: str, *ends: np.ndarray) -> Body:
        places = at(ends[0], number), at(ends[1], number)
        look = looks[number]
        return bar(name, build.material, look, places, width=build.width, depth=build.depth)

    def joined(name: str, point: np.ndarray, layer: int) -> Body:
        ends = at(point, layer, -1.0), at(point, layer + 1, 1.0)
        return pin(name, "steel", surface(rng, "steel", 0.1), ends, 0.3 * build.width)

    knee, joint = frame.knee(start), frame.joint(start)
    tip = frame.mallet(np.array([start]), build.mallet)[0]
    crank = link(0, "crank", frame.crank, knee)
    coupler = link(1, "coupler", knee, joint)
    rocker = link(2, "rocker", joint, tip)
    knee_pin, joint_pin = joined("crank_pin", knee, 0), joined("rocker_pin", joint, 1)
    mallet = _mallet(rng, build, at(tip, 2), frame.rocker - tip)
    joints = [
        hinge(crank, axles[0], at(frame.crank, 0)),
        fixed(knee_pin, crank),
        hinge(coupler, knee_pin, at(knee, 1)),
        fixed(joint_pin, coupler),
        hinge(rocker, joint_pin, at(joint, 2)),
        hinge(rocker, axles[1], at(frame.rocker, 2)),
        fixed(mallet, rocker),
    ]
    return [crank, coupler, rocker, mallet, knee_pin, joint_pin], joints


def _mallet(rng: np.random.Generator, build: Build, tip: np.ndarray, handle: np.ndarray) -> Body:
    """A head whose back lies in the plane of the rocker's."""
    forward = (0.0, build.head[1] - build.depth / 2, 0.0)
    return body(
        "mallet",
        shape("box", half_extents=build.head),
        build.head_material,
        surface(rng, build.head_material, 2 * build.head[2]),
        at=tip + forward,
        rotation=turned("y", float(np.degrees(np.arctan2(handle[0], handle[1])))),
    )


def _driven(
    joints: list[Joint], bodies: list[Body], linkage: Linkage, drive: tuple[float, float]
) -> Joint:
    """The crank's hinge with a motor that runs the whole clip; drive is speed and margin."""
    crank, coupler, rocker, mallet, knee, joint = bodies
    (to_crank, *_, to_rocker, _), (speed, margin) = joints, drive
    swung = inertia([rocker, mallet, joint], to_rocker.anchor)
    # As the crank feels it: the coupler moves with its pin, the rocker by the linkage's gearing.
    load = (
        inertia([crank, knee], to_crank.anchor)
        + linkage.crank**2 * coupler.substance.density * shapes.build(coupler.shape).volume
        + linkage.gearing**2 * swung
    )
    limit = margin * load * abs(speed) / SPIN_UP
    return replace(to_crank, motor=steady(load, -speed, spin_up=SPIN_UP, limit=limit))


def _targets(
    rng: np.random.Generator, frame: Frame, build: Build, start: float, base: float
) -> list[Body]:
    """On both sides of the mallet, where it comes before the end of its swing."""
    ways = frame.mallet(TURN, build.mallet)[:, 0]
    now = frame.mallet(np.array([start]), build.mallet)[0] - frame.rocker
    # Half the width of the leaning head.
    half = (build.head[0] * abs(now[1]) + build.head[2] * abs(now[0])) / build.mallet
    ends: list[Body] = []
    y = _layer(build, 2) + build.head[1] - build.depth / 2
    for side, end in ((-1, ways.min()), (1, ways.max())):
        face = end + side * build.head[0] - side * draw(rng, HIT, 3) * float(np.ptp(ways))
        clear = now[0] + side * (half + TARGET_GAP)
        x = side * max(side * face, side * clear)
        ends += _target(rng, len(ends), build, side, (x, y, base))
    return ends


def _target(
    rng: np.random.Generator,
    first: int,
    build: Build,
    side: int,
    face: tuple[float, float, float],
) -> list[Body]:
    """A ball or a column of blocks on the base, as high as the mallet's head."""
    material = pick(rng, TARGET_MATERIALS)
    x, y, base = face
    height = 2 * build.head[2] * draw(rng, TARGET, 3)
    if chance(rng, BALL_SHARE):
        radius = height / 2
        solid, look = shape("sphere", radius=radius), bold_surface(rng, material, radius)
        at = (x + side * radius, y, base + radius)
        return [body(f"ball_{first}", solid, material, look, at=at)]
    count = draw_count(rng, NUM_BLOCKS)
    half = height / 2 / count
    looks = (surface(rng, material, half), *paints(rng, material, 1))
    solid = shape("box", half_extents=(BLOCK * half, BLOCK * half, half))
    return [
        body(
            f"block_{first}_{level}",
            solid,
            material,
            looks[level % 2],
            at=(x + side * BLOCK * half, y, base + (2 * level + 1) * half),
        )
        for level in range(count)
    ]

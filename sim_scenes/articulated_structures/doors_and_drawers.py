"""Drawers of a cabinet are pushed and pulled, its door is slammed or hit by a ball."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Joint, Motor
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..cabinet import HANDLE, PLAY, Cabinet, carcass, drawer
from ..draws import chance, draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, around, corners
from ..linkage import LONGEST, fixed, hinge, paints, servo, sliding, turning
from ..materials import bold_surface, surface
from ..staging import body, mass, shape, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=1440)  # [Hz]; the ball moves 3 mm a step at 4.5 m/s
CONVERGENCE = (0.1, 0.001)  # before the ball meets the door [s], [m]

COLUMN = (0.3, 0.42)  # width of the door's and of the drawers' compartment [m]
HEIGHT = (0.5, 0.75)  # of the cabinet without its plinth [m]
DEPTH = (0.3, 0.4)  # [m]
PLINTH = (0.05, 0.12)  # height [m]
BOARD = (0.014, 0.02)  # thickness of the boards [m]
NUM_DRAWERS = (2, 3)
ANGLE = (45.0, 95.0)  # of an open door [deg]
WIDEST = 110.0  # that a door opens [deg]
DOOR_SPEED = (0.9, 2.2)  # of a slammed door [rad/s]
DOOR_DAMPING = (0.02, 0.12)  # of its hinges [N m s/rad]: soft-close hinges stop it in a second
DOOR_FRICTION = (0.0, 0.03)  # dry, of its hinges [N m]
EXTENSION = (0.45, 0.75)  # of an open drawer, over its depth [1]
DRAWER_SPEED = (0.5, 1.1)  # of a pushed drawer [m/s]
DRAWER_DAMPING = (0.4, 3.0)  # of its runners [N s/m]
DRAWER_FRICTION = (0.2, 0.8)  # dry, of its runners [N]; full extension slides take 1 to 3 N
PULL_TIME = (0.35, 0.7)  # of a stroke [s]: hands open drawers within half a second
PULL_FORCE = (25.0, 60.0)  # of the hand at most [N]
PULL_PAUSE = (0.05, 0.2)  # between strokes [s]
OPEN_SHARE = 0.6  # of the other drawers start open and are pushed in; the others are thrown open
FULL_SHARE = 0.7  # of the open drawers: balls lie in it
NUM_BALLS = (1, 3)  # in a drawer
BALL = (0.018, 0.028)  # radius of these [m]
THROWN_RADIUS = (0.04, 0.07)  # of the ball that hits the door [m]
THROWN_SPEED = (2.5, 4.5)  # [m/s]
THROWN_FROM = (0.5, 0.9)  # distance to the door [m]
CABINET_MATERIALS = ("pine", "oak", "painted wood")
THROWN_MATERIALS = ("leather", "rubber", "cork", "oak")
BALL_MATERIALS = ("rubber", "glass", "steel", "painted wood", "phenolic resin")
FLOORS = ("wooden floor", "tiled floor", "linoleum floor", "concrete floor")
REBOUND = 0.5  # how far the ball gets back in front of the door [m]
GRAVITY = 9.81  # [m/s2]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The divider stands at y = 0; doors and drawers open towards +x."""
    cabinet = _cabinet(rng)
    front_look, drawer_look = paints(rng, "painted wood", 2)
    if chance(rng, 0.5):
        front_look = drawer_look = surface(rng, cabinet.material, 0.5)
    metal = surface(rng, "steel", 0.1)
    statics = carcass(cabinet)
    is_hit = chance(rng, 0.6)
    door, door_joints, angle = _door(rng, cabinet, statics[-1], front_look, metal)
    if not is_hit:
        about, speed = door_joints[0].anchor, draw(rng, DOOR_SPEED, 2)
        # Closing turns the left door to -z, seen from above, and the right one to +z.
        door = turning(door, about, (0.0, 0.0, -cabinet.side * speed))
    drawers, joints, balls = _drawers(rng, cabinet, drawer_look, metal)
    thrown = _thrown(rng, cabinet, angle) if is_hit else []
    count = sum(one.name.startswith("drawer") for one in drawers)
    reach = cabinet.depth * EXTENSION[1] + 0.05
    left, right = sorted((cabinet.side * cabinet.outer, -cabinet.side * cabinet.inner))
    top = cabinet.plinth + cabinet.height
    swing = sorted((cabinet.side * (cabinet.outer + 0.1), 0.0))
    space = [
        corners((-cabinet.depth, left, 0.0), (reach, right, top)),
        corners((0.0, swing[0], 0.0), (cabinet.door, swing[1], top)),
        around([*thrown, *drawers]),
    ]
    if thrown:
        space.append(corners((0.0, left, 0.0), (cabinet.door + REBOUND, right, 0.1)))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([*door, *drawers, *balls, *thrown, *statics]),
        joints=[*door_joints, *joints],
        floor=pick(rng, FLOORS),
        shot=Shot(points=np.concatenate(space), azimuth=(-50.0, 50.0), elevation=(14.0, 36.0)),
        caption=_caption(cabinet, count, len(balls), thrown),
    )


def _caption(cabinet: Cabinet, count: int, num_balls: int, thrown: list[Body]) -> str:
    drawers = in_words(count, "drawer")
    filled = f", {in_words(num_balls, 'ball')} rolling in them," if num_balls else ""
    if thrown:
        speed = float(np.linalg.norm(thrown[0].linear_velocity))
        event = f"a ball hits the door of a {cabinet.material} cabinet at {speed:.1f} m/s"
    else:
        event = f"the door of a {cabinet.material} cabinet is slammed"
    slide = "slides" if count == 1 else "slide"
    event = event.replace("a oak", "an oak")
    return sentence(f"{event} while its {drawers}{filled} {slide} to and fro on {{floor}}.")


def _cabinet(rng: np.random.Generator) -> Cabinet:
    material = pick(rng, CABINET_MATERIALS)
    return Cabinet(
        door=draw(rng, COLUMN),
        drawers=draw(rng, COLUMN),
        height=draw(rng, HEIGHT),
        depth=draw(rng, DEPTH),
        plinth=draw(rng, PLINTH),
        board=draw(rng, BOARD),
        side=draw_sign(rng),
        material=material,
        look=surface(rng, material, 0.5),
    )


def _door(
    rng: np.random.Generator, cabinet: Cabinet, wall: Body, look: Surface, metal: Surface
) -> tuple[list[Body], list[Joint], float]:
    """An open door that lies on the front when closed, its handle, and its angle [deg]."""
    board, side = cabinet.board, cabinet.side
    width = cabinet.door + board - PLAY
    height = cabinet.height - 2 * PLAY
    angle = draw(rng, ANGLE, 1)
    pin = np.array((PLAY + board, side * cabinet.outer, cabinet.plinth + cabinet.height / 2))
    turn = turned("z", side * angle)
    # Closed, it reaches from the pin towards the divider, its inner face PLAY before the front.
    middle = pin + turn.apply((-board / 2, -side * width / 2, 0.0))
    solid = shape("box", half_extents=(board / 2, width / 2, height / 2))
    door = body("door", solid, "pine", look, at=middle, rotation=turn)
    grip = body(
        "door_handle",
        shape("box", half_extents=(HANDLE[2], HANDLE[1], HANDLE[0])),
        "steel",
        metal,
        at=pin + turn.apply((HANDLE[2], -side * (width - 0.04), 0.0)),
        rotation=turn,
    )
    open_way, closed = np.radians(WIDEST - angle), -np.radians(angle)
    limits = (closed, open_way) if side > 0 else (-open_way, -closed)
    joint = hinge(
        door,
        wall,
        pin,
        axis=(0.0, 0.0, 1.0),
        limits=(float(limits[0]), float(limits[1])),
        damping=draw(rng, DOOR_DAMPING),
        friction=draw(rng, DOOR_FRICTION),
    )
    return [door, grip], [joint, fixed(grip, door)], angle


def _drawers(
    rng: np.random.Generator, cabinet: Cabinet, look: Surface, metal: Surface
) -> tuple[list[Body], list[Joint], list[Body]]:
    """All drawers, their joints, and the balls in them."""
    count = draw_count(rng, NUM_DRAWERS)
    pitch = (cabinet.high - cabinet.low) / count
    damping, friction = draw(rng, DRAWER_DAMPING), draw(rng, DRAWER_FRICTION)
    by_hand = int(rng.integers(count))
    bodies: list[Body] = []
    joints: list[Joint] = []
    balls: list[Body] = []
    for index in range(count):
        is_open = chance(rng, OPEN_SHARE) or index == by_hand
        travel = cabinet.depth * EXTENSION[1]
        out = round(cabinet.depth * draw(rng, EXTENSION, 3), 4) if is_open else 0.0
        low = cabinet.low + index * pitch
        parts = drawer(cabinet, index, (low, pitch, out), look, metal)
        speed = draw(rng, DRAWER_SPEED, 2) * (-1 if is_open else 1)
        load = sum(mass(one.shape, cabinet.material) for one in parts)
        motor = _hand(rng, load, out) if index == by_hand else None
        speed = 0.0 if motor else speed
        parts = [replace(one, linear_velocity=(speed, 0.0, 0.0)) for one in parts]
        bodies += parts
        joints.append(
            Joint(
                name=f"drawer_{index}_slides",
                kind="slider",
                child=parts[0].name,
                parent="divider",
                anchor=parts[0].position,
                axis=(1.0, 0.0, 0.0),
                limits=(-out, round(travel - out, 6)),
                damping=damping,
                friction=friction,
                motor=motor,
            )
        )
        joints += [fixed(part, parts[0]) for part in parts[1:]]
        if is_open and chance(rng, FULL_SHARE):
            balls += _balls(rng, cabinet, parts[0], len(balls))
    return bodies, joints, balls


def _hand(rng: np.random.Generator, load: float, out: float) -> Motor:
    """Pushes a drawer in and pulls it out again, as long as any clip lasts."""
    stroke = out * draw(rng, (0.8, 0.97), 3)
    times, goals = [0.0], [0.0]
    while times[-1] < LONGEST:
        times.append(times[-1] + draw(rng, PULL_TIME, 3))
        goals.append(-stroke if goals[-1] == 0.0 else 0.0)
        times.append(times[-1] + draw(rng, PULL_PAUSE, 3))
        goals.append(goals[-1])
    return servo(load, times, goals, limit=draw(rng, PULL_FORCE, 1))


def _balls(rng: np.random.Generator, cabinet: Cabinet, bottom: Body, first: int) -> list[Body]:
    """On the bottom of a drawer, moving with it, in a row across it, in front of the cabinet."""
    material, radius = pick(rng, BALL_MATERIALS), draw(rng, BALL)
    x, y, z = bottom.position
    half = np.atleast_1d(bottom.shape.parameters["half_extents"])
    count = draw_count(rng, NUM_BALLS)
    spacing = 2 * (half[1] - 0.6 * cabinet.board - radius) / count
    return [
        body(
            f"ball_{first + number}",
            shape("sphere", radius=radius),
            material,
            bold_surface(rng, material, radius),
            at=(
                x + half[0] - radius - draw(rng, (0.02, 0.08)),
                y + (number - (count - 1) / 2) * spacing,
                z + half[2] + radius,
            ),
            velocity=bottom.linear_velocity,
        )
        for number in range(count)
    ]


def _thrown(rng: np.random.Generator, cabinet: Cabinet, angle: float) -> list[Body]:
    """A ball in flight towards the outside of the open door."""
    material, radius = pick(rng, THROWN_MATERIALS), draw(rng, THROWN_RADIUS)
    speed, way = draw(rng, THROWN_SPEED, 2), draw(rng, THROWN_FROM)
    side = cabinet.side
    along = turned("z", side * angle).apply((0.0, -side, 0.0))
    outward = np.array((np.cos(np.radians(angle)), side * np.sin(np.radians(angle)), 0.0))
    pin = np.array((PLAY + cabinet.board, side * cabinet.outer, 0.0))
    height = cabinet.plinth + cabinet.height * draw(rng, (0.4, 0.75))
    met = pin + along * cabinet.door * draw(rng, (0.65, 0.9)) + (0.0, 0.0, height)
    time = way / speed
    lift = GRAVITY * time / 2  # it arrives at the height it started from
    return [
        body(
            "ball_thrown",
            shape("sphere", radius=radius),
            material,
            bold_surface(rng, material, radius),
            at=met + outward * (way + radius),
            velocity=-speed * outward + (0.0, 0.0, lift),
        )
    ]

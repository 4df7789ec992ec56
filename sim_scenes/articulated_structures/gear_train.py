"""A motor turns a train of meshing gears; a paddle on the last one strikes blocks and balls."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from phys4d_pipeline.mechanism import Coupling, Joint
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, around, corners
from ..linkage import (
    PLAY,
    axle,
    bar,
    direction,
    fixed,
    hinge,
    inertia,
    paints,
    pin,
    sliding,
    steady,
)
from ..materials import bold_surface, surface
from ..staging import body, drawn_at, reach, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=960)  # [Hz]; the paddle moves 1.5 mm a step at 1.5 m/s
CONVERGENCE = (0.1, 0.001)  # before the paddle meets anything [s], [m]

NUM_GEARS = (2, 4)
MODULE = (0.0065, 0.009)  # pitch diameter over the number of teeth [m]
TEETH = (10, 20)
BACKLASH = 0.55  # further apart than pitch circles touch, in modules [1]: straight flanks need 0.5
CLIMB = (-35.0, 35.0)  # from one gear to the next, against level [deg]
DEPTH = (0.012, 0.02)  # of a gear [m]
BORE = 0.12  # radius of the hole over that of the tips [1]
SPEED = (3.0, 7.0)  # of the paddle [rad/s]
SPIN_UP = 0.2  # of the motor [s]
TORQUE = (2.0, 4.0)  # of the motor over what the train needs to get up to speed [1]
FRICTION = (0.0, 0.002)  # dry, of an axle [N m]
PADDLE = (1.5, 2.2)  # from the last axle to the paddle's tip, over that gear's radius [1]
SHORTEST = 0.12  # paddle [m]
PADDLE_WIDTH = (0.02, 0.03)  # [m]
PADDLE_DEPTH = (0.03, 0.05)  # [m]
NUM_BLOCKS = (2, 4)  # in a column
BALL_SHARE = 0.4  # of the targets are balls
TARGET = (0.02, 0.03)  # half edge or radius [m]
AHEAD = (25.0, 80.0)  # of the paddle at the start from hanging straight down [deg]
MET = (0.1, 0.35)  # how far the nearer side of a target stands inside the tip's circle [1]
THICK = 0.12  # radius of the handle, over that of its gear [1]
HANDLE = 0.35  # of the driving gear: where its handle sits, over the radius [1]
BASE = (0.02, 0.04)  # thickness of the board [m]
PANEL = (0.015, 0.025)  # thickness of the panel that carries the axles [m]
MARGIN = 0.03  # of the panel around the gears [m]
GEAR_MATERIALS = ("brass", "steel", "plastic", "painted wood", "oak")
PAINTED = ("plastic", "painted wood")
TARGET_MATERIALS = ("pine", "cork", "painted wood", "plastic")
STAND_MATERIALS = ("pine", "oak", "painted wood")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")
THROW = 0.2  # how far targets are thrown [m]


@dataclass(frozen=True, kw_only=True)
class Gear:
    """One wheel: where it is and how it is turned."""

    teeth: int
    module: float
    x: float
    z: float
    phase: float
    """Direction of a tooth's middle, from +x towards +z [rad]."""

    @property
    def tip(self) -> float:
        """Radius at the tips [m]."""
        return self.module * (self.teeth + 2) / 2

    @property
    def pitch(self) -> float:
        """Angle from tooth to tooth [rad]."""
        return 2 * np.pi / self.teeth

    def next(self, teeth: int, towards: float) -> "Gear":
        """The gear that meshes with it in a direction [rad]."""
        gap = self.module * ((self.teeth + teeth) / 2 + BACKLASH)
        # A gap of the next gear faces this one's tooth, which is `past` pitches off the line.
        past = (towards - self.phase) / self.pitch % 1.0
        return Gear(
            teeth=teeth,
            module=self.module,
            x=self.x + gap * np.cos(towards),
            z=self.z + gap * np.sin(towards),
            phase=towards + np.pi + (past + 0.5) * 2 * np.pi / teeth,
        )


@dataclass(frozen=True, kw_only=True)
class Make:
    """What the gears are made of."""

    material: str
    looks: list[Surface]
    depth: float


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The wheels turn in the plane y = 0 before a panel; the last one's paddle is in front."""
    train = _train(rng)
    make = _make(rng, len(train))
    last = train[-1]
    long = max(SHORTEST, last.tip * draw(rng, PADDLE, 3))
    base = draw(rng, BASE)
    lowest = min(-long, *(gear.z - gear.tip - last.z for gear in train))
    lift = base + 0.006 - lowest - last.z
    at = [np.array((gear.x - last.x, 0.0, gear.z + lift)) for gear in train]
    statics, metal = _stand(rng, train, at, make, base)
    axles = [one for one in statics if one.name.startswith("axle")]
    gears = [_wheel(gear, make, index, at[index]) for index, gear in enumerate(train)]
    speed = draw(rng, SPEED, 2) * draw_sign(rng)
    paddle, start = _paddle(rng, make, at[-1], long, speed)
    parts = [*gears, paddle]
    joints = [*_joints(rng, train, (gears, axles, at), speed), fixed(paddle, gears[-1])]
    targets = _target(rng, make.depth / 2 + 2 * PLAY, (at[-1], long), (start, speed), base)
    if not _comes_by(train[0], at[0], targets):
        handle = _handle(train[0], make, at[0], metal)
        parts.append(handle)
        joints.append(fixed(handle, gears[0]))
    high = max(place[2] + gear.tip for place, gear in zip(at, train, strict=True))
    side = targets[0].position[0]
    left = min(place[0] - gear.tip for place, gear in zip(at, train, strict=True))
    sweep = corners((left, -0.05, 0.0), (long, 0.1, max(high, at[-1][2] + long)))
    flight = corners((side - THROW, 0.0, 0.0), (side + THROW, 0.2, 0.05))
    turns = abs(speed) * 60 / (2 * np.pi)
    nouns = (("block", "block"), ("ball", "ball"))
    counts = [(sum(one.name.startswith(name) for one in targets), noun) for name, noun in nouns]
    things = " and ".join(in_words(count, noun) for count, noun in counts if count)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([*parts, *targets, *statics]),
        joints=joints,
        couplings=_couplings(train),
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([around(targets), sweep, flight]),
            azimuth=(50.0, 130.0),
            elevation=(4.0, 26.0),
        ),
        caption=sentence(
            f"{in_words(len(train), f'{make.material} gear')} mesh on a panel on {{floor}}; the "
            f"last one swings a paddle at {turns:.0f} turns a minute into {things}."
        ),
    )


def _train(rng: np.random.Generator) -> list[Gear]:
    """Gears from left to right, drawn until none meshes with more than its neighbours."""
    module = draw(rng, MODULE)
    while True:
        train = [
            Gear(
                teeth=draw_count(rng, TEETH),
                module=module,
                x=0.0,
                z=0.0,
                phase=draw(rng, (0.0, 1.0)),
            )
        ]
        for _ in range(draw_count(rng, NUM_GEARS) - 1):
            towards = float(np.radians(draw(rng, CLIMB, 1)))
            train.append(train[-1].next(draw_count(rng, TEETH), towards))
        pairs = zip(train, train[2:], strict=False)
        if all(
            np.hypot(one.x - other.x, one.z - other.z) > one.tip + other.tip + 2 * module
            for one, other in pairs
        ):
            return train


def _make(rng: np.random.Generator, count: int) -> Make:
    material = pick(rng, GEAR_MATERIALS)
    looks = [surface(rng, material, 0.1) for _ in range(count)]
    return Make(
        material=material,
        looks=paints(rng, material, count) if material in PAINTED else looks,
        depth=draw(rng, DEPTH),
    )


def _solid(gear: Gear, make: Make) -> Shape:
    return shape("gear", radius=gear.tip, teeth=gear.teeth, half_height=make.depth / 2, bore=BORE)


def _wheel(gear: Gear, make: Make, index: int, at: np.ndarray) -> Body:
    # The shape lies in its xy-plane; turned about x, its y becomes the world's z.
    turn = turned("y", -float(np.degrees(gear.phase))) * turned("x", 90.0)
    solid = _solid(gear, make)
    place, rotation = drawn_at(solid, (at[0], at[1], at[2]), turn)
    look = make.looks[index]
    return body(f"gear_{index}", solid, make.material, look, at=place, rotation=rotation)


def _stand(
    rng: np.random.Generator,
    train: list[Gear],
    at: list[np.ndarray],
    make: Make,
    base: float,
) -> tuple[list[Body], Surface]:
    """A board, a panel on it behind the gears, their axles; and the look of the metal parts."""
    material, metal = pick(rng, STAND_MATERIALS), surface(rng, "steel", 0.1)
    look, thick = surface(rng, material, 0.4), draw(rng, PANEL)
    low = min(place[0] - gear.tip for place, gear in zip(at, train, strict=True)) - MARGIN
    high = max(place[0] + gear.tip for place, gear in zip(at, train, strict=True)) + MARGIN
    top = max(place[2] for place in at) + MARGIN
    face = -make.depth / 2 - 2 * PLAY
    front = make.depth / 2 + PADDLE_DEPTH[1] + 0.12
    foot = 0.06
    return [
        slab(
            "base",
            material,
            look,
            (low - foot, face - thick - foot, 0.0),
            (high + foot, front, base),
        ),
        slab("panel", material, look, (low, face - thick, base), (high, face, top)),
        *(
            axle(
                f"axle_{index}",
                "steel",
                metal,
                ((place[0], face, place[2]), (place[0], make.depth / 2 + PLAY / 2, place[2])),
                0.9 * BORE * gear.tip,
            )
            for index, (place, gear) in enumerate(zip(at, train, strict=True))
        ),
    ], metal


def _paddle(
    rng: np.random.Generator, make: Make, at: np.ndarray, long: float, speed: float
) -> tuple[Body, float]:
    """A bar in front of the last gear, and the angle it starts at from hanging down [deg]."""
    depth, width = draw(rng, PADDLE_DEPTH), draw(rng, PADDLE_WIDTH)
    # It comes down towards the target: turning towards +x it starts on the side of -x.
    start = -float(np.sign(speed)) * draw(rng, AHEAD, 1)
    middle = np.add(at, (0.0, make.depth / 2 + PLAY + depth / 2, 0.0))
    ends = middle, middle + (long - width / 2) * direction(start)
    look = paints(rng, "painted wood", 1)[0]
    return bar("paddle", "pine", look, ends, width=width, depth=depth), start


def _handle(gear: Gear, make: Make, at: np.ndarray, metal: Surface) -> Body:
    """A peg on the driving gear that shows how it turns."""
    side = gear.tip * (BORE + HANDLE)
    root = np.add(at, (side * np.cos(gear.phase), 0.0, side * np.sin(gear.phase)))
    ends = root, np.add(root, (0.0, 1.6 * make.depth, 0.0))
    return pin("handle", "steel", metal, ends, THICK * gear.tip)


def _comes_by(gear: Gear, at: np.ndarray, targets: list[Body]) -> bool:
    """Would the handle of a gear touch what stands there?"""
    path = gear.tip * (BORE + HANDLE + THICK)  # the farthest that the peg gets from its axle
    gaps = [np.hypot(*np.subtract(one.position, at)[[0, 2]]) - reach(one.shape) for one in targets]
    return min(gaps) < path + PLAY


def _ratio(train: list[Gear], index: int) -> float:
    """Turns of a gear for one of the last gear."""
    return (-1) ** (len(train) - 1 - index) * train[-1].teeth / train[index].teeth


def _joints(
    rng: np.random.Generator,
    train: list[Gear],
    built: tuple[list[Body], list[Body], list[np.ndarray]],
    speed: float,
) -> list[Joint]:
    """A hinge for every gear, the first one driven so that the last one gets its speed."""
    gears, axles, at = built
    friction, margin = draw(rng, FRICTION, 5), draw(rng, TORQUE, 2)
    load = sum(
        inertia([gear], place) * _ratio(train, index) ** 2
        for index, (gear, place) in enumerate(zip(gears, at, strict=True))
    )
    load = 3 * load / _ratio(train, 0) ** 2  # as felt by the first gear, with the paddle
    first = speed * _ratio(train, 0)
    limit = margin * load * abs(first) / SPIN_UP
    motor = steady(load, first, spin_up=SPIN_UP, limit=limit)
    return [
        hinge(
            gear,
            axles[index],
            at[index],
            axis=(0.0, -1.0, 0.0),
            friction=friction,
            motor=motor if index == 0 else None,
        )
        for index, gear in enumerate(gears)
    ]


def _couplings(train: list[Gear]) -> list[Coupling]:
    """Meshing teeth; the solver holds the ratio, so teeth never have to touch."""
    return [
        Coupling(
            driver=f"gear_{index}_on_axle_{index}",
            follower=f"gear_{index + 1}_on_axle_{index + 1}",
            ratio=round(-one.teeth / other.teeth, 12),
        )
        for index, (one, other) in enumerate(pairwise(train))
    ]


def _target(
    rng: np.random.Generator,
    front: float,
    reach: tuple[np.ndarray, float],
    motion: tuple[float, float],
    base: float,
) -> list[Body]:
    """A ball or a column of blocks where the paddle's tip comes by on its way up."""
    at, long = reach
    size, material = draw(rng, TARGET), pick(rng, TARGET_MATERIALS)
    side = float(np.sign(motion[1]))
    height = at[2] - base
    count = draw_count(rng, NUM_BLOCKS)
    # On the board, the tip's circle is this wide at the target's height.
    level = min(2 * size, height)
    wide = np.sqrt(max(long**2 - (height - level) ** 2, 0.0))
    x = side * (wide * (1 - draw(rng, MET, 3)) + size)
    y = front + size
    if chance(rng, BALL_SHARE):
        solid, look = shape("sphere", radius=size), bold_surface(rng, material, size)
        return [body("ball_0", solid, material, look, at=(x, y, base + size))]
    solid = shape("box", half_extents=(size, size, size))
    looks = (surface(rng, material, size), *paints(rng, material, 1))
    return [
        body(
            f"block_{number}",
            solid,
            material,
            looks[number % 2],
            at=(x, y, base + (2 * number + 1) * size),
        )
        for number in range(count)
    ]

"""Motors turn cranks whose pistons run to and fro and punch blocks and balls off a bench."""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..linkage import PLAY, axle, bar, fixed, hinge, inertia, paints, pin, sliding, steady
from ..materials import bold_surface, surface
from ..staging import body, mass, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=1920)  # [Hz]; a piston moves 0.6 mm a step at 1.2 m/s
CONVERGENCE = (0.15, 0.001)  # before the first punch [s], [m]

NUM_CRANKS = (1, 3)
CRANK = (0.045, 0.08)  # from its axle to its pin [m]: half the stroke
ROD = (2.4, 3.6)  # connecting rod over crank [1]; engines have 3 to 4
WHEEL = (1.25, 1.5)  # radius of the disc over the crank [1]
SPEED = (5.0, 11.0)  # [rad/s]: 50 to 105 turns a minute
SPIN_UP = 0.15  # of the motor [s]
LOAD_MARGIN = 6.0  # of the motor's torque over what the wheel needs to get up to speed [1]
PUSH = (12.0, 30.0)  # force that the motor can put behind a piston, as torque over crank [N]
PHASE = (100.0, 200.0)  # of the crank at the start, 180 is drawn back [deg]
PISTON = (0.045, 0.06)  # half width and half height [m]
PISTON_LENGTH = (0.05, 0.09)  # half [m]
CLEAR = 0.008  # between wheel and piston when it is drawn back [m]
WIDTH = (0.028, 0.04)  # of the connecting rod [m]
DEPTH = (0.01, 0.016)  # of wheel and rod [m]
REACHED = (0.3, 0.6)  # of the stroke is left when the piston meets what stands before it [1]
TARGET = (0.028, 0.042)  # radius or half edge [m]
NUM_BLOCKS = (2, 4)  # in a column
BALL_SHARE = 0.4  # of the targets are balls
BASE = (0.03, 0.05)  # thickness of the bench's top [m]
LANE_GAP = (0.05, 0.09)  # between cranks [m]
PILLAR = 0.04  # thickness of a bearing's pillar [m]
LEDGE = (0.12, 0.3)  # of the bench beyond the targets [m]
BENCH = (0.12, 0.35)  # height of the bench [m]
WHEEL_MATERIALS = ("steel", "brass", "oak", "plastic")
BODY_MATERIALS = ("plastic", "painted wood")
TARGET_MATERIALS = ("pine", "cork", "painted wood", "plastic", "rubber")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor")
FLIGHT = 0.25  # how far targets are thrown beyond the bench [m]


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Crank, rod and piston, alike in all lanes."""

    crank: float
    rod: float
    wheel: float
    """Radius of the disc [m]."""
    depth: float
    width: float
    piston: tuple[float, float, float]
    """Half extents [m]."""
    bench: float
    """Height of the bench [m]."""
    wheel_material: str
    material: str
    """Of rod and piston."""

    @property
    def axis(self) -> float:
        """Height of the crank's axle [m]."""
        return self.bench + self.wheel + 0.015

    def stretch(self, phase: float) -> float:
        """Place of the piston's pin, from the axle [m]; phase [rad]."""
        return self.crank * np.cos(phase) + np.sqrt(self.rod**2 - (self.crank * np.sin(phase)) ** 2)


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The axles lie at x = 0, the pistons punch towards +x; lanes lie side by side along y."""
    count = draw_count(rng, NUM_CRANKS)
    engine = _engine(rng)
    pitch = 2 * engine.piston[1] + engine.depth * 2 + PILLAR + draw(rng, LANE_GAP)
    speed = draw(rng, SPEED, 2) * draw_sign(rng)
    bodies: list[Body] = []
    targets: list[Body] = []
    statics: list[Body] = []
    joints: list[Joint] = []
    looks = paints(rng, engine.material, 2)
    for lane in range(count):
        y = (lane - (count - 1) / 2) * pitch
        phase = draw(rng, PHASE, 1)
        parts, held, still = _lane(rng, engine, (lane, y, phase), looks, speed)
        bodies += parts
        joints += held
        statics += still
        targets += _target(rng, engine, lane, y)
    far = engine.crank + engine.rod + engine.piston[0] + draw(rng, LEDGE)
    half = (count - 1) / 2 * pitch + engine.piston[1] + PILLAR + 0.05
    statics += _bench(rng, engine, (-engine.wheel - 0.06, far), half)
    sweep = corners((-engine.wheel, -half, 0.0), (far, half, engine.axis + engine.wheel))
    flight = corners((far, -half, 0.0), (far + FLIGHT, half, 0.05))
    turns = abs(speed) * 60 / (2 * np.pi)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([*bodies, *targets, *statics]),
        joints=joints,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([sweep, flight]), azimuth=(25.0, 75.0), elevation=(12.0, 34.0)
        ),
        caption=_caption(count, engine, turns, targets),
    )


def _caption(count: int, engine: Engine, turns: float, targets: list[Body]) -> str:
    blocks = sum(one.name.startswith("block") for one in targets)
    balls = len(targets) - blocks
    things = [in_words(n, noun) for n, noun in ((blocks, "block"), (balls, "ball")) if n]
    wheels = in_words(count, f"{engine.wheel_material} crank")
    drives, piston = ("drives", "its piston") if count == 1 else ("drive", "their pistons")
    return sentence(
        f"{wheels} turning {turns:.0f} times a minute {drives} {piston} against "
        f"{' and '.join(things)} on a bench that stands on {{floor}}."
    )


def _engine(rng: np.random.Generator) -> Engine:
    crank = draw(rng, CRANK)
    piston, length = draw(rng, PISTON), draw(rng, PISTON_LENGTH)
    wheel = round(max(crank * draw(rng, WHEEL, 3), piston), 4)
    # Drawn back, the piston stays clear of the wheel.
    shortest = crank + wheel + length + CLEAR
    return Engine(
        crank=crank,
        rod=round(max(crank * draw(rng, ROD, 3), shortest), 4),
        wheel=wheel,
        depth=draw(rng, DEPTH),
        width=draw(rng, WIDTH),
        piston=(length, draw(rng, (0.03, piston)), piston),
        bench=draw(rng, BENCH),
        wheel_material=pick(rng, WHEEL_MATERIALS),
        material=pick(rng, BODY_MATERIALS),
    )


def _lane(
    rng: np.random.Generator,
    engine: Engine,
    place: tuple[int, float, float],
    looks: list[Surface],
    speed: float,
) -> tuple[list[Body], list[Joint], list[Body]]:
    """One crank with rod and piston: what moves, its joints, and the pillar and rails."""
    lane, y, degrees = place
    phase = np.radians(degrees)
    metal = surface(rng, "steel", 0.1)
    axis = np.array((0.0, y, engine.axis))
    deep = np.array((0.0, engine.depth / 2, 0.0))
    front = np.array((0.0, engine.depth + PLAY, 0.0))  # from the wheel's plane to the rod's
    arm = axis + engine.crank * np.array((np.cos(phase), 0.0, np.sin(phase)))
    wrist = np.add(axis, (engine.stretch(phase), 0.0, 0.0))
    wheel, piston = _ends(rng, engine, lane, (axis, wrist), looks[1])
    radius = 0.28 * engine.width
    crank_pin = pin(f"crank_pin_{lane}", "steel", metal, (arm - deep, arm + front + deep), radius)
    link = bar(
        f"rod_{lane}",
        engine.material,
        looks[0],
        (arm + front, wrist + front),
        width=engine.width,
        depth=engine.depth,
    )
    wrist_pin = pin(f"wrist_pin_{lane}", "steel", metal, (wrist, wrist + front + deep), radius)
    statics = _pillar(rng, engine, lane, axis, metal)
    moved = [wheel, crank_pin, link, piston, wrist_pin]
    load = inertia(moved[:2], axis) + mass(piston.shape, engine.material) * engine.crank**2
    torque = draw(rng, PUSH) * engine.crank + LOAD_MARGIN * load * abs(speed) / SPIN_UP
    motor = steady(load, -speed, spin_up=SPIN_UP, limit=torque)
    joints = [
        hinge(wheel, statics[-1], axis, motor=motor),
        fixed(crank_pin, wheel),
        hinge(link, crank_pin, arm + front),
        fixed(wrist_pin, piston),
        hinge(link, wrist_pin, wrist + front),
        Joint(
            name=f"piston_{lane}_slides",
            kind="slider",
            child=piston.name,
            anchor=piston.position,
            axis=(1.0, 0.0, 0.0),
        ),
    ]
    return moved, joints, statics


def _ends(
    rng: np.random.Generator,
    engine: Engine,
    lane: int,
    places: tuple[np.ndarray, np.ndarray],
    look: Surface,
) -> tuple[Body, Body]:
    """The crank's disc, and the piston whose front face lies in the disc's front plane."""
    wheel = body(
        f"crank_{lane}",
        shape("cylinder", radius=engine.wheel, half_height=engine.depth / 2),
        engine.wheel_material,
        bold_surface(rng, engine.wheel_material, engine.wheel),
        at=places[0],
        rotation=turned("x", 90.0),
    )
    back = np.array((0.0, engine.depth / 2 - engine.piston[1], 0.0))
    solid = shape("box", half_extents=engine.piston)
    piston = body(f"piston_{lane}", solid, engine.material, look, at=places[1] + back)
    return wheel, piston


def _pillar(
    rng: np.random.Generator, engine: Engine, lane: int, axis: np.ndarray, metal: Surface
) -> list[Body]:
    """A pillar behind the wheel, a block under the piston's way, and the axle, last."""
    look = surface(rng, "steel", 0.2)
    x, y, z = axis
    back = y - engine.depth / 2 - 2 * PLAY
    half = 0.5 * PILLAR
    pillar = slab(
        f"pillar_{lane}",
        "steel",
        look,
        (x - half, back - PILLAR, engine.bench),
        (x + half, back, z + half),
    )
    ends = ((x, back, z), (x, y + engine.depth / 2 + PLAY / 2, z))
    near = engine.rod - engine.crank - engine.piston[0]
    # It ends before the nearest targets; the piston is a ram that reaches beyond it.
    far = engine.rod + engine.crank * (1 - 2 * REACHED[1]) + engine.piston[0]
    side = y + engine.depth / 2 - engine.piston[1]
    low = z - engine.piston[2] - PLAY
    bed = slab(
        f"bed_{lane}",
        "steel",
        look,
        (max(near, engine.wheel + CLEAR / 2), side - engine.piston[1], engine.bench),
        (far, side + engine.piston[1], low),
    )
    return [pillar, bed, axle(f"axle_{lane}", "steel", metal, ends, 0.3 * engine.width)]


def _target(rng: np.random.Generator, engine: Engine, lane: int, y: float) -> list[Body]:
    """A ball or a column of blocks that the piston meets before the end of its stroke."""
    is_ball = chance(rng, BALL_SHARE)
    material = pick(rng, TARGET_MATERIALS)
    size = draw(rng, TARGET)
    face = engine.rod + engine.crank + engine.piston[0]
    x = face - 2 * engine.crank * draw(rng, REACHED, 3) + size + 0.01
    side = y + engine.depth / 2 - engine.piston[1]
    if is_ball:
        size = max(size, 0.8 * engine.piston[2])
        solid = shape("sphere", radius=size)
        look = bold_surface(rng, material, size)
        return [body(f"ball_{lane}", solid, material, look, at=(x, side, engine.bench + size))]
    looks = (surface(rng, material, size), *paints(rng, material, 1))
    solid = shape("box", half_extents=(size, size, size))
    return [
        body(
            f"block_{lane}_{level}",
            solid,
            material,
            looks[level % 2],
            at=(x, side, engine.bench + (2 * level + 1) * size),
        )
        for level in range(draw_count(rng, NUM_BLOCKS))
    ]


def _bench(
    rng: np.random.Generator, engine: Engine, ends: tuple[float, float], half: float
) -> list[Body]:
    """A solid block under the engines, as long as the bench."""
    material = pick(rng, ("oak", "pine", "painted wood"))
    look = surface(rng, material, 0.5)
    thick = draw(rng, BASE)
    top = slab(
        "bench_top",
        material,
        look,
        (ends[0], -half, engine.bench - thick),
        (ends[1], half, engine.bench),
    )
    inset = 0.04
    foot = slab(
        "bench_foot",
        material,
        look,
        (ends[0] + inset, -half + inset, 0.0),
        (ends[1] - inset, half - inset, engine.bench - thick),
    )
    return [top, foot]

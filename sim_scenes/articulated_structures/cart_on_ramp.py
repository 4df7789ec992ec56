"""Carts on four wheels roll down a ramp with their freight into walls of blocks."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, around, corners
from ..linkage import fixed, hinge, paints, rod, sliding
from ..materials import bold_surface, surface
from ..staging import body, drawn_at, shape, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=1920)  # [Hz]; a cart moves 1.3 mm a step at 2.5 m/s
CONVERGENCE = (0.3, 0.001)  # while it rolls down the ramp [s], [m]

NUM_CARTS = (1, 2)
SLOPE = (12.0, 24.0)  # [deg]
LENGTH = (0.8, 1.2)  # of the slope [m]
START_SPEED = (0.5, 1.2)  # down the slope [m/s]
DECK = ((0.1, 0.15), (0.05, 0.07), (0.01, 0.018))  # half length, width and height [m]
WHEEL = (0.03, 0.048)  # radius [m]
WHEEL_WIDTH = (0.009, 0.014)  # half [m]
AXLES_AT = (0.6, 0.8)  # from the middle, over the deck's half length [1]
BEARING = (0.0, 0.0005)  # damping of a wheel [N m s/rad]; toy wheels coast for seconds
BEARING_FRICTION = (0.0, 0.002)  # dry, of a wheel [N m]
NUM_FREIGHT = (1, 3)  # blocks on each deck
FREIGHT = (0.5, 0.75)  # half edge over the deck's half width [1]
RUN_OUT = (0.15, 0.35)  # flat ground between ramp and wall [m]
WALL_ROWS = (2, 4)  # of blocks, in running bond
WALL_COLUMNS = 2  # of blocks, wide
BLOCK = (0.028, 0.04)  # half height of a block [m]; it is half as long again
AXLE = 0.005  # radius [m]
PLAY = 0.003  # between wheel and deck [m]
LANE = (0.06, 0.14)  # between carts, and beside them to the edge of the ramp [m]
RAMP_MATERIALS = ("pine", "oak", "painted wood", "plastic")
DECK_MATERIALS = ("pine", "painted wood", "plastic", "oak")
WHEEL_MATERIALS = ("rubber", "painted wood", "plastic", "oak")
BLOCK_MATERIALS = ("pine", "cork", "painted wood", "plastic")
FREIGHT_MATERIALS = ("pine", "cork", "painted wood", "rubber", "marble", "brick")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "brick paving")
ROLL_ON = 0.45  # how far carts and blocks get behind the wall [m]


@dataclass(frozen=True, kw_only=True)
class Cart:
    """How every cart is built."""

    deck: tuple[float, float, float]
    """Half extents [m]."""
    wheel: float
    wheel_width: float
    axles_at: float
    """From the middle of the deck [m]."""
    material: str
    wheel_material: str
    damping: float
    friction: float

    @property
    def half_width(self) -> float:
        """Out to the wheels' faces [m]."""
        return self.deck[1] + PLAY + 2 * self.wheel_width


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The ramp ends at x = 0 and the carts run towards +x, side by side along y."""
    count = draw_count(rng, NUM_CARTS)
    slope, length, speed = draw(rng, SLOPE, 2), draw(rng, LENGTH), draw(rng, START_SPEED, 2)
    cart, lane = _cart(rng), draw(rng, LANE)
    pitch = 2 * cart.half_width + lane
    half_width = (count * pitch + lane) / 2
    ramp = _ramp(rng, slope, length, half_width)
    looks = paints(rng, cart.material, count)
    bodies: list[Body] = []
    joints: list[Joint] = []
    walls: list[Body] = []
    for index in range(count):
        y = (index - (count - 1) / 2) * pitch
        parts, held = _rolling(rng, cart, (slope, length, speed), (index, y), looks[index])
        bodies += parts
        joints += held
        walls += _wall(rng, cart, index, y, len(walls))
    freight = [one for one in bodies if one.name.startswith("freight")]
    far = max(one.position[0] for one in walls) + ROLL_ON
    rest = corners((0.0, -half_width - 0.1, 0.0), (far, half_width + 0.1, 0.1))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([*bodies, *walls, ramp]),
        joints=joints,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([around([*bodies, *walls]), rest]),
            azimuth=pick(rng, ((20.0, 80.0), (-80.0, -20.0))),
            elevation=(7.0, 30.0),
        ),
        caption=_caption(count, cart, slope, speed, (len(freight), len(walls))),
    )


def _caption(count: int, cart: Cart, slope: float, speed: float, blocks: tuple[int, int]) -> str:
    carts = in_words(count, f"{cart.material} cart")
    verb = "rolls" if count == 1 else "roll"
    freight = in_words(blocks[0], "loose block")
    return sentence(
        f"{carts} loaded with {freight} {verb} down a ramp of {slope:.0f} degrees, at first at "
        f"{speed:.1f} m/s, into {in_words(blocks[1], 'block')} on {{floor}}."
    )


def _cart(rng: np.random.Generator) -> Cart:
    deck = tuple(draw(rng, one) for one in DECK)
    wheel = draw(rng, WHEEL)
    return Cart(
        deck=(deck[0], deck[1], deck[2]),
        wheel=wheel,
        wheel_width=draw(rng, WHEEL_WIDTH),
        axles_at=min(round(deck[0] * draw(rng, AXLES_AT, 3), 4), deck[0] - 0.01),
        material=pick(rng, DECK_MATERIALS),
        wheel_material=pick(rng, WHEEL_MATERIALS),
        damping=draw(rng, BEARING, 6),
        friction=draw(rng, BEARING_FRICTION, 5),
    )


def _ramp(rng: np.random.Generator, slope: float, length: float, half_width: float) -> Body:
    """A wedge that ends at x = 0; it is drawn rising towards +x, so it is turned about."""
    angle, material = np.radians(slope), pick(rng, RAMP_MATERIALS)
    half_x, half_z = length * np.cos(angle) / 2, length * np.sin(angle) / 2
    solid = shape("wedge", half_extents=(half_x, half_width, half_z))
    place, rotation = drawn_at(solid, (-half_x, 0.0, half_z), turned("z", 180.0))
    look = surface(rng, material, 0.4)
    return body("ramp", solid, material, look, at=place, rotation=rotation, is_static=True)


def _rolling(
    rng: np.random.Generator,
    cart: Cart,
    way: tuple[float, float, float],
    place: tuple[int, float],
    look: Surface,
) -> tuple[list[Body], list[Joint]]:
    """A loaded cart near the top of the slope, already rolling."""
    (slope, length, speed), (index, y) = way, place
    turn = turned("y", slope)
    down = turn.apply((1.0, 0.0, 0.0))
    top = np.array((0.0, y, 0.0)) - (length - 1.1 * cart.deck[0] - cart.wheel) * down
    axle_height = cart.wheel + 1e-5

    def at(x: float, across: float, above: float) -> np.ndarray:
        """A point of the cart, `above` the line of its axles."""
        return top + turn.apply((x, across, axle_height + above))

    motion = {"velocity": speed * down}
    deck = body(
        f"cart_{index}",
        shape("box", half_extents=cart.deck),
        cart.material,
        look,
        at=at(0.0, 0.0, cart.deck[2]),
        rotation=turn,
        **motion,
    )
    bodies, joints = [deck], []
    metal, tread = surface(rng, "steel", 0.1), bold_surface(rng, cart.wheel_material, cart.wheel)
    offset = cart.deck[1] + PLAY + cart.wheel_width
    for end, x in (("front", cart.axles_at), ("rear", -cart.axles_at)):
        ends = at(x, -offset, 0.0), at(x, offset, 0.0)
        shaft = replace(
            rod(f"axle_{end}_{index}", "steel", metal, ends, AXLE),
            linear_velocity=deck.linear_velocity,
        )
        bodies.append(shaft)
        joints.append(fixed(shaft, deck))
        for side, middle in zip(("right", "left"), ends, strict=True):
            wheel = _wheel(cart, f"wheel_{end}_{side}_{index}", tread, (middle, turn), speed)
            bodies.append(wheel)
            joints.append(hinge(wheel, shaft, middle, damping=cart.damping, friction=cart.friction))
    return [*bodies, *_freight(rng, cart, index, deck, turn)], joints


def _wheel(
    cart: Cart, name: str, look: Surface, pose: tuple[np.ndarray, Rotation], speed: float
) -> Body:
    middle, turn = pose
    return body(
        name,
        shape("cylinder", radius=cart.wheel, half_height=cart.wheel_width),
        cart.wheel_material,
        look,
        at=middle,
        rotation=turn * turned("x", 90.0),
        velocity=speed * turn.apply((1.0, 0.0, 0.0)),
        spin=(0.0, speed / cart.wheel, 0.0),
    )


def _freight(
    rng: np.random.Generator, cart: Cart, index: int, deck: Body, turn: Rotation
) -> list[Body]:
    """Blocks on the deck: one or two side by side, a third on top of the rear one."""
    size = cart.deck[1] * draw(rng, FREIGHT, 3)
    size = min(size, cart.deck[0] / 2 - 0.002)
    material, count = pick(rng, FREIGHT_MATERIALS), draw_count(rng, NUM_FREIGHT)
    look = surface(rng, material, size)
    seats = ((-size - 0.001, 1), (size + 0.001, 1), (-size - 0.001, 3))
    return [
        body(
            f"freight_{index}_{number}",
            shape("box", half_extents=(size, size, size)),
            material,
            look,
            at=np.array(deck.position) + turn.apply((x, 0.0, cart.deck[2] + level * size)),
            rotation=turn,
            velocity=deck.linear_velocity,
        )
        for number, (x, level) in enumerate(seats[:count])
    ]


def _wall(rng: np.random.Generator, cart: Cart, index: int, y: float, first: int) -> list[Body]:
    """Running bond across a cart's way."""
    half, material = draw(rng, BLOCK), pick(rng, BLOCK_MATERIALS)
    looks = (surface(rng, material, half), *paints(rng, material, 1))
    length = cart.half_width / WALL_COLUMNS
    x = draw(rng, RUN_OUT) + cart.deck[0] + half
    bodies = []
    for row in range(draw_count(rng, WALL_ROWS)):
        middles = (-1.0, 1.0) if row % 2 == 0 else (0.0,)
        for middle in middles:
            bodies.append(
                body(
                    f"block_{first + len(bodies)}",
                    shape("box", half_extents=(half, length - 0.0005, half)),
                    material,
                    looks[row % 2],
                    at=(x, y + middle * length, (2 * row + 1) * half),
                )
            )
    return bodies

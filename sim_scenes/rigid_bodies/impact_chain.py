"""Balls strike a row of equal balls, which passes the push on to dominoes, balls and blocks."""

from dataclasses import dataclass, field

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    any_rotation,
    chance,
    draw,
    draw_count,
    draw_sign,
    in_words,
    listed,
    pick,
    sentence,
    turned,
)
from ..filming import Shot, around
from ..materials import bold_surface, substance, surface
from ..staging import body, shape, stage

SPLIT = "held_out"
SOLVER = Solver(name="rigid_pybullet", rate=2880)  # [Hz]; a ball moves 1.1 mm a step at 3.2 m/s
CONVERGENCE = (0.1, 0.004)  # [s], [m]: the first impact; balls leave 1.5 % faster

NUM_STRIKERS = (1, 3)  # balls that come rolling; as many leave the row, as in Newton's cradle
NUM_IN_ROW = (3, 5)
NUM_IN_SECOND_ROW = (2, 3)
SECOND_ROW_SHARE = 0.6  # of the clips; in the others the dominoes push a single ball
RADIUS = (0.028, 0.038)  # of all balls [m]
SPEED = (2.2, 3.2)  # of the strikers [m/s]
APPROACH = (0.12, 0.25)  # free way of the first striker [m]: it hits after 0.05 to 0.15 s
ROW_GAP = (0.00005, 0.0003)  # left between balls [m]: impacts follow one another
FREE = (0.04, 0.1)  # way of a ball to what it hits next [m]
BEND = (120.0, 190.0)  # of the row of dominoes, to the left or right [deg]
BEND_RADIUS = (0.17, 0.24)  # [m]
DOMINO_HEIGHT = (2.6, 3.2)  # over the radius of the balls [1]: struck a little below the middle
DOMINO_SHAPE = (0.2, 0.55)  # thickness and width over the height [1]
DOMINO_PITCH = (0.5, 0.65)  # from domino to domino over the height [1]
PUSH_GAP = 0.7  # from the last domino to the ball, in radii [1]: it has fallen by 25 degrees then
BLOCK = (0.55, 0.75)  # half edge of a block over the radius of the balls [1]
NUM_BLOCKS = (3, 5)  # on top of each other
RAIL = (1.1, 0.4)  # height and width of the rails, in radii [1]
RAIL_PLAY = 0.04  # between ball and rail, in radii [1]
BALL_MATERIALS = ("glass", "phenolic resin")  # of the highest restitution
DOMINO_MATERIALS = ("marble", "ceramic", "granite", "brass", "steel")
DENSER = 1.35  # dominoes over balls, at least [1]: light ones lean on the balls and stop
BLOCK_MATERIALS = ("cork", "pine", "painted wood", "plastic")
RAIL_MATERIALS = ("oak", "pine", "painted wood", "plastic")
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor", "marble floor")


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A point of the floor [m] and the way the chain goes there [deg]."""

    x: float = 0.0
    y: float = 0.0
    heading: float = 0.0

    def ahead(self, way: float, left: float = 0.0, turn: float = 0.0) -> "_Place":
        """Further on, to the left, and turned to the left."""
        angle = np.radians(self.heading)
        x = self.x + way * np.cos(angle) - left * np.sin(angle)
        y = self.y + way * np.sin(angle) + left * np.cos(angle)
        return _Place(x=float(x), y=float(y), heading=self.heading + turn)


@dataclass(kw_only=True)
class _Chain:
    """What stands so far, and where the next thing may begin."""

    rng: np.random.Generator
    radius: float
    material: str
    end: _Place = field(default_factory=_Place)
    bodies: list[Body] = field(default_factory=list)

    def add(
        self, noun: str, solid: Shape, material: str, place: _Place, height: float, **motion
    ) -> None:
        """Another body called `<noun>_<k>`; balls in any orientation, others along the chain."""
        is_ball = solid.kind == "sphere"
        count = 1 + sum(one.name.startswith(f"{noun}_") for one in self.bodies)
        look = bold_surface if is_ball else surface
        self.bodies.append(
            body(
                f"{noun}_{count}",
                solid,
                material,
                look(self.rng, material, self.radius),
                at=(place.x, place.y, height),
                rotation=any_rotation(self.rng) if is_ball else turned("z", place.heading),
                **motion,
            )
        )


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The strikers come along +x, the dominoes turn about, the end comes back beside the start."""
    radius, speed = draw(rng, RADIUS), draw(rng, SPEED, 2)
    chain = _Chain(rng=rng, radius=radius, material=pick(rng, BALL_MATERIALS))
    rail = pick(rng, RAIL_MATERIALS)
    strikers = draw_count(rng, NUM_STRIKERS)
    _balls(chain, "striker", strikers, speed)
    chain.end = chain.end.ahead(draw(rng, APPROACH))
    first = draw_count(rng, NUM_IN_ROW)
    _balls(chain, "ball", first)
    rails = _rails(chain, rail, _Place(), chain.end)
    chain.end = chain.end.ahead(draw(rng, FREE))
    dominoes = _dominoes(chain)
    chain.end = chain.end.ahead(PUSH_GAP * radius)
    start = chain.end
    second = draw_count(rng, NUM_IN_SECOND_ROW) if chance(rng, SECOND_ROW_SHARE) else 1
    _balls(chain, "ball", second)
    rails += _rails(chain, rail, start.ahead(radius), chain.end)
    chain.end = chain.end.ahead(draw(rng, FREE))
    blocks = _blocks(chain)
    follow = [dominoes, f"a row of {in_words(second, 'ball')}" if second > 1 else "a ball", blocks]
    struck = in_words(strikers, f"{chain.material} ball")
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*chain.bodies, *rails],
        floor=pick(rng, FLOORS),
        shot=Shot(points=around(chain.bodies), elevation=(16.0, 40.0)),
        caption=sentence(
            f"{struck} at {speed:.1f} m/s on {{floor}} {'strikes' if strikers == 1 else 'strike'} "
            f"a row of {in_words(first, 'ball')}, which passes the push on to {listed(follow)}."
        ),
    )


def _balls(chain: _Chain, noun: str, number: int, speed: float = 0.0) -> None:
    """A row of balls that nearly touch, rolling together or at rest."""
    radius, gap = chain.radius, draw(chain.rng, ROW_GAP, 6)
    solid = shape("sphere", radius=radius)
    forward = turned("z", chain.end.heading).apply((1.0, 0.0, 0.0))
    spin = speed / radius * np.cross((0.0, 0.0, 1.0), forward)
    for index in range(number):
        place = chain.end.ahead(radius + index * (2 * radius + gap))
        chain.add(noun, solid, chain.material, place, radius, velocity=speed * forward, spin=spin)
    chain.end = chain.end.ahead(number * (2 * radius + gap) - gap)


def _dominoes(chain: _Chain) -> str:
    """A row along an arc, its last one upright before whatever follows."""
    rng = chain.rng
    height = chain.radius * draw(rng, DOMINO_HEIGHT)
    thickness, width = (share * height for share in DOMINO_SHAPE)
    bend, radius, side = draw(rng, BEND, 1), draw(rng, BEND_RADIUS), draw_sign(rng)
    steps = int(np.radians(bend) * radius / (height * draw(rng, DOMINO_PITCH)))
    least = DENSER * substance(chain.material).density
    material = pick(rng, [one for one in DOMINO_MATERIALS if substance(one).density > least])
    solid = shape("box", half_extents=(thickness / 2, width / 2, height / 2))
    start = chain.end.ahead(thickness / 2)
    for index in range(steps + 1):
        turn = bend * index / steps
        angle = np.radians(turn)
        chain.end = start.ahead(
            radius * np.sin(angle), side * radius * (1 - np.cos(angle)), side * turn
        )
        chain.add("domino", solid, material, chain.end, height / 2)
    chain.end = chain.end.ahead(thickness / 2)
    return in_words(steps + 1, f"{material} domino")


def _blocks(chain: _Chain) -> str:
    """A column, struck near its foot."""
    half = chain.radius * draw(chain.rng, BLOCK)
    material, count = pick(chain.rng, BLOCK_MATERIALS), draw_count(chain.rng, NUM_BLOCKS)
    solid = shape("box", half_extents=(half, half, half))
    for level in range(count):
        chain.add("block", solid, material, chain.end.ahead(half), (2 * level + 1) * half)
    return f"a column of {in_words(count, f'{material} block')}"


def _rails(chain: _Chain, material: str, start: _Place, end: _Place) -> list[Body]:
    """Two bars beside a straight stretch, that lead the balls."""
    radius = chain.radius
    thickness, height = RAIL[1] * radius, RAIL[0] * radius
    length = float(np.hypot(end.x - start.x, end.y - start.y))
    solid = shape("box", half_extents=(length / 2, thickness / 2, height / 2))
    look = surface(chain.rng, material, 0.1)
    rails = []
    for name, side in (("left", 1), ("right", -1)):
        place = start.ahead(length / 2, side * (radius * (1 + RAIL_PLAY) + thickness / 2))
        rail = body(
            f"rail_{name}_{len(chain.bodies)}",
            solid,
            material,
            look,
            at=(place.x, place.y, height / 2),
            rotation=turned("z", place.heading),
            is_static=True,
        )
        rails.append(rail)
    return rails

"""A tower of blocks falls because it leans beyond its support, or because a ball hits it."""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, draw_count, in_words, pick, sentence, turned, with_article
from ..filming import Shot, around
from ..materials import ball_of_mass, bold_surface, surface
from ..staging import body, mass, shape, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_pybullet", rate=3840)  # [Hz]; impacts at 4 m/s overlap by 1 mm
CONVERGENCE = (0.2, 0.003)  # [s], [m]: until blocks touch anew

NUM_BLOCKS = (5, 8)  # of each tower
HALF_WIDTH = (0.05, 0.09)  # of a block, in x and y [m]
FLATNESS = (0.5, 0.95)  # height of a block over its width [1]
STABLE_OFFSET = 0.1  # of each block off the axis, at most, in half widths [1]
OVERHANG = (0.4, 0.75)  # of the centre of mass beyond the supporting edge, in half widths [1]
STRUCK_SHARE = 0.5  # of the clips; in the others a tower falls by itself
NEIGHBOUR_SHARE = 0.5  # of the clips: a second tower that is stable
NEIGHBOUR_GAP = (0.1, 0.25)  # between the towers [m]
MOMENTUM = (0.4, 0.6)  # of the ball over the tower's mass [m/s]: about one block's mass
BALL_RADIUS = (0.05, 0.12)  # [m]
BALL_SPEED = (2.5, 4.5)  # [m/s]
BALL_DISTANCE = (0.35, 0.7)  # free way to the tower [m]: it hits after 0.08 to 0.28 s
STRIKE_HEIGHT = (0.5, 0.85)  # share of the tower's height [1]
BLOCK_MATERIALS = ("pine", "oak", "painted wood", "cork", "plastic", "marble", "brick")
BALL_MATERIALS = ("leather", "oak", "painted wood", "granite", "steel")
TABLE_SHARE = 0.85  # of the clips whose floor may be a table top and whose bodies fit on it
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "green mat", "linoleum floor")
REBOUND = 1.35  # the ball rolls back this far, in starting distances [1]
FALL_REACH = (1.2, 0.35)  # of most blocks over the height, forward and to the sides [1]
GRAVITY = 9.81  # [m/s2]


@dataclass(frozen=True, kw_only=True)
class Tower:
    """Equal blocks on top of each other, leaning along its own +x."""

    half: tuple[float, float, float]
    """Half extents of a block [m]."""
    offsets: np.ndarray
    """(N, 2) of each block off the axis, lowest first [m]."""
    material: str
    foot: np.ndarray
    """(2,) of the axis [m]."""
    heading: float
    """Of its +x [deg]."""

    @property
    def height(self) -> float:
        """Of the whole tower [m]."""
        return 2 * self.half[2] * len(self.offsets)

    @property
    def forward(self) -> np.ndarray:
        """Unit vector of its +x in the plane."""
        return turned("z", self.heading).apply((1.0, 0.0, 0.0))[:2]

    def reached(self, forward: float, side: float) -> np.ndarray:
        """A corner of the ground on which most blocks come to rest [m]."""
        ahead, sideways = (share * self.height for share in FALL_REACH)
        left = np.array([-self.forward[1], self.forward[0]])
        return np.append(self.foot + forward * ahead * self.forward + side * sideways * left, 0.0)

    def overhang(self) -> tuple[float, int]:
        """Largest distance of a centre of mass beyond its support [m], and the blocks it is of.

        Negative: everything above every block has its weight inside the face it stands on.
        """
        x = self.offsets[:, 0]
        beyond = [x[k + 1 :].mean() - x[k] - self.half[0] for k in range(len(x) - 1)]
        worst = int(np.argmax(beyond))
        return float(beyond[worst]), len(x) - 1 - worst


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The first tower moves, struck or unstable; a second one may stand beside it."""
    struck = chance(rng, STRUCK_SHARE)
    heading = draw(rng, (0.0, 360.0), 2)
    tower = _tower(rng, heading, stands=struck)
    bodies = _blocks(rng, tower, "block")
    floor = pick(rng, FLOORS)
    fallen = [tower.reached(forward, side) for forward in (0, 1) for side in (-1, 1)]
    if struck:
        ball, fact = _striker(rng, tower)
        bodies.append(ball)
        back = tower.foot + REBOUND * (np.array(ball.position[:2]) - tower.foot)
        fallen.append(np.append(back, 0.0))
    else:
        beyond, above = tower.overhang()
        fact = (
            f"falls: the centre of mass of its upper {in_words(above, 'block')} lies "
            f"{100 * beyond:.1f} cm beyond the edge they stand on"
        )
    count = len(tower.offsets)
    caption = f"a tower of {in_words(count, f'{tower.material} block')} on {{floor}} {fact}."
    if chance(rng, NEIGHBOUR_SHARE):
        neighbour = _tower(rng, heading, stands=True)
        neighbour = _beside(rng, tower, neighbour)
        bodies += _blocks(rng, neighbour, "neighbour")
        many = in_words(len(neighbour.offsets), f"{neighbour.material} block")
        caption += f" A stable tower of {many} stands beside it."
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        floor=floor,
        table_share=TABLE_SHARE,
        shot=Shot(points=np.concatenate([around(bodies), fallen])),
        caption=sentence(caption),
    )


def _tower(rng: np.random.Generator, heading: float, *, stands: bool) -> Tower:
    width = draw(rng, HALF_WIDTH)
    count = draw_count(rng, NUM_BLOCKS)
    offsets = rng.uniform(-STABLE_OFFSET, STABLE_OFFSET, (count, 2)) * width
    if not stands:
        # From one block on, each leans by the same step; the mean of the steps is the overhang.
        lowest = draw_count(rng, (0, count - 4))
        above = count - 1 - lowest
        step = 2 * width * (1 + draw(rng, OVERHANG)) / (above + 1)
        offsets[lowest:, 0] = offsets[lowest, 0] + step * np.arange(above + 1)
    return Tower(
        half=(width, width, width * draw(rng, FLATNESS)),
        offsets=offsets,
        material=pick(rng, BLOCK_MATERIALS),
        foot=np.zeros(2),
        heading=heading,
    )


def _beside(rng: np.random.Generator, tower: Tower, neighbour: Tower) -> Tower:
    """The neighbour moved to the side of the way in which the tower falls."""
    gap = draw(rng, NEIGHBOUR_GAP) + (1 + STABLE_OFFSET) * (tower.half[0] + neighbour.half[0])
    sideways = np.array([-tower.forward[1], tower.forward[0]])
    return Tower(
        half=neighbour.half,
        offsets=neighbour.offsets,
        material=neighbour.material,
        foot=tower.foot + gap * sideways,
        heading=neighbour.heading,
    )


def _blocks(rng: np.random.Generator, tower: Tower, name: str) -> list[Body]:
    solid = shape("box", half_extents=tower.half)
    rotation = turned("z", tower.heading)
    return [
        body(
            f"{name}_{index}",
            solid,
            tower.material,
            surface(rng, tower.material, 2 * tower.half[0]),
            at=np.add(
                rotation.apply((*offset, (2 * index + 1) * tower.half[2])), (*tower.foot, 0.0)
            ),
            rotation=rotation,
        )
        for index, offset in enumerate(tower.offsets)
    ]


def _striker(rng: np.random.Generator, tower: Tower) -> tuple[Body, str]:
    """A ball thrown level along the tower's +x, and what it does in words."""
    block = shape("box", half_extents=tower.half)
    speed = draw(rng, BALL_SPEED, 2)
    tower_mass = mass(block, tower.material) * len(tower.offsets)
    ball_mass = draw(rng, MOMENTUM) * tower_mass / speed
    material, radius = ball_of_mass(rng, ball_mass, BALL_MATERIALS, BALL_RADIUS)
    way = draw(rng, BALL_DISTANCE)
    drop = GRAVITY * (way / speed) ** 2 / 2
    start = tower.foot - tower.forward * (way + radius + (1 + STABLE_OFFSET) * tower.half[0])
    ball = body(
        "ball",
        shape("sphere", radius=radius),
        material,
        bold_surface(rng, material, radius),
        at=(*start, tower.height * draw(rng, STRIKE_HEIGHT) + drop),
        velocity=(*(speed * tower.forward), 0.0),
    )
    return ball, f"is struck by {with_article(material)} ball at {speed:.1f} m/s"

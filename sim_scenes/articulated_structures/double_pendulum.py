"""Double and triple pendulums on posts are let go from high up and tumble without friction."""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..linkage import PLAY, bar, bearing_post, direction, fixed, hinge, paints, pin, sliding
from ..materials import bold_surface, surface
from ..staging import body, shape, slab, stage

SPLIT = "held_out"
SOLVER = Solver(name="rigid_mujoco", rate=1920)  # [Hz]; the tip moves 4 mm a step at 8 m/s
CONVERGENCE = (0.5, 0.001)  # before the first link passes the top or turns back [s], [m]

NUM_LINKS = (2, 3)  # of a single pendulum; twins have two
TWIN_SHARE = 0.4  # of the clips: two alike, started almost alike, part company (chaos)
TWIN_OFFSET = (0.5, 3.0)  # of the second one's first link [deg]
LENGTH = (0.16, 0.32)  # of a link between its axles [m]
START = (80.0, 165.0)  # of the first link from hanging down [deg]
BEND = (-60.0, 60.0)  # of each further link against the one before [deg]
WIDTH = (0.035, 0.055)  # of a link [m]
DEPTH = (0.008, 0.014)  # of a link [m]
TIP = (0.035, 0.06)  # radius of the disc on the last link [m]
DAMPING = (0.0, 0.002)  # of a bearing [N m s/rad]; ball bearings of this size are below 0.001
FREE_SHARE = 0.6  # of the clips: bearings without any damping
PIN = 0.3  # radius of an axle over the width of a link [1]
POST = (0.05, 0.08)  # width [m]
BASE = (0.02, 0.05)  # thickness of the board [m]
CLEARANCE = (0.04, 0.12)  # of the hanging chain above the base [m]
BETWEEN = (0.05, 0.1)  # the reaches of twins [m]
LINK_MATERIALS = ("steel", "oak", "plastic", "painted wood", "brass")
STAND_MATERIALS = ("pine", "oak", "painted wood", "plastic")
PAINTED = ("plastic", "painted wood")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "green mat")


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A pendulum before it is placed."""

    material: str
    lengths: tuple[float, ...]
    angles: tuple[float, ...]
    """Of every link from hanging down [deg]."""
    width: float
    depth: float
    tip: float
    """Radius of its last disc [m]."""
    damping: float
    looks: tuple[Surface, ...]
    """Of the links, in turn."""
    tip_look: Surface

    @property
    def reach(self) -> float:
        """Of the stretched chain [m]."""
        return sum(self.lengths) + self.tip

    @property
    def front(self) -> float:
        """How far it stands out from the post [m]."""
        return (len(self.lengths) + 1) * (self.depth + PLAY) + self.depth


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Links hang one before the other in front of their post, towards +y."""
    offset = draw(rng, TWIN_OFFSET, 1) * draw_sign(rng)
    starts = (0.0, offset) if chance(rng, TWIN_SHARE) else (0.0,)
    chain = _chain(rng, 2 if len(starts) > 1 else draw_count(rng, NUM_LINKS))
    base = draw(rng, BASE)
    height = round(base + chain.reach + draw(rng, CLEARANCE), 4)
    half = (len(starts) - 1) * (chain.reach + draw(rng, BETWEEN) / 2)
    stand, look, width = _stand(rng)
    metal = surface(rng, "steel", 0.1)
    bodies: list[Body] = []
    joints: list[Joint] = []
    posts: list[Body] = []
    for index, extra in enumerate(starts):
        at = np.array((2 * index * half - half, 0.0, height))
        post, axle = bearing_post(
            f"post_{index}",
            stand,
            (look, metal),
            at,
            base=base,
            width=width,
            reach=PLAY + chain.depth,
            radius=PIN * chain.width,
        )
        posts += [post, axle]
        parts, its_joints = _assembled(chain, extra, axle, at, (index, metal))
        bodies += parts
        joints += its_joints
    reach = chain.reach
    foot = 0.45 * reach
    low, high = (-half - foot, -width - foot, 0.0), (half + foot, chain.front + foot, base)
    posts.append(slab("base", stand, look, low, high))
    sweep = corners((-half - reach, 0.0, base), (half + reach, chain.front, height + reach))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([*bodies, *posts]),
        joints=joints,
        floor=pick(rng, FLOORS),
        shot=Shot(points=sweep, azimuth=(55.0, 125.0), elevation=(3.0, 25.0)),
        caption=_caption(chain, len(starts)),
    )


def _caption(chain: Chain, count: int) -> str:
    links = in_words(count * len(chain.lengths), f"{chain.material} link")
    name = "double" if len(chain.lengths) == 2 else "triple"
    what = f"a {name} pendulum" if count == 1 else f"two {name} pendulums that start almost alike"
    verb = "is" if count == 1 else "are"
    return sentence(
        f"{what}, made of {links}, {verb} let go {abs(chain.angles[0]):.0f} degrees from hanging "
        f"and {'tumbles' if count == 1 else 'tumble'} above {{floor}}."
    )


def _chain(rng: np.random.Generator, count: int) -> Chain:
    material = pick(rng, LINK_MATERIALS)
    angles = [draw(rng, START, 1) * draw_sign(rng)]
    for _ in range(count - 1):
        angles.append(angles[-1] + draw(rng, BEND, 1))
    tip = draw(rng, TIP)
    looks = [surface(rng, material, 0.2) for _ in range(count)]
    return Chain(
        material=material,
        lengths=tuple(draw(rng, LENGTH) for _ in range(count)),
        angles=tuple(angles),
        width=draw(rng, WIDTH),
        depth=draw(rng, DEPTH),
        tip=tip,
        damping=0.0 if chance(rng, FREE_SHARE) else draw(rng, DAMPING, 5),
        looks=tuple(paints(rng, material, count) if material in PAINTED else looks),
        tip_look=bold_surface(rng, "brass", tip),
    )


def _stand(rng: np.random.Generator) -> tuple[str, Surface, float]:
    """Material, look and width of the posts [m]."""
    material = pick(rng, STAND_MATERIALS)
    return material, surface(rng, material, 0.4), draw(rng, POST)


def _assembled(
    chain: Chain, extra: float, axle: Body, at: np.ndarray, numbered: tuple[int, Surface]
) -> tuple[list[Body], list[Joint]]:
    """Links, the axles between them and the disc on the last one; `at` is on the post's front."""
    index, metal = numbered
    bodies: list[Body] = []
    joints: list[Joint] = []
    holder, place, y = axle, np.array(at), at[1] + PLAY
    deep = np.array((0.0, chain.depth / 2, 0.0))
    step = np.array((0.0, chain.depth + PLAY, 0.0))
    place[1] = y + deep[1]
    count = len(chain.lengths)
    for number, (length, angle) in enumerate(zip(chain.lengths, chain.angles, strict=True)):
        end = place + length * direction(angle + extra)
        link = bar(
            f"link_{index}_{number}",
            chain.material,
            chain.looks[number],
            (place, end),
            width=chain.width,
            depth=chain.depth,
        )
        joints.append(hinge(link, holder, place, damping=chain.damping))
        bodies.append(link)
        if number < count - 1:
            # From the back of this link to the front of the next one.
            ends = end - deep, end + step + deep
            holder = pin(f"pin_{index}_{number}", "steel", metal, ends, PIN * chain.width)
            joints.append(fixed(holder, link))
            bodies.append(holder)
            place = end + step
        else:
            disc = shape("cylinder", radius=chain.tip, half_height=chain.depth)
            tip = body(
                f"disc_{index}",
                disc,
                "brass",
                chain.tip_look,
                at=end + deep,  # flush with the back of its link
                rotation=turned("x", 90.0),
            )
            joints.append(fixed(tip, link))
            bodies.append(tip)
    return bodies, joints

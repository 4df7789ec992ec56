"""A motor turns the crank of a four-bar linkage whose rocker swings a mallet at what stands by."""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..linkage import PLAY, bar, bearing_post, fixed, hinge, inertia, paints, pin, servo
from ..materials import bold_surface, surface
from ..staging import body, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=1920)  # [Hz]; the mallet moves 1.6 mm a step at 3 m/s
CONVERGENCE = (0.15, 0.001)  # before the first blow [s], [m]

CRANK = (0.05, 0.08)  # between its axles [m]: the shortest link
GROUND = (2.6, 3.6)  # between the fixed axles, over the crank [1]
COUPLER = (2.4, 3.6)  # over the crank [1]
ROCKER = (1.9, 2.8)  # over the crank [1]
GRASHOF = 0.3  # shortest plus longest link below the other two by this, in cranks [1]
TRANSMISSION = (35.0, 145.0)  # angle between coupler and rocker over a turn [deg]: the usual 90 +- 50
SWING = (38.0, 80.0)  # of the rocker from end to end [deg]
MALLET = (2.2, 3.4)  # from the rocker's axle down to the mallet's middle, over the crank [1]
HEAD = (0.03, 0.045)  # half the height of the mallet's head [m]
SPEED = (6.0, 11.0)  # of the crank [rad/s]: 57 to 105 turns a minute
SPIN_UP = 0.15  # of the motor [s]
TORQUE = (2.0, 4.0)  # of the motor over what the linkage needs to get up to speed [1]
WIDTH = (0.024, 0.034)  # of a link [m]
DEPTH = (0.008, 0.014)  # of a link [m]
NUM_BLOCKS = (2, 4)  # in each column
BALL_SHARE = 0.4  # of the targets are balls
TARGET = (0.024, 0.036)  # radius or half edge [m]
TARGET_GAP = 0.01  # beside the mallet's way at the start [m]
HIT = (0.25, 0.5)  # of the swing at which the mallet meets a target, from its end [1]
POST = (0.035, 0.05)  # width [m]
BASE = (0.02, 0.04)  # thickness of the board [m]
LINK_MATERIALS = ("plastic", "painted wood")
HEAD_MATERIALS = ("rubber", "oak", "steel", "brass")
TARGET_MATERIALS = ("pine", "cork", "painted wood", "plastic")
STAND_MATERIALS = ("pine", "oak", "painted wood", "steel")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "green mat")
THROW = 0.45  # how far targets are thrown [m]


@dataclass(frozen=True, kw_only=True)
class Linkage:
    """Lengths of a crank-rocker [m]."""

    crank: float
    ground: float
    coupler: float
    rocker: float

    def joint(self, crank_angle: np.ndarray) -> np.ndarray:
        """(N, 2) place of the pin between coupler and rocker; axles at (0, 0), (ground, 0)."""
        pins = self.crank * np.column_stack([np.cos(crank_angle), np.sin(crank_angle)])
        across = np.array((self.ground, 0.0)) - pins
        gap = np.linalg.norm(across, axis=1)
        along = (self.coupler**2 - self.rocker**2 + gap**2) / (2 * gap)
        height = np.sqrt(np.maximum(self.coupler**2 - along**2, 0.0))
        unit = across / gap[:, None]
        normal = np.column_stack([-unit[:, 1], unit[:, 0]])
        return pins + along[:, None] * unit + height[:, None] * normal

    def rocker_angles(self) -> np.ndarray:
        """Of the rocker from the direction of the ground link, over a turn [rad]."""
        pins = self.joint(np.linspace(0.0, 2 * np.pi, 181)) - (self.ground, 0.0)
        return np.arctan2(pins[:, 1], pins[:, 0])

    def is_usable(self) -> bool:
        """Does the crank turn all the way, and does the rocker swing well?"""
        sides = sorted((self.crank, self.ground, self.coupler, self.rocker))
        if sides[0] + sides[3] > sides[1] + sides[2] - GRASHOF * self.crank:
            return False
        low, high = np.radians(TRANSMISSION)
        for gap in (self.ground - self.crank, self.ground + self.crank):
            cosine = (self.coupler**2 + self.rocker**2 - gap**2) / (
                2 * self.coupler * self.rocker
            )
            if not np.cos(high) < cosine < np.cos(low):
                return False
        swing = np.degrees(np.ptp(self.rocker_angles()))
        return bool(SWING[0] < swing < SWING[1])


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
    """The linkage moves in planes of constant y; crank, coupler and rocker lie behind each other."""
    linkage = _linkage(rng)
    build = _build(rng, linkage)
    base = draw(rng, BASE)
    height = round(base + build.mallet + build.head[2] + 0.01, 4)
    speed = draw(rng, SPEED, 2) * draw_sign(rng)
    start = draw(rng, (0.0, 2 * np.pi))
    posts, axles = _posts(rng, linkage, build, base, height)
    bodies, joints = _links(rng, linkage, build, (start, height), axles)
    joints[0] = _driven(joints[0], bodies, axles[0], speed, preset.num_frames / preset.fps, rng)
    targets = _targets(rng, linkage, build, start, base)
    xs = [one.position[0] for one in bodies + targets]
    low = min(-linkage.crank - 0.03, *xs) - 0.08
    high = max(*xs) + 0.08
    back, front = posts[0].position[1] - 0.06, _layer(build, 2) + build.head[1] + 0.05
    board = slab("base", "oak", surface(rng, "oak", 0.5), (low, back, 0.0), (high, front, base))
    top = height + linkage.rocker + 0.03
    sweep = corners((low, back, 0.0), (high, front, top))
    flight = corners((low - THROW, front - 0.2, 0.0), (high + THROW, front, 0.05))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*bodies, *targets, *posts, *axles, board],
        joints=joints,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([sweep, flight]), azimuth=(48.0, 132.0), elevation=(5.0, 28.0)
        ),
        caption=_caption(build, speed, targets),
    )

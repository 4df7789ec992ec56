"""Two hands shake heavy ropes that are tied to a post: waves run along them."""

import numpy as np

from phys4d_pipeline.mechanism import Path, Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, in_words, pick, sentence
from ..filming import Shot, corners
from ..materials import surface
from ..rigging import GAP, TIMBER, a_rope, handle, motion_seconds
from ..rope_materials import NOUNS
from ..rope_shapes import laid, through
from ..staging import slab, stage

SPLIT = "train"
SOLVER = Solver(name="rope", rate=24000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (0.5, 0.01)  # [s], [m]

LENGTH = (2.4, 3.2)  # from the post to the hands [m]
RADIUS = (0.014, 0.019)  # [m]: training ropes are 38 mm thick
ROPES = ("hemp", "nylon", "cotton")
HAND_HEIGHT = (0.5, 0.7)  # [m]
APART = (0.35, 0.55)  # ropes [m]
BEAT = (1.6, 2.4)  # of the hands [Hz]
STROKE = (0.12, 0.2)  # of the hands up and down [m]
IN_STEP_SHARE = 0.4  # of the clips; otherwise one hand goes up as the other comes down
KEYS_PER_BEAT = 8
TIE_HEIGHT = 0.12  # of the rope at the post [m]
SPACING = 3.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "green mat", "linoleum floor", "brick paving")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The post stands at the origin, the ropes run along +x to the hands."""
    length, apart, made = draw(rng, LENGTH), draw(rng, APART), pick(rng, ROPES)
    radius, height, stroke = draw(rng, RADIUS), draw(rng, HAND_HEIGHT), draw(rng, STROKE)
    beat, in_step = draw(rng, BEAT, 2), chance(rng, IN_STEP_SHARE)
    seconds = motion_seconds(preset)
    bodies, ties = [], []
    for index, side in enumerate((-1.0, 1.0)):
        points = laid(_curve(length, height, side * apart / 2, radius), SPACING * radius)
        rope = a_rope(rng, f"rope_{index + 1}", points, radius, made)
        path = _beating(stroke if in_step else side * stroke, beat, seconds)
        pointing = points[-2] - points[-1]
        pointing /= np.linalg.norm(pointing)
        hand = handle(rng, f"hand_{index + 1}", points[-1], pointing, radius, path)
        bodies += [rope, hand]
        ties += [Tie(body=rope.name, point=0), Tie(body=rope.name, point=-1, holder=hand.name)]
    half = apart / 2 + 0.06
    top = height + stroke + 0.1
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*bodies, _post(rng, apart)],
        ties=ties,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-0.1, -half, 0.0), (length + 0.25, half, 0.35)),
                    corners((length - 0.5, -half, 0.0), (length + 0.25, half, top)),
                ]
            ),
            azimuth=pick(rng, ((30.0, 110.0), (-110.0, -30.0))),
            elevation=(8.0, 26.0),
        ),
        caption=sentence(
            f"{in_words(2, 'hand')} shake {in_words(2, NOUNS[made])} {beat:.1f} times a second, "
            f"{'together' if in_step else 'by turns'}: waves run along them to a post on {{floor}}."
        ),
    )


def _curve(length: float, height: float, y: float, radius: float) -> np.ndarray:
    """From the post down to the floor, along it and up to the hand."""
    floor = radius + GAP
    xs = (0.0, 0.12, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0)
    share = (1.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.15, 0.6, 1.0)
    ends = (TIE_HEIGHT, height)
    knots = [
        (radius + GAP + x * length, y, floor + part * (ends[x > 0.5] - floor))
        for x, part in zip(xs, share, strict=True)
    ]
    curve = through(knots)
    curve[:, 2] = np.maximum(curve[:, 2], floor)
    return curve


def _beating(stroke: float, beat: float, seconds: float) -> Path:
    """Up and down about the start, beyond the clip's end."""
    count = int(np.ceil((seconds + 0.2) * beat * KEYS_PER_BEAT))
    times = np.arange(count + 1) / (beat * KEYS_PER_BEAT)
    heights = stroke * np.sin(2 * np.pi * beat * times)
    return Path(
        times=tuple(round(float(time), 6) for time in times),
        shifts=tuple((0.0, 0.0, round(float(z), 6)) for z in heights),
    )


def _post(rng: np.random.Generator, apart: float) -> Body:
    wood = pick(rng, TIMBER)
    half = apart / 2 + 0.05
    return slab("post", wood, surface(rng, wood, 0.3), (-0.1, -half, 0.0), (0.0, half, 0.3))

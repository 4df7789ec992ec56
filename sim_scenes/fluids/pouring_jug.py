"""A jug tilts and pours what is in it into a vessel that stands beside it."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, pick, sentence, turned, vec, with_article
from ..filming import Shot, corners
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..staging import stage
from ..vessels import Vessel, bowl, cup, mug

SPLIT = "held_out"
SOLVER = Solver(name="liquid", rate=60)  # [Hz]
CONVERGENCE = (0.1, 0.02)  # [s], [m]; then the liquid runs up to the jug's lip
LEAST = 5000  # particles: fewer keep volume and energy to 3 % only

JUG_RADIUS = (0.04, 0.048)  # [m]
JUG_HEIGHT = (2.3, 2.7)  # over its radius [1]
FILLED = (0.62, 0.78)  # of the jug's height [1]
JUGS = ("glass", "ceramic", "steel", "plastic", "glass")
INTO = ("bowl", "glass", "mug")
BOWL = (0.085, 0.1)  # radius [m]
GLASS = (0.055, 0.062), (1.7, 2.0)  # radius [m], height over it [1]
WALL = (0.1, 0.13)  # thickness over the radius [1]
VESSELS = ("ceramic", "glass", "plastic", "glass")
LIP = (0.025, 0.045)  # height of the lip over the vessel's rim while pouring [m]
BEFORE = (0.45, 0.6)  # from the vessel's middle back to the lip, over its radius [1]
ASIDE = 0.02  # free width between jug and vessel at the start [m]
BEGUN = 40.0  # tilt at which the lip has come over the vessel [deg]
TILT = (100.0, 118.0)  # at the end [deg]
SECONDS = (1.5, 1.9)  # until then
EASE = 1.6  # power of the time left in the way left [1]: fast first, slow in the end
KEYS = 10
TURNED = 0.45  # of the jug's height: its foot, or its handle, over the mouth in the end [1]
MARGIN = 0.03  # of the grid around what moves [m]
OPEN = ("-x", "+x", "-y", "+y", "+z")
LIQUIDS = ("water", "blue water", "red juice", "tea", "milk", "orange juice")
FLOORS = ("wooden floor", "tiled floor", "linoleum floor", "marble floor", "concrete floor")
VIEWS = ((55.0, 125.0), (-125.0, -55.0))  # azimuths [deg]: of the plane in which it tilts


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The vessel stands at the origin, the jug comes from -x."""
    vessel, jug = _vessel(rng), _jug(rng)
    liquid, filled = pick(rng, LIQUIDS), draw(rng, FILLED) * jug.height
    lip = np.array([-draw(rng, BEFORE) * vessel.radius, 0.0, vessel.height + draw(rng, LIP)])
    raised = max(lip[2], jug.height + 0.004)  # its base clear of the floor
    first = np.array([-vessel.radius - ASIDE, 0.0, raised])
    base = first - (jug.radius, 0.0, jug.height)
    poured = jug.filled("poured", liquid, filled, at=vec(base))
    cell = cell_for(max(preset.particles, LEAST), poured.shape)
    tilt, seconds = draw(rng, TILT, 1), draw(rng, SECONDS, 2)
    material = pick(rng, JUGS)
    handle = turned("z", 180.0 if jug.noun == "mug" else draw(rng, (0.0, 360.0), 1))
    standing = jug.standing(
        "jug", material, surface(rng, material, jug.radius), at=vec(base), turn=handle
    )
    led = _led(standing, first, lip, tilt, seconds)
    top = max(raised, lip[2] + 2 * jug.radius + TURNED * jug.height)
    low = (base[0] - jug.height - MARGIN, -vessel.radius - MARGIN, 0.0)
    high = (vessel.radius + MARGIN, vessel.radius + MARGIN, top + MARGIN)
    into = pick(rng, VESSELS)
    below = vessel.standing("vessel", into, surface(rng, into, vessel.radius), at=(0.0, 0.0, 0.0))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[led, below, poured],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(
                (base[0] - jug.radius, -vessel.radius, 0.0),
                (vessel.radius, vessel.radius, top),
            ),
            azimuth=pick(rng, VIEWS),
            elevation=(8.0, 26.0),
        ),
        caption=sentence(
            f"{with_article(material)} jug on {{floor}} tilts by {tilt:.0f} degrees in "
            f"{seconds:.1f} s and pours {liquid} into {with_article(into)} {vessel.noun}."
        ),
        grid=grid_over(vec(low), vec(high), cell, open_sides=OPEN),
    )


def _jug(rng: np.random.Generator) -> Vessel:
    radius = draw(rng, JUG_RADIUS)
    height = round(radius * draw(rng, JUG_HEIGHT), 4)
    return mug(radius, height) if draw_count(rng, (0, 1)) else cup(radius, height, draw(rng, WALL))


def _vessel(rng: np.random.Generator) -> Vessel:
    noun = pick(rng, INTO)
    if noun == "bowl":
        return bowl(draw(rng, BOWL), draw(rng, WALL))
    radius = draw(rng, GLASS[0])
    height = round(radius * draw(rng, GLASS[1]), 4)
    return cup(radius, height, draw(rng, WALL)) if noun == "glass" else mug(radius, height)


def _led(jug: Body, first: np.ndarray, lip: np.ndarray, tilt: float, seconds: float) -> Body:
    """The jug on a path that tilts it about its lip, which first comes to where it pours from.

    Args:
        jug: As it starts, upright.
        first: Where its lip is then [m].
        lip: Where it pours from [m].
        tilt: At the end [deg].
        seconds: Until then.
    """
    share = np.linspace(0.0, 1.0, KEYS)
    angles = tilt * (1.0 - (1.0 - share) ** EASE)
    come = np.minimum(angles / BEGUN, 1.0)
    come = come * come * (3.0 - 2.0 * come)
    arm = np.array(jug.position) - first
    shifts = [
        vec(
            (1.0 - s) * first
            + s * lip
            + Rotation.from_euler("y", a, degrees=True).apply(arm)
            - np.array(jug.position)
        )
        for s, a in zip(come, angles, strict=True)
    ]
    path = Path(
        times=tuple(np.round(seconds * share, 4).tolist()),
        shifts=tuple(shifts),
        turns=tuple(np.round(np.radians(angles), 5).tolist()),
        axis=(0.0, 1.0, 0.0),
    )
    return replace(jug, is_static=False, path=path)

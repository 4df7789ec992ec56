"""A drum with a glass front turns, and the beads in it slide down again and again."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface, Texture
from phys4d_pipeline.scene_catalog import Preset

from ..beads import any_bead, how_many, sorted_by_color
from ..draws import draw, draw_sign, listed, pick, sentence, turned
from ..filming import Shot, corners
from ..materials import bold_surface, surface
from ..packing import packed
from ..palette import PAINTS
from ..staging import body, shape, stage
from ..tanks import CLEAR

SPLIT = "held_out"
SOLVER = Solver(name="grains", rate=24000)  # [Hz]; beads tumble at 1 m/s and sink in by 0.2 mm
CONVERGENCE = (
    0.1,
    0.008,
)  # [s], [m]; the loose start has settled then, and the first beads begin to slide

GRAINS = (250, 2400)  # by the preset
SPREAD = 0.12  # of the radii, both ways [1]
RADIUS = (0.13, 0.17)  # of the drum, inside [m]
DEPTH = 6.0  # inside, in diameters, with the most grains; with fewer, their cube root
FILL = (0.33, 0.42)  # of the drum's section at the start [1]
PACKING = 0.53  # share of the bed that beads fill [1]
RATE = (14.0, 27.0)  # [rpm]
SPUN_UP = 0.25  # until it turns at its rate [s]
WALL = 0.08  # thickness of the drum over its radius [1]
DISC = 0.006  # thickness of its two ends [m]
ROLLER = (0.03, 0.04)  # radius of the two rollers it lies on [m]
APART = (32.0, 40.0)  # of the rollers from the vertical, seen from the drum's axis [deg]
GAP = 0.0005  # between drum and rollers, rollers and floor: led bodies do not touch [m]
ROUNDNESS = 0.994  # of the drum: flat wedges between 32 cuts reach in by half a percent [1]
SECTORS = (2, 3)  # heaps of different colours, side by side
DRUMS = ("steel", "painted wood", "plastic", "oak")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Its axis lies along y over the origin; the glass is at +y."""
    count, radius = how_many(preset, GRAINS[1], GRAINS[0]), draw(rng, RADIUS)
    across = DEPTH * (count / GRAINS[1]) ** (1 / 3)
    area = draw(rng, FILL, 3) * np.pi * radius**2
    size = round(float(np.sqrt(6 * PACKING * across * area / (np.pi * count))), 5)
    depth = round(across * size, 4)
    radii = size / 2 * rng.uniform(1.0 - SPREAD, 1.0 + SPREAD, count)
    roller, apart = draw(rng, ROLLER), np.radians(draw(rng, APART, 1))
    outer = radius * (1.0 + WALL)
    height = round(roller + GAP + (outer + roller + GAP) * float(np.cos(apart)), 4)
    centres = _places(rng, radii, (radius, depth, height))
    bead, sectors = any_bead(rng), int(rng.integers(SECTORS[0], SECTORS[1] + 1))
    rank = np.argsort(np.argsort(centres[:, 0])) * sectors // count
    beads, colors = sorted_by_color(rng, bead, centres, radii, rank)
    rate = draw(rng, RATE, 1) * draw_sign(rng)
    material = pick(rng, DRUMS)
    drum = _drum(rng, material, (radius, depth, height))
    seconds = preset.num_frames / preset.fps
    turning = [replace(part, path=_turn(rate, seconds)) for part in drum]
    rollers = _rollers(rng, (outer, depth, height), roller, apart)
    rolling = [replace(one, path=_turn(-rate * outer / roller, seconds)) for one in rollers]
    told = f" of {listed(colors)}" if all(colors) else ""
    half = depth / 2 + DISC
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*beads, *turning, *rolling],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-outer, -half, 0.0), (outer, half, height + outer)),
            azimuth=(60.0, 120.0),
            elevation=(4.0, 16.0),
        ),
        caption=sentence(
            f"one {material} drum with a glass front, a third full of {bead.noun}{told}, turns at "
            f"{abs(rate):.0f} rpm on {{floor}}."
        ),
    )


def _places(
    rng: np.random.Generator, radii: np.ndarray, drum: tuple[float, float, float]
) -> np.ndarray:
    """(N, 3) centres in the lower part of a drum of this radius, depth and height [m]."""
    inside, depth, height = drum

    def floor(places: np.ndarray, radius: float) -> np.ndarray:
        room = (ROUNDNESS * inside - radius) ** 2 - places[:, 0] ** 2
        return np.where(room > 0.0, height - np.sqrt(np.maximum(room, 0.0)), height + inside)

    return packed(rng, radii, (-inside, -depth / 2), (inside, depth / 2), floor)


def _turn(rate: float, seconds: float) -> Path:
    """About y, from rest to a steady rate [rpm]."""
    spin = rate * np.pi / 30
    times = np.concatenate(
        [np.linspace(0.0, SPUN_UP, 6), SPUN_UP + np.arange(1, 13) / 12 * seconds]
    )
    begun = np.minimum(times, SPUN_UP)
    turns = spin * (begun**2 / (2 * SPUN_UP) + np.maximum(times - SPUN_UP, 0.0))
    return Path(
        times=tuple(times.round(6).tolist()),
        turns=tuple(turns.round(6).tolist()),
        axis=(0.0, 1.0, 0.0),
    )


def _drum(rng: np.random.Generator, material: str, drum: tuple[float, float, float]) -> list[Body]:
    """A ring, a back with a bold pattern that shows how it turns, and a glass front."""
    inside, depth, height = drum
    outer, lying = inside * (1.0 + WALL), turned("x", -90.0)
    ring = shape("pipe", radius=outer, inner_radius=inside, half_height=round(depth / 2, 6))
    disc = shape("cylinder", radius=outer, half_height=DISC / 2)
    ends = depth / 2 + DISC / 2
    back = Surface(
        base_color=PAINTS["cream"],
        roughness=0.6,
        texture=Texture(kind="checker", scale=round(inside, 4), second_color=PAINTS["white"]),
    )
    look = surface(rng, material, outer)
    return [
        body("drum", ring, material, look, at=(0.0, 0.0, height), rotation=lying),
        body("back", disc, material, back, at=(0.0, -ends, height), rotation=lying),
        body("front", disc, "glass", CLEAR, at=(0.0, ends, height), rotation=lying),
    ]


def _rollers(
    rng: np.random.Generator, drum: tuple[float, float, float], radius: float, apart: float
) -> list[Body]:
    """Two that lie on the floor and carry the drum."""
    outer, depth, _ = drum
    x = (outer + radius + GAP) * float(np.sin(apart))
    solid = shape("cylinder", radius=radius, half_height=round(depth / 2, 6))
    look = bold_surface(rng, "rubber", radius)
    return [
        body(
            name,
            solid,
            "rubber",
            look,
            at=(sign * x, 0.0, radius + GAP),
            rotation=turned("x", 90.0),
        )
        for name, sign in (("roller_1", -1), ("roller_2", 1))
    ]

"""Dominoes in a curved row; the first one is pushed."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, around
from ..materials import surface
from ..staging import body, shape, stage

SPLIT = "held_out"
SOLVER = Solver(name="rigid_pybullet", rate=2400)  # [Hz]; a tip moves 0.8 mm a step at 2 m/s
CONVERGENCE = (0.4, 0.003)  # [s], [m]: the first dominoes push each other

NUM_DOMINOES = (16, 36)
HEIGHT = (0.05, 0.12)  # toy dominoes to small books [m]
WIDTH = (0.45, 0.6)  # as a fraction of height [1]
THICKNESS = (0.13, 0.2)  # as a fraction of height [1]
GAP = (0.3, 0.55)  # free space to the next one as a fraction of height [1]
GROWTH = (1.01, 1.03)  # height of each over the one before, in growing runs [1]
GROWING_SHARE = 0.3  # of the clips
PUSH = (1.5, 3.0)  # speed of the first one over the least that topples it [1]
BEND = (20.0, 65.0)  # largest heading off the row's mean direction [deg]
WAVES = (0.5, 1.3)  # bends along the row [1]
ARC = (-80.0, 80.0)  # steady turn along the whole row [deg]
MATERIALS = ("painted wood", "oak", "pine", "plastic", "ceramic", "marble")
TABLE_SHARE = 0.85  # of the clips whose floor may be a table top and whose bodies fit on it
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "green mat", "linoleum floor")
GRAVITY = 9.81  # [m/s2]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Headings stay within 145 degrees of the mean, so the row cannot cross itself."""
    count = draw_count(rng, NUM_DOMINOES)
    growth = draw(rng, GROWTH, 3) if chance(rng, GROWING_SHARE) else 1.0
    tallest = draw(rng, HEIGHT)
    heights = tallest * growth ** (np.arange(count) - count + 1.0)
    proportions = (draw(rng, THICKNESS), draw(rng, WIDTH))
    gap = draw(rng, GAP)
    places, headings = _path(rng, heights, proportions[0] + gap)
    material = pick(rng, MATERIALS)
    floor = pick(rng, FLOORS)
    bodies = _dominoes(rng, material, heights, proportions, places, headings)
    beyond = places[-1] + 1.2 * tallest * _direction(headings[-1])  # where the last one falls
    points = np.concatenate([around(bodies), [(*beyond, 0.0)]])
    tall = f"{'growing to' if growth > 1 else 'all'} {100 * tallest:.0f} cm tall"
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
        shot=Shot(points=points, elevation=(14.0, 42.0)),
        caption=sentence(
            f"the first of {in_words(count, f'{material} domino')} in a curved row, {tall}, "
            "is pushed and they topple one after another "
            "on {floor}."
        ),
    )


def _path(
    rng: np.random.Generator, heights: np.ndarray, pitch: float
) -> tuple[np.ndarray, np.ndarray]:
    """Foot points [m] and headings [deg] along a meander with a steady turn."""
    along = np.linspace(0.0, 1.0, len(heights))
    phase = draw(rng, (0.0, 2 * np.pi))
    bend = draw(rng, BEND, 2) * np.sin(2 * np.pi * draw(rng, WAVES, 3) * along + phase)
    headings = bend + draw(rng, ARC, 2) * (along - 0.5)
    steps = pitch * heights[1:, None] * _direction((headings[1:] + headings[:-1]) / 2)
    places = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)])
    return places - (places.min(0) + places.max(0)) / 2, headings


def _direction(heading: np.ndarray) -> np.ndarray:
    angle = np.radians(heading)
    return np.stack([np.cos(angle), np.sin(angle)], -1)


def _dominoes(
    rng: np.random.Generator,
    material: str,
    heights: np.ndarray,
    proportions: tuple[float, float],
    places: np.ndarray,
    headings: np.ndarray,
) -> list[Body]:
    looks = [surface(rng, material, float(heights[-1])) for _ in range(draw_count(rng, (1, 4)))]
    push = draw(rng, PUSH, 3)
    bodies = []
    for index, (height, place, heading) in enumerate(zip(heights, places, headings, strict=True)):
        half = np.array([proportions[0], proportions[1], 1.0]) * height / 2
        forward = np.append(_direction(heading), 0.0)
        spin = push * _toppling_rate(half[0], half[2]) * np.cross((0, 0, 1), forward)
        # It starts to turn about its front lower edge, which stays on the ground.
        velocity = np.cross(spin, (0, 0, half[2]) - half[0] * forward)
        moves = 1.0 if index == 0 else 0.0
        bodies.append(
            body(
                f"domino_{index}",
                shape("box", half_extents=tuple(half)),
                material,
                looks[index % len(looks)],
                at=(*place, half[2]),
                rotation=turned("z", heading),
                velocity=moves * velocity,
                spin=moves * spin,
            )
        )
    return bodies


def _toppling_rate(half_thickness: float, half_height: float) -> float:
    """Least angular speed about the lower edge that lifts the centre over it [rad/s].

    Energy: w^2 (4/3) d^2 / 2 = g (d - h), with d the distance of the centre from the edge.
    """
    distance = np.hypot(half_thickness, half_height)
    return float(np.sqrt(1.5 * GRAVITY * (distance - half_height)) / distance)

"""A funnel full of sand is carried along and pours out a ridge, or stands still over a cone."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, draw_sign, pick, sentence, turned
from ..filming import Shot, corners
from ..grain_materials import DRY, grain_body
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..staging import body, drawn_at, shape, stage

SPLIT = "train"
SOLVER = Solver(name="sand", rate=60)  # [Hz]; it takes as many steps as sound in sand asks for
CONVERGENCE = (0.15, 0.01)  # [s], [m]

RADIUS = (0.12, 0.15)  # of the funnel's upper rim, outside [m]
SLENDER = (1.4, 1.7)  # its height over this radius [1]
WALL_SHARE, WALL_CELLS = 0.12, 1.2  # thickness of its wall: of the radius, or in cells
SPOUT, NECK = 0.25, 0.4  # inner radius and height of the spout, of radius and height [1]
FULL = (0.8, 0.97)  # height of the sand in the cone of the funnel [1]
FALL = (0.12, 0.2)  # of the spout above the floor [m]
CARRIED_SHARE = 0.6  # of the clips: the funnel moves
CARRIED = (0.15, 0.3)  # how far [m]
MOVING = (0.9, 1.3)  # for how long [s]
MATERIALS = ("steel", "brass", "plastic")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")
ACRYLIC = Surface(base_color=(0.9, 0.95, 0.96), roughness=0.0, transmission=1.0)
CLEAR_SHARE = 0.5  # of the funnels


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The spout starts over (-way / 2, 0) and is carried along x."""
    radius, grain, fall = draw(rng, RADIUS), pick(rng, DRY), draw(rng, FALL)
    height, full = round(draw(rng, SLENDER, 2) * radius, 4), draw(rng, FULL, 2)
    way = draw(rng, CARRIED) if chance(rng, CARRIED_SHARE) else 0.0
    cell = cell_for(preset.particles, _filling(radius, height, WALL_SHARE, full)[0])
    share = max(WALL_SHARE, round(WALL_CELLS * cell / radius, 4))
    cone, tip = _filling(radius, height, share, full)
    begin, material = -way / 2 * draw_sign(rng), pick(rng, MATERIALS)
    # A drawn cone stands on its base: over the tip it is turned upside down.
    at, rotation = drawn_at(
        cone,
        (begin, 0.0, fall + tip + float(cone.parameters["height"])),
        turned("x", 180.0),
    )
    look = ACRYLIC if chance(rng, CLEAR_SHARE) else surface(rng, material, radius)
    solid = shape("funnel", radius=radius, height=height, wall_share=share)
    place, upright = drawn_at(solid, (begin, 0.0, fall))
    funnel = body("funnel", solid, material, look, at=place, rotation=upright, is_static=not way)
    if way:
        shifts = ((0.0, 0.0, 0.0), (round(-2 * begin, 6), 0.0, 0.0))
        funnel = replace(funnel, path=Path(times=(0.1, 0.1 + draw(rng, MOVING, 2)), shifts=shifts))
    pile = 1.3 * radius
    reach = way / 2 + pile + 0.05
    top = fall + height
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[grain_body(rng, "sand", cone, grain, at=at, rotation=rotation), funnel],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-reach, -pile, 0.0), (reach, pile, 0.02)),
                    corners((-way / 2 - radius, -radius, 0.0), (way / 2 + radius, radius, top)),
                ]
            ),
            elevation=(6.0, 28.0),
        ),
        grid=grid_over(
            (-reach - 0.1, -pile - 0.15, 0.0),
            (reach + 0.1, pile + 0.15, top + 2 * cell),
            cell,
            open_sides=("-x", "+x", "-y", "+y", "+z"),
        ),
        caption=sentence(
            f"{grain} pours from a {'moving' if way else 'resting'} funnel and builds up a "
            f"{'ridge' if way else 'cone'} on {{floor}}."
        ),
    )


def _filling(radius: float, height: float, share: float, full: float):
    """A cone as steep as the funnel inside, and its tip above the spout's end [m]."""
    spout, thick = SPOUT * radius, share * radius
    steep = (1 - NECK) * height / (radius - thick - spout)
    tip = NECK * height - spout * steep
    long = full * (height - tip)
    return shape("cone", radius=round(long / steep - 0.001, 5), height=round(long, 5)), tip

"""Puddings stand on a plate that is shaken to and fro, and wobble."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, with_article
from ..filming import Shot, corners
from ..materials import surface
from ..soft_bodies import cell_for, clear_of, contacts, divided, lowest, soft_body, volume_of
from ..soft_materials import SOFT_MATERIALS, soft_surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]
CONVERGENCE = (0.5, 0.003)  # [s], [m]

COUNT = (1, 3)  # puddings
RADIUS = (0.05, 0.075)  # of a pudding [m]
HEIGHT = (1.1, 1.6)  # over its radius [1]
MATERIALS_USED = ("jelly", "firm jelly", "panna cotta")
SLOWER = (1.25, 1.6)  # period of the shaking over that of the tallest pudding's sway [1]
PUSHED = (2.0, 3.2)  # greatest acceleration of the plate [m/s2]: friction holds as much
SHAKEN = (1.1, 1.5)  # it is shaken for so long [s]
THICK = 0.008  # half of the plate's [m]
RIM = 0.35  # of the plate beyond the puddings, over their radius [1]
FLOORS = ("wooden floor", "tiled floor", "marble floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The plate lies just above the floor and moves along x."""
    count, material = draw_count(rng, COUNT), pick(rng, MATERIALS_USED)
    radii = [draw(rng, RADIUS) for _ in range(count)]
    solids = [_pudding(rng, radius) for radius in radii]
    cell = cell_for(sum(map(volume_of, solids)), preset, thinnest=0.6 * min(radii))
    wide, pitch = (1 + RIM) * max(radii), 2.35 * max(radii)
    half = (count - 1) / 2 * pitch + wide
    period = draw(rng, SLOWER) * max(_sway(solid, material) for solid in solids)
    stroke = draw(rng, PUSHED) * (period / (2 * np.pi)) ** 2
    times, shifts = [0.0], [0.0]
    for k in range(2 * round(draw(rng, SHAKEN) / period) + 1):
        times.append(round(times[-1] + period / (2 if k else 4), 4))
        shifts.append(stroke * (-1) ** k)
    times.append(round(times[-1] + period / 4, 4))
    shifts.append(0.0)
    path = Path(times=tuple(times), shifts=tuple((shift, 0.0, 0.0) for shift in shifts))
    ware = pick(rng, ("ceramic", "oak", "steel", "plastic"))
    plate = body(
        "plate",
        shape("box", half_extents=(wide, half, THICK)),
        ware,
        surface(rng, ware, 0.15),
        at=(0.0, 0.0, 2 * THICK),
    )
    bodies, tallest = [replace(plate, path=path)], 0.0
    for k, solid in enumerate(solids):
        soft = divided(solid, cell)
        at = (0.0, (k - (count - 1) / 2) * pitch, 3 * THICK + clear_of(cell) + lowest(soft))
        tallest = max(tallest, at[2] + lowest(soft))
        look = soft_surface(rng, material, radii[k])
        bodies.append(soft_body(f"pudding_{k + 1}", soft, material, look, at=at))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=contacts(SOLVER, material, cell),
        bodies=bodies,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-wide - stroke, -half, 0.0), (wide + stroke, half, tallest)),
            azimuth=pick(rng, ((-115.0, -65.0), (65.0, 115.0))) if count == 1 else (-35.0, 35.0),
            elevation=(6.0, 20.0),
        ),
        caption=sentence(
            f"{in_words(count, f'{material} pudding')} {'wobbles' if count == 1 else 'wobble'} on "
            f"{with_article(f'{ware} tray')} that is shaken to and fro above {{floor}}."
        ),
    )


def _sway(solid: Shape, material: str) -> float:
    """Period of a wave of shear up and down a pudding, twice [s]: as long as it takes to sway."""
    made = SOFT_MATERIALS[material]
    height = float(solid.parameters["height"])  # pyright: ignore[reportArgumentType]
    return 4 * height * float(np.sqrt(2 * (1 + made.poisson) * made.density / made.stiffness))


def _pudding(rng: np.random.Generator, radius: float) -> Shape:
    return shape("pudding", radius=radius, height=draw(rng, HEIGHT) * radius)

"""Sand let go on a ramp slides down and runs out among blocks."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..grain_materials import DRY, grain_body
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..planks import prism
from ..staging import body, drawn_at, shape, stage

SPLIT = "held_out"
SOLVER = Solver(name="sand", rate=60)  # [Hz]; it takes as many steps as sound in sand asks for
CONVERGENCE = (0.15, 0.01)  # [s], [m]

SLOPE = (40.0, 46.0)  # of the ramp [deg]
RISE = (0.55, 0.7)  # of the ramp [m]
WIDTH = (0.5, 0.65)  # of the ramp [m]
HEAP_WIDTH = (0.5, 0.75)  # of the ramp's [1]
UPHILL = (0.55, 0.66)  # where the heap's lower end lies, of the ramp's rise [1]
THICK = (0.06, 0.08)  # of the heap, upright [m]
RUN_OUT = 0.6  # how far beyond the foot grains may come [m]
BLOCKS = (0, 4)
BLOCK = (0.05, 0.09)  # edge of a block [m]
WOODS = ("oak", "pine", "painted wood")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The ramp's foot is the y axis; it rises towards -x."""
    steep, rise, width = np.tan(np.radians(draw(rng, SLOPE, 1))), draw(rng, RISE), draw(rng, WIDTH)
    grain, wood, long = pick(rng, DRY), pick(rng, WOODS), rise / steep
    solid = shape("wedge", half_extents=(round(long / 2, 5), width / 2, rise / 2))
    at, rotation = drawn_at(solid, (-long / 2, 0.0, rise / 2), turned("z", 180.0))
    ramp = body(
        "ramp", solid, wood, surface(rng, wood, rise), at=at, rotation=rotation, is_static=True
    )
    half = round(draw(rng, HEAP_WIDTH) * width / 2, 4)
    heap = _heap(rng, steep, rise, half)
    cell = cell_for(preset.particles, heap)
    place, upright = drawn_at(heap, (0.0, 0.0, 0.001))
    blocks = _blocks(rng, width)
    side = width / 2 + 0.15
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[grain_body(rng, "heap", heap, grain, at=place, rotation=upright), ramp, *blocks],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-long, -width / 2, 0.0), (-0.8 * long, width / 2, rise + THICK[1])),
                    corners((0.0, -side, 0.0), (RUN_OUT, side, 0.03)),
                ]
            ),
            azimuth=pick(rng, ((20.0, 75.0), (-75.0, -20.0))),
            elevation=(10.0, 32.0),
        ),
        grid=grid_over(
            (-long - 0.02, -side - 0.15, 0.0),
            (RUN_OUT + 0.3, side + 0.15, rise + THICK[1] + 0.02),
            cell,
            open_sides=("-x", "+x", "-y", "+y", "+z"),
        ),
        caption=sentence(
            f"{grain} let go on a ramp of {np.degrees(np.arctan(steep)):.0f} degrees slides down "
            "and runs out on {floor}"
            + (f" among {in_words(len(blocks), 'block')}." if blocks else ".")
        ),
    )


def _heap(rng: np.random.Generator, steep: float, rise: float, half: float):
    """A layer on the ramp, between upright ends, as a prism along y."""
    thick = draw(rng, THICK)
    x = np.array([-0.94 * rise / steep, -draw(rng, UPHILL, 2) * rise / steep])
    floor = -steep * x
    outline = np.array(
        [(x[0], floor[0]), (x[1], floor[1]), (x[1], floor[1] + thick), (x[0], floor[0] + thick)]
    )
    return prism(outline, -half, half)


def _blocks(rng: np.random.Generator, width: float) -> list[Body]:
    count, blocks = draw_count(rng, BLOCKS), []
    for k in range(count):
        wood, edge = pick(rng, WOODS), draw(rng, BLOCK)
        across = width * ((k + 0.5) / count - 0.5)
        blocks.append(
            body(
                f"block_{k + 1}",
                shape("box", half_extents=(edge / 2, edge / 2, edge / 2)),
                wood,
                surface(rng, wood, edge),
                at=(draw(rng, (0.14, 0.28)), across, edge / 2),
                rotation=turned("z", draw(rng, (0.0, 90.0), 1)),
                is_static=True,
            )
        )
    return blocks

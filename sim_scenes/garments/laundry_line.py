"""Clothes pegged to a line between two posts blow in the wind."""

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.air import Wind
from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import rail
from ..draws import draw, draw_sign, listed, pick, sentence, shuffled, vec
from ..fabrics import cloth, edge_for, fabric_surface, fabric_thickness, rest_points
from ..filming import Shot, corners
from ..floors import OUTDOORS
from ..materials import surface
from ..staging import shape, stage

SPLIT = "held_out"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.1, 0.008)  # [s], [m]

CLOTHES = {
    "T-shirt": ("t_shirt", ("jersey", "cotton"), (0.5, 0.6), 0.72),
    "skirt": ("skirt", ("cotton", "linen", "wool"), (0.36, 0.5), 0.5),
    "pair of trousers": ("trousers", ("linen", "cotton", "wool"), (0.38, 0.8), 0.6),
    "pillowcase": ("pillowcase", ("cotton", "satin", "linen"), (0.5, 0.6), 0.62),
}
"""Shape, fabrics, width at the line and length [m], area of both sides [m2]."""
NUM_CLOTHES = 2
HEIGHT = (0.95, 1.1)  # of the line [m]
APART = (0.14, 0.22)  # between clothes [m]
SPEED = (1.2, 2.2)  # of the wind [m/s]
GUSTS = (0.2, 0.4)  # root mean square over the mean [1]
EDDY = (0.5, 1.2)  # [m]
COARSEST = 0.055  # edge of a triangle [m]: three along a sleeve
LINE = 0.006  # radius [m]
PRINTS = ("wide stripes", "large dots", "stripes", "gingham", "plain")
FLOORS = ("green mat", "brick paving", "concrete floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The line is along x, the wind along y; the clothes hang just under the line."""
    nouns, high = shuffled(rng, tuple(CLOTHES))[:NUM_CLOTHES], draw(rng, HEIGHT)
    speed, side = draw(rng, SPEED, 2), draw_sign(rng)
    widths = [CLOTHES[noun][2][0] for noun in nouns]
    gap, bodies, ties, names, x = draw(rng, APART), [], [], [], 0.0
    total = sum(widths) + gap * (len(nouns) - 1)
    for noun, width in zip(nouns, widths, strict=True):
        item, own, fabric = _hung(rng, noun, (x + width / 2 - total / 2, high), preset)
        bodies.append(item)
        ties += own
        names.append(f"one {fabric} {noun}" if " " not in noun else f"one {noun} made of {fabric}")
        x += width + gap
    half = total / 2 + 0.2
    look = surface(rng, "painted wood", 0.1)
    ends = np.array([-half, 0.0, high]), np.array([half, 0.0, high])
    frame = [
        rail("line", ends, LINE, "steel", surface(rng, "steel", LINE)),
        *(
            rail(
                f"post_{k + 1}",
                (end * (1.0, 1.0, 0.0), np.add(end, (0.0, 0.0, 0.05))),
                0.025,
                "pine",
                look,
            )
            for k, end in enumerate(ends)
        ),
    ]
    longest = max(CLOTHES[noun][2][1] for noun in nouns)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*bodies, *frame],
        ties=ties,
        floor=pick(rng, FLOORS),
        places=(OUTDOORS,),
        wind=Wind(
            velocity=vec((0.0, side * speed, 0.0)),
            gusts=round(draw(rng, GUSTS) * speed, 3),
            eddy=draw(rng, EDDY),
        ),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-total / 2, -0.1, high - longest), (total / 2, 0.1, high + 0.05)),
                    corners((-total / 2, 0.0, high - 0.5), (total / 2, side * 0.5, high)),
                ]
            ),
            azimuth=pick(rng, ((-125.0, -55.0), (55.0, 125.0))),
            elevation=(-2.0, 12.0),
        ),
        caption=sentence(
            f"{listed(names)} on a line over {{floor}} blow in a wind of {speed:.1f} m/s."
        ),
    )


def _hung(
    rng: np.random.Generator, noun: str, at: tuple[float, float], preset: Preset
) -> tuple[Body, list[Tie], str]:
    """A garment below a place of the line, held at both ends and the middle of its upper edge."""
    kind, made_of, (width, length), area = CLOTHES[noun]
    fabric = pick(rng, made_of)
    thick = fabric_thickness(fabric, preset, 1 / NUM_CLOTHES)
    sizes = {
        "t_shirt": {"chest": 0.8 * width, "length": length, "sleeve": 0.17},
        "skirt": {"waist": width, "hem": 1.5 * width, "length": length},
        "trousers": {"waist": width, "length": length, "leg": 0.19},
        "pillowcase": {"width": length, "depth": width},
    }[kind]
    edge = min(edge_for(area, preset, 1 / NUM_CLOTHES), COARSEST)
    solid = shape(kind, **{k: round(v, 4) for k, v in sizes.items()}, edge=edge, thickness=thick)
    flat = rest_points(solid)
    # The pillowcase hangs by its closed end; all others by waist or shoulders, towards +y.
    spin = Rotation.from_euler("z", 90.0 if kind == "pillowcase" else 0.0, degrees=True)
    upright = Rotation.from_euler("x", 90.0, degrees=True) * spin
    hung = upright.apply(flat)
    top = float(hung[:, 2].max())
    place = np.array([at[0], 0.0, at[1] - LINE - thick - 0.004 - top])
    item = cloth(
        noun.replace(" ", "_").replace("-", "_").lower(),
        solid,
        fabric,
        fabric_surface(rng, fabric, PRINTS),
        at=place,
        rotation=upright,
    )
    upper = np.flatnonzero(hung[:, 2] > top - 0.35 * edge)
    order = upper[np.argsort(hung[upper, 0], kind="stable")]
    held = {int(order[0]), int(order[-1]), int(order[len(order) // 2])}
    return item, [Tie(body=item.name, point=point) for point in sorted(held)], fabric

"""Shapes, a soft material, a preset -> soft bodies of as many tetrahedra as the preset allows."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.scene import Body, Shape, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from .draws import quat, vec
from .soft_materials import SOFT_MATERIALS, soft_substance
from .staging import UPRIGHT

NODES = (300, 2000, 0.55)
"""Nodes of a scene at a preset of that many particles, and the power they rise with: 1,300 in the
demo (1,900 with those that stuffing adds at surfaces), 9,000 at `full`."""
NODES_PER_CELL = 2.0
"""Of the body-centred lattice [1]."""

STIFF = 50.0
"""Rate of contacts over that at which waves of stretch cross cells [1]; steps are fewer."""
RATE_STEP = 600  # rates are multiples of it, and so of 60 frames per second [Hz]


def num_nodes(preset: Preset) -> float:
    """About how many nodes the soft bodies of a scene have together."""
    nodes, particles, power = NODES
    return nodes * (preset.particles / particles) ** power


def cell_for(volume: float, preset: Preset, *, thinnest: float, nodes: float = 1.0) -> float:
    """Side of the cells of soft bodies [m].

    Args:
        volume: Of all of them together [m3].
        preset: Says how many nodes a scene may have.
        thinnest: Of their parts; cells are smaller, so that none is lost [m].
        nodes: Share of the preset's nodes [1]: stiff bodies take more steps.
    """
    even = (NODES_PER_CELL * volume / (nodes * num_nodes(preset))) ** (1 / 3)
    return round(float(min(even, thinnest)), 5)


def clear_of(cell: float) -> float:
    """Between a soft body of such cells and what it lies on, at the start [m].

    Nodes touch things a tenth of their spacing away.
    """
    return round(0.12 * cell + 1e-3, 5)


def contacts(solver: Solver, material: str, cell: float, *, stiff: float = STIFF) -> Solver:
    """A solver whose contacts are stiff beside cells of this size [m] of a material.

    Springs of contacts answer at a share of the rate: they give way by a few per cent of a cell
    where that is faster than waves cross it.
    """
    made = SOFT_MATERIALS[material]
    wave = np.sqrt(made.stiffness / made.density)
    rate = max(solver.rate, stiff * wave / cell)
    return replace(solver, rate=RATE_STEP * int(np.ceil(rate / RATE_STEP)))


def volume_of(solid: Shape) -> float:
    """Of what a shape encloses [m3]."""
    return shapes.build(solid).volume


def divided(solid: Shape, cell: float) -> Shape:
    """The same shape, to be cut into cells [m]."""
    return replace(solid, parameters={**solid.parameters, "cell": cell})


def soft_body(
    name: str,
    solid: Shape,
    material: str,
    surface: Surface,
    *,
    at: tuple[float, float, float] | np.ndarray,
    rotation: Rotation = UPRIGHT,
    velocity: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
    spin: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
) -> Body:
    """A soft body of one of SOFT_MATERIALS; its shape says the cell [m, m/s, rad/s]."""
    assert material in SOFT_MATERIALS and "cell" in solid.parameters
    return Body(
        name=name,
        shape=solid,
        substance=soft_substance(material),
        surface=surface,
        position=vec(at),
        quaternion=quat(rotation),
        linear_velocity=vec(velocity),
        angular_velocity=vec(spin),
        form="soft",
    )


def lowest(solid: Shape, rotation: Rotation = UPRIGHT) -> float:
    """How far the centre of mass lies above the lowest point of what is drawn [m]."""
    return -float(rotation.apply(shapes.mesh(solid).vertices.copy())[:, 2].min())

"""SceneSpec with grains as a continuum -> States: material points, a grid, Matsuoka-Nakai yield.

Explicit MLS-MPM (Hu et al. 2018) with the plasticity of Klar et al. 2016 at small strains, which
`stress` explains. Sand is as stiff as it must be to give by half a per cent under its own weight;
steps follow from the speed of sound in it. Static and led bodies are walls, free ones are pushed
at the grid's nodes. Sums run in order, or in fixed point: same scene, same bytes.
"""

import numpy as np

from ...kernels import start, ti
from ...scene import SceneSpec
from ...states import States
from ..recorder import Recorder
from .medium import media, steps_per_frame
from .seeding import RADIUS
from .world import World

__all__ = ["TAKES", "VERSION", "run", "steps_per_frame"]
VERSION = f"sand-4 taichi {ti.__version__[0]}.{ti.__version__[1]}.{ti.__version__[2]}"
TAKES = {"particles", "paths"}
CONTACT_STIFFNESS = 0.0
"""Contacts are not springs."""
OVERLAP_STEPS = 1.0


def run(spec: SceneSpec) -> States:
    """Simulate a scene.

    Raises:
        SceneError: If it has no grid, too small a medium, or walls thinner than a cell.
        SimulationError: If the simulation diverges.
    """
    start()
    recorder = Recorder(spec, VERSION)
    world = World(spec, recorder.solids, recorder.masses)
    rigid = world.bodies.indices
    poses, velocities = recorder.initial()
    work = 0.0
    for frame in range(spec.num_frames):
        if frame:
            world.advance(frame)
            rows, done = world.bodies.contacts()
            recorder.add_contacts(rows)
            work += done
        if rigid:
            poses[rigid], velocities[rigid] = world.bodies.motion()
        points, speeds = world.points()
        if not frame:
            for index in media(spec):
                radius = RADIUS * world.cells.edge
                recorder.set_radii(index, np.full(len(points[index]), radius))
        recorder.add_frame(poses, velocities, points=points, point_velocities=speeds, work=work)
    return recorder.states()

"""SceneSpec, States -> list[Check]: the ledger of a clip, every law of `laws` that applies to it.

Nothing here asks the solver how it did: energies are computed again from poses and velocities,
overlaps from meshes, work from the places of joints. Stored contacts and work are taken as the
solver's word, and are tested too.
"""

import numpy as np

from .checks import Check
from .laws import Evidence, laws
from .scene import SceneSpec
from .states import States


def physics_checks(spec: SceneSpec, states: States) -> list[Check]:
    """Every law that applies to the scene, measured on its states."""
    first = _finite(states)
    if not first.passed:  # the laws say nothing about NaN
        return [first]
    evidence = Evidence(spec=spec, states=states)
    found = (law(evidence) for law in laws().values())
    return [first, *(check for check in found if check is not None)]


def _finite(states: States) -> Check:
    arrays = (
        states.poses,
        states.velocities,
        states.kinetic_energy,
        states.potential_energy,
        states.work,
        *states.points.values(),
        *states.point_velocities.values(),
        *states.temperatures.values(),
        *states.gas.values(),
    )
    bad = sum(int((~np.isfinite(array)).sum()) for array in arrays)
    return Check(
        name="finite", value=float(bad), bound=0.0, unit="numbers", source="States hold no NaN"
    )

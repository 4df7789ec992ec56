"""Elastic -> how far its membranes are stretched; refused at the start, an error later."""

import numpy as np
from jaxtyping import Float64

from ...errors import SceneError, SimulationError
from ...scene import SceneSpec
from .model import Elastic

START_STRETCH = 0.1
"""Of a fabric along warp or weft [1]: ten times what is allowed later, seams being pulled shut."""
MOST_STRETCH = 2.0
"""Length over that at rest from which a fabric is torn, or the solver has diverged [1]."""


def stretches(elastic: Elastic) -> Float64[np.ndarray, "2 F"]:
    """Of all triangles along warp and weft, over their lengths at rest [1]."""
    place, corners = elastic.world.points.place, elastic.skins.corners
    first = place[corners[0]]
    one, other = (place[corners[k]] - first for k in (1, 2))
    a, b, c, d = elastic.skins.inverse[:, :, None]
    with np.errstate(over="ignore", invalid="ignore"):  # it may have diverged
        return np.stack(
            [
                np.linalg.norm(a * one + c * other, axis=1),
                np.linalg.norm(b * one + d * other, axis=1),
            ]
        )


def raise_if_stretched(spec: SceneSpec, elastic: Elastic) -> None:
    """Refuse fabrics whose vertices start too far apart."""
    found = stretches(elastic).max(0, initial=0.0)
    faults = []
    for s, owner in _without_gas(spec, elastic):
        span = slice(elastic.skins.sheets.first[s], elastic.skins.sheets.last[s])
        most = found[span].max() - 1
        if most > START_STRETCH:
            faults.append(
                f"{spec.bodies[owner - 1].name!r} starts stretched by {100 * most:.3g} %, at most "
                f"{100 * START_STRETCH:.0f} % are possible: move its points together"
            )
    if faults:
        raise SceneError(
            f"Scene {spec.category}/{spec.family} seed {spec.seed}: {'; '.join(faults)}."
        )


def raise_if_torn(spec: SceneSpec, elastic: Elastic, frame: int) -> None:
    """Report a run that diverged, by the first triangle that shows it."""
    found = stretches(elastic).max(0, initial=0.0)
    for s, owner in _without_gas(spec, elastic):
        span = slice(elastic.skins.sheets.first[s], elastic.skins.sheets.last[s])
        most = found[span].max()
        if not most <= MOST_STRETCH:
            raise SimulationError(
                f"{spec.category}/{spec.family} seed {spec.seed}: triangle "
                f"{int(np.argmax(found[span]))} of {spec.bodies[owner - 1].name!r} is stretched "
                f"{most:.3g} times at frame {frame}, at most {MOST_STRETCH:.0f} are possible. "
                f"Raise the solver rate ({spec.solver.rate} Hz), or let things hit it more slowly."
            )


def _without_gas(spec: SceneSpec, elastic: Elastic) -> list[tuple[int, int]]:
    """Rows of `Sheets` and their objects; gas_world.raise_if_burst asks those with gas."""
    sheets, owner = elastic.skins.sheets, elastic.skins.owner
    rows = enumerate(int(owner[first]) for first in sheets.first)
    return [(s, o) for s, o in rows if spec.bodies[o - 1].gas is None]

"""SceneSpec -> refused, if its bodies cannot start so: overlaps, ropes that do not fit."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from . import shapes
from .clearance.overlap import depths_in_ground, overlaps_of
from .errors import SceneError
from .motion.paths import led
from .motion.rods import start
from .scene import Body, SceneSpec

START_OVERLAP = 1e-3  # [m]; more than this is no rounding: engines would throw the bodies apart
START_STRETCH = 0.01  # of the rest length [1]; what ropes may stretch at all
BEYOND = 0.25  # share of the diagonal of the scene's space by which a chain may stick out of it


def raise_if_impossible(spec: SceneSpec) -> None:
    """Refuse a scene whose bodies start inside each other or the ground, or do not fit into it.

    Bodies that a joint connects may overlap: that is how a pin sits in its hole.

    Raises:
        SceneError: Naming every fault, with its value.
    """
    faults = [*_overlaps(spec), *_ropes(spec), *_chains(spec)]
    if faults:
        raise SceneError(
            f"Scene {spec.category}/{spec.family} seed {spec.seed}: {'; '.join(faults)}."
        )


def _overlaps(spec: SceneSpec) -> Iterator[str]:
    first = np.concatenate([led(body, np.zeros(1))[0] for body in spec.bodies])[None]
    names = [body.name for body in spec.bodies]
    sunk = depths_in_ground(spec, first)[0]
    for k in np.flatnonzero(sunk > START_OVERLAP):
        yield f"{names[k]!r} starts {1e3 * sunk[k]:.3g} mm under the ground: raise it"
    for _, a, b, depth in overlaps_of(spec, first):
        if depth > START_OVERLAP:
            yield (
                f"{names[a]!r} and {names[b]!r} start {1e3 * depth:.3g} mm inside each other: "
                "move them apart, or join them"
            )


def _ropes(spec: SceneSpec) -> Iterator[str]:
    for body in spec.bodies:
        if body.form != "rope":
            continue
        tube = shapes.tube(body.shape)
        if body.points and len(body.points) != tube.segments + 1:
            yield (
                f"rope {body.name!r} starts at {len(body.points)} points, its {tube.segments} "
                f"segments need {tube.segments + 1}"
            )
            continue
        pieces = np.linalg.norm(np.diff(start(body), axis=0), axis=1)
        worst = int(np.argmax(np.abs(pieces * tube.segments / tube.length - 1)))
        strain = pieces[worst] * tube.segments / tube.length - 1
        if abs(strain) > START_STRETCH:
            yield (
                f"rope {body.name!r} starts with segment {worst} stretched by "
                f"{100 * strain:.3g} %: space its points "
                f"{1e3 * tube.length / tube.segments:.4g} mm apart"
            )


def _chains(spec: SceneSpec) -> Iterator[str]:
    """Ropes and linked bodies that reach far out of the space the scene is said to need."""
    if not spec.space:
        return
    low, high = np.array(spec.space)
    allowed = BEYOND * float(np.linalg.norm(high - low))
    linked = {name for joint in spec.joints for name in (joint.child, joint.parent)}
    for body in spec.bodies:
        if body.form == "rope" or (body.is_free and body.name in linked):
            places = _places(body)
            outside = float(np.maximum(low - places, places - high).max())
            if outside > allowed:
                yield (
                    f"{body.name!r} starts {outside:.3g} m outside the space of the scene "
                    f"({low.round(3).tolist()} to {high.round(3).tolist()} m): shorten the chain, "
                    "or widen `space`"
                )


def _places(body: Body) -> Float64[np.ndarray, "N 3"]:
    return start(body) if body.form == "rope" else np.array([body.position])

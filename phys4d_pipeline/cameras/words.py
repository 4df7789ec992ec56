"""`orbit:turn=90,elevation=20` or a JSON file -> the CameraPath a user means.

Angles are in degrees here, as users give them; azimuths run from world +x towards +y.
"""

import difflib
import inspect
import json
import math
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from ..errors import SceneError
from ..scene import CameraPath, SceneSpec
from .framing import WIDEST, Framing, View, focused
from .moves import MOVES, path
from .sight import is_clear

FILL = 0.8
"""Share of the picture that the motion takes unless told otherwise [1]."""
WIDER, STEPS = 1.15, 9
"""Factor and number of the steps in which a camera nears or withdraws to find a free view [1]."""
RANGES: dict[str, tuple[float, float]] = {
    "azimuth": (-360.0, 360.0),
    "elevation": (0.0, 85.0),
    "fov": (5.0, math.degrees(WIDEST)),
    "fill": (0.05, 0.95),
    "aperture": (0.0, 1.0),
    "focus": (0.051, 1e6),
    "shutter": (0.0, 1.0),
    "turn": (-720.0, 720.0),
    "start": (0.1, 1.0),
    "sweep": (-90.0, 90.0),
    "sway": (0.0, 10.0),
    "seed": (0, 2**53),
}


def cameras(word: str, spec: SceneSpec, points: Float64[np.ndarray, "N 3"]) -> list[CameraPath]:
    """The paths a word stands for: one, or all of a file.

    Args:
        word: See `cameras.help.HELP`.
        spec: The scene, whose first camera gives what the word leaves open.
        points: What must be seen [m].

    Raises:
        SceneError: A word that is not understood, or a place from which nothing can be seen.
    """
    if word.endswith(".json"):
        return _from_file(Path(word), spec)
    kind, _, rest = word.partition(":")
    if kind not in MOVES:
        close = difflib.get_close_matches(kind, MOVES, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(MOVES)}, FILE.json."
        raise SceneError(f"camera {word!r}: unknown kind {kind!r}. {hint}")
    own = [name for name in _arguments(kind) if name != "seconds"]
    known = (*RANGES_OF_ALL, *own)
    return [_framed(word, kind, _numbers(word, rest, known), spec, points)]


RANGES_OF_ALL = ("azimuth", "elevation", "fov", "fill", "aperture", "focus", "shutter")


def _arguments(kind: str) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(MOVES[kind]).parameters
    return {name: each for name, each in parameters.items() if each.kind is each.KEYWORD_ONLY}


def _numbers(word: str, rest: str, known: tuple[str, ...]) -> dict[str, float]:
    """`a=1,b=2` -> numbers by name, each known, given once and within its range."""
    found: dict[str, float] = {}
    for part in filter(None, rest.split(",")):
        name, equals, text = part.partition("=")
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
            raise SceneError(f"camera {word!r}: unknown setting {name!r}. {hint}")
        if name in found:
            raise SceneError(f"camera {word!r}: {name} is given twice.")
        low, high = RANGES[name]
        try:
            found[name] = float(int(text) if name == "seed" else float(text))
        except ValueError:
            raise SceneError(
                f"camera {word!r}: {name} needs a number, as in {name}={low:g}"
                f"{'' if equals else ' (no = found)'}."
            ) from None
        if not low <= found[name] <= high:
            raise SceneError(f"camera {word!r}: {name} ({text}) must lie in {low:g} to {high:g}.")
    return found


def _framed(
    word: str,
    kind: str,
    numbers: dict[str, float],
    spec: SceneSpec,
    points: Float64[np.ndarray, "N 3"],
) -> CameraPath:
    """The path; nearer with a wider lens, or farther away, where something is in the way."""
    first = spec.cameras[0]
    azimuth, elevation = _direction(first)
    view = View(
        azimuth=math.radians(numbers.get("azimuth", azimuth)),
        elevation=math.radians(numbers.get("elevation", elevation)),
        fill=numbers.get("fill", FILL),
    )
    chosen: dict[str, Any] = {name: numbers[name] for name in _arguments(kind) if name in numbers}
    if "seed" in chosen:
        chosen["seed"] = int(chosen["seed"])
    if "seconds" in _arguments(kind):
        chosen["seconds"] = spec.num_frames / spec.fps
    fov = math.radians(numbers["fov"]) if "fov" in numbers else first.vertical_fov
    for wider, fill in _retreats(fov, view.fill):
        framing = Framing(points=points, vertical_fov=wider, aspect=spec.width / spec.height)
        try:
            made = path(framing, MOVES[kind](framing, replace(view, fill=fill), **chosen))
        except SceneError:  # the movement leads too near to the motion
            continue
        if is_clear(spec, made, points):
            return _through_lens(made, numbers, points)
    raise SceneError(
        f"camera {word!r}: from there the ground, a wall or a body is in the way, however near or "
        "far it stands. Choose another azimuth or elevation, or a smaller movement."
    )


def _retreats(fov: float, fill: float) -> Iterator[tuple[float, float]]:
    """As told, then nearer with wider lenses (walls), then farther (bodies): fov [rad], fill."""
    yield fov, fill
    for step in range(1, STEPS + 1):
        if fov * WIDER**step <= WIDEST:
            yield fov * WIDER**step, fill
    for step in range(1, STEPS + 1):
        yield fov, fill / WIDER**step


def _direction(camera: CameraPath) -> tuple[float, float]:
    """Azimuth and elevation of the eye, seen from the target, halfway along the path [deg]."""
    middle = len(camera.eye) // 2
    x, y, z = np.subtract(camera.eye[middle], camera.target[middle])
    elevation = math.degrees(math.atan2(z, math.hypot(x, y)))
    low, high = RANGES["elevation"]
    return math.degrees(math.atan2(y, x)), min(max(elevation, low), high)


def _through_lens(
    made: CameraPath, numbers: dict[str, float], points: Float64[np.ndarray, "N 3"]
) -> CameraPath:
    sharp = focused(made, points)
    return replace(
        sharp,
        aperture=numbers.get("aperture", 0.0),
        focus_distance=numbers.get("focus", sharp.focus_distance),
        shutter=numbers.get("shutter", 0.0),
    )


def _from_file(file: Path, spec: SceneSpec) -> list[CameraPath]:
    """One camera or a list of them; what they see is the user's choice."""
    try:
        plain = json.loads(file.read_text())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not text"
        raise SceneError(f"camera file {file}: {reason}.") from error
    except json.JSONDecodeError as error:
        raise SceneError(f"camera file {file}: is not JSON ({error}).") from error
    items = plain if isinstance(plain, list) else [plain]
    if not items:
        raise SceneError(f"camera file {file}: the list of cameras is empty.")
    found = [_path_of(f"camera file {file}", item) for item in items]
    for camera in found:
        try:
            replace(spec, cameras=(camera,))  # a scene checks its cameras
        except SceneError as error:
            raise SceneError(f"camera file {file}: {error}") from error
        if min(eye[2] for eye in camera.eye) <= 0.0:
            raise SceneError(f"camera file {file}: an eye is not above the ground (z = 0).")
    return found


def _path_of(where: str, plain: Any) -> CameraPath:
    known = {field.name for field in fields(CameraPath)}
    needed = {"vertical_fov", "eye", "target"}
    if not isinstance(plain, dict):
        raise SceneError(f"{where}: a camera is an object with {', '.join(sorted(needed))}.")
    if unknown := sorted(set(plain) - known):
        raise SceneError(f"{where}: unknown fields {unknown}. Known: {', '.join(sorted(known))}.")
    if missing := sorted(needed - set(plain)):
        raise SceneError(f"{where}: {', '.join(missing)} missing.")
    values: dict[str, Any] = {}
    for name, value in plain.items():
        is_track = name in ("eye", "target")
        try:
            numbers = np.array(value, np.float64)
        except (TypeError, ValueError):
            numbers = np.array(np.nan)
        wanted = numbers.ndim == 2 and numbers.shape[1] == 3 if is_track else numbers.ndim == 0
        if isinstance(value, str | bool) or not wanted or not np.isfinite(numbers).all():
            what = "a list of points [x, y, z]" if is_track else "a number"
            raise SceneError(f"{where}: {name} ({json.dumps(value)[:60]}) must be {what}.")
        values[name] = tuple(map(tuple, numbers.tolist())) if is_track else float(numbers)
    return CameraPath(**values)

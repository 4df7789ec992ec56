"""Angle, tee, channel, I-beam, stairs: profiles of plates, drawn out.

Beams lie along z, `half_length` to both sides of the origin; `thickness` is that of every plate.
"""

from ..errors import SceneError
from .limits import check_range, check_sizes
from .pieces import block
from .solid import Solid
from .union import Piece, union

MOST_STEPS = 20


def angle_beam(width: float, height: float, thickness: float, half_length: float) -> Solid:
    """An L: `width` along x, `height` along y [m]."""
    _check("angle_beam", width, height, thickness, half_length)
    flange = (0.0, 0.0, width, thickness)
    return _beam(half_length, flange, (0.0, thickness, thickness, height))


def tee_beam(width: float, height: float, thickness: float, half_length: float) -> Solid:
    """A T: `width` along x, `height` along y [m]."""
    _check("tee_beam", width, height, thickness, half_length)
    half = width / 2
    flange = (-half, height - thickness, half, height)
    return _beam(half_length, flange, (-thickness / 2, 0.0, thickness / 2, height - thickness))


def channel_beam(width: float, height: float, thickness: float, half_length: float) -> Solid:
    """A U: `width` along x, `height` along y [m]."""
    _check("channel_beam", width, height, thickness, half_length)
    half = width / 2
    return _beam(
        half_length,
        (-half, 0.0, half, thickness),
        (-half, thickness, -half + thickness, height),
        (half - thickness, thickness, half, height),
    )


def i_beam(width: float, height: float, thickness: float, half_length: float) -> Solid:
    """An I with flanges of `width` along x, `height` apart outside along y [m]."""
    _check("i_beam", width, height, thickness, half_length)
    half = width / 2
    return _beam(
        half_length,
        (-half, 0.0, half, thickness),
        (-thickness / 2, thickness, thickness / 2, height - thickness),
        (-half, height - thickness, half, height),
    )


def stairs(steps: int, run: float, rise: float, width: float) -> Solid:
    """A solid flight of steps that climbs along +x from the origin.

    Args:
        steps: 2 to 20.
        run: Depth of a step along x [m].
        rise: Height of a step along z [m].
        width: Along y [m].
    """
    check_sizes("stairs", run=run, rise=rise, width=width)
    check_range("stairs", "steps", steps, 2, MOST_STEPS)
    half = width / 2
    return _joined(
        *(block((k * run, -half, 0.0), ((k + 1) * run, half, (k + 1) * rise)) for k in range(steps))
    )


def _beam(half_length: float, *plates: tuple[float, float, float, float]) -> Solid:
    """Rectangles (x, y, x, y) drawn out."""
    return _joined(
        *(block((x0, y0, -half_length), (x1, y1, half_length)) for x0, y0, x1, y1 in plates)
    )


def _joined(*pieces: Piece) -> Solid:
    return Solid.centred(*union(pieces))


def _check(kind: str, width: float, height: float, thickness: float, half_length: float) -> None:
    check_sizes(kind, width=width, height=height, thickness=thickness, half_length=half_length)
    if thickness > 0.4 * min(width, height):
        raise SceneError(
            f"Shape {kind!r}: thickness ({thickness:g}) must be at most 0.4 times its width and "
            f"height ({width:g}, {height:g})."
        )

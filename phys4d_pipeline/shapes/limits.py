"""Sizes of shapes -> nothing, or a SceneError that names the value."""

from ..errors import SceneError

SMALLEST, LARGEST = 1e-3, 100.0  # [m]; beyond these, contact margins or float32 poses show


def check_sizes(kind: str, **sizes: float | tuple[float, ...]) -> None:
    """Raise unless every length lies in the range the solvers are good for [m]."""
    for name, value in sizes.items():
        for number in value if isinstance(value, tuple) else (value,):
            if not SMALLEST <= number <= LARGEST:
                raise SceneError(
                    f"Shape {kind!r}: {name} ({number:g}) must lie in {SMALLEST:g} to "
                    f"{LARGEST:g} m."
                )


def check_range(
    kind: str, name: str, value: float | int, low: float | int, high: float | int
) -> None:
    """Raise unless a number without unit lies in its range."""
    if not low <= value <= high:
        raise SceneError(f"Shape {kind!r}: {name} ({value:g}) must lie in {low:g} to {high:g}.")

"""An rng and a range -> plain Python numbers, rounded so that the JSON of a scene stays short."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.scene import Quat, Vec3

Range = tuple[float, float]
_Item = TypeVar("_Item")
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def draw(rng: np.random.Generator, interval: Range, digits: int = 4) -> float:
    """A uniform number from a range."""
    return round(float(rng.uniform(*interval)), digits)


def draw_count(rng: np.random.Generator, interval: tuple[int, int]) -> int:
    """A uniform whole number, both ends included."""
    return int(rng.integers(interval[0], interval[1] + 1))


def draw_sign(rng: np.random.Generator) -> int:
    """-1 or 1."""
    return 1 - 2 * int(rng.integers(2))


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True in this share of the draws."""
    return bool(rng.random() < probability)


def pick(rng: np.random.Generator, options: Sequence[_Item]) -> _Item:
    """One of the options, all equally likely."""
    return options[int(rng.integers(len(options)))]


def shuffled(rng: np.random.Generator, options: Sequence[_Item]) -> list[_Item]:
    """All options in random order."""
    return [options[int(index)] for index in rng.permutation(len(options))]


def vec(values: Iterable[float]) -> Vec3:
    """Three numbers rounded to a micrometre."""
    x, y, z = (round(float(value), 6) + 0.0 for value in values)  # + 0.0 turns -0.0 into 0.0
    return x, y, z


def quat(rotation: Rotation) -> Quat:
    """wxyz, short but of length 1 to 1e-8."""
    w, x, y, z = (round(float(value), 9) + 0.0 for value in rotation.as_quat(scalar_first=True))
    return w, x, y, z


def turned(axis: str, angle_deg: float) -> Rotation:
    """A rotation about a world axis."""
    return Rotation.from_euler(axis, angle_deg, degrees=True)


def any_rotation(rng: np.random.Generator) -> Rotation:
    """Uniform over all orientations (normalised Gaussian quaternion)."""
    return Rotation.from_quat(rng.normal(size=4))


def any_direction(rng: np.random.Generator) -> np.ndarray:
    """A unit vector, uniform over the sphere."""
    vector = rng.normal(size=3)
    return vector / np.linalg.norm(vector)


def in_words(count: int, noun: str) -> str:
    """`three balls`; figures above ten."""
    number = WORDS[count] if count < len(WORDS) else str(count)
    return f"{number} {noun}" if count == 1 else f"{number} {plural(noun)}"


def plural(noun: str) -> str:
    """Of a regular English noun."""
    if noun.endswith("y") and noun[-2] not in "aeou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh", "o")) else f"{noun}s"


def listed(items: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def sentence(text: str) -> str:
    """The same with a capital first letter."""
    return text[:1].upper() + text[1:]


def with_article(noun: str) -> str:
    """`a pine block`, `an oak block`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"

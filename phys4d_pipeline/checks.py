"""Check: one law or rule, its measured value and its bound; what every gate speaks."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Check:
    """A measured value against its bound; passes when value <= bound."""

    name: str
    value: float
    bound: float
    unit: str
    source: str
    """Where the bound comes from: a formula, a paper, a measured limit."""
    blocking: bool = True
    """Does a failure keep the clip out of the dataset?"""

    @property
    def passed(self) -> bool:
        """NaN never passes."""
        return self.value <= self.bound

    def as_dict(self) -> dict[str, Any]:
        """Plain data, with `pass` for readers of checks.json."""
        return {**asdict(self), "pass": self.passed}

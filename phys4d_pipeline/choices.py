"""A name that a user typed -> the thing of that name, or an error with the nearest known one."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

from .errors import Phys4DError

_Item = TypeVar("_Item")


def chosen(
    known: Mapping[str, _Item], name: str, what: str, error: type[Phys4DError] = Phys4DError
) -> _Item:
    """The item called `name`; `what` says what kind of thing it is."""
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
    raise error(f"Unknown {what} {name!r}. {hint}")

"""Frozen dataclasses of numbers, words and tuples <-> canonical JSON."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import SceneError

Vec3 = tuple[float, float, float]
Quat = tuple[float, float, float, float]
_Data = TypeVar("_Data")


def canonical(plain: Mapping[str, Any]) -> str:
    """Sorted keys, no spaces, shortest floats that read back the same."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


def to_plain(value: Any) -> Any:
    """Dataclasses, tuples and numpy scalars -> dicts, lists and Python numbers."""
    if is_dataclass(value):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def from_plain(kind: type[_Data], plain: Any, where: str) -> _Data:
    """The inverse of `to_plain`, led by the type annotations.

    Args:
        kind: The dataclass to build.
        plain: What `to_plain` made of one.
        where: What to call it in an error.

    Raises:
        SceneError: A field is unknown.
        TypeError: A field is missing.
    """
    return _build(kind, plain, where)


def _build(kind: Any, plain: Any, where: str) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        if unknown := set(plain) - set(hints):
            raise SceneError(f"{where} has unknown fields {sorted(unknown)}.")
        return kind(
            **{key: _build(hints[key], item, f"{where}.{key}") for key, item in plain.items()}
        )
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        inner = arguments[0]
        return tuple(_build(inner, item, where) for item in plain)
    if origin is dict:
        return {key: _build(arguments[1], item, where) for key, item in plain.items()}
    if origin in (Union, UnionType):
        return _one_of(arguments, plain, where)
    return kind(plain) if kind is float else plain


def _one_of(kinds: tuple[Any, ...], plain: Any, where: str) -> Any:
    if plain is None and NoneType in kinds:
        return None
    if isinstance(plain, list):
        return tuple(plain)
    if isinstance(plain, dict):
        (record,) = (kind for kind in kinds if is_dataclass(kind))
        return _build(record, plain, where)
    return plain

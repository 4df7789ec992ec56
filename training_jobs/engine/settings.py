"""`losses.warp=0` -> a stage's config with that field changed."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from phys4d_pipeline.choices import chosen
from phys4d_pipeline.errors import TrainingError

_Config = TypeVar("_Config")


def changed(config: _Config, settings: Sequence[str]) -> _Config:
    """The config with all settings applied at once; the last of a field is the one that holds.

    Args:
        config: A stage's frozen dataclass.
        settings: `NAME=VALUE`; a dot leads into a group of fields.

    Raises:
        TrainingError: No such field, or a value that is none of its.
    """
    values: dict[str, str] = {}
    for each in settings:
        name, equals, value = each.partition("=")
        if not equals:
            raise TrainingError(f"Setting {each!r} must be NAME=VALUE, as engine.steps=200.")
        values[name.strip()] = value.strip()
    return _with(config, values)


def _with(config: Any, values: Mapping[str, str], above: str = "") -> Any:
    known = {each.name: getattr(config, each.name) for each in fields(config)}
    changes: dict[str, Any] = {}
    for name in dict.fromkeys(path.split(".")[0] for path in values):
        before = chosen(known, name, f"field of {type(config).__name__}", TrainingError)
        inner = {p.partition(".")[2]: v for p, v in values.items() if p.split(".")[0] == name}
        if is_dataclass(before) and "" not in inner:
            changes[name] = _with(before, inner, f"{above}{name}.")
        elif is_dataclass(before):
            some = ", ".join(f"{above}{name}.{each.name}" for each in fields(before))
            raise TrainingError(f"Setting {above}{name} is a group; name one of {some}.")
        elif set(inner) != {""}:
            raise TrainingError(f"Setting {above}{name} is no group of fields; leave out the rest.")
        else:
            changes[name] = _read(config, name, inner[""], above)
    return replace(config, **changes)


def _read(config: Any, name: str, value: str, above: str) -> Any:
    kind = get_type_hints(type(config))[name]
    try:
        return TypeAdapter(kind).validate_strings(value)
    except ValidationError as error:
        fault = error.errors()[0]["msg"]
        raise TrainingError(
            f"Setting {above}{name} ({value!r}): {fault}; it is {getattr(config, name)!r} now."
        ) from None

"""Shapes and types in annotations are checked at run time in every test."""

from pathlib import Path

from jaxtyping import install_import_hook

ROOT = Path(__file__).parents[1]


def _checked_modules() -> list[str]:
    paths = sorted((ROOT / "phys4d_pipeline").rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [name for name in names if not name.endswith("__init__")]


install_import_hook(_checked_modules(), "beartype.beartype")

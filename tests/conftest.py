"""Shapes and types in annotations are checked at run time in every test."""

from pathlib import Path

from jaxtyping import install_import_hook

ROOT = Path(__file__).parents[1]


def _checked_modules() -> list[str]:
    """All modules of the library but those in the Taichi language, which read annotations."""
    paths = sorted((ROOT / "phys4d_pipeline").rglob("*.py"))
    plain = [path for path in paths if "kernels import" not in path.read_text()]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in plain]
    return [name for name in names if not name.endswith("__init__")]


install_import_hook(_checked_modules(), "beartype.beartype")

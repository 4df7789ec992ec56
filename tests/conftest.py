"""Shapes and types in annotations are checked in every test; how tests are shared out."""

from pathlib import Path

import pytest
from jaxtyping import install_import_hook

ROOT = Path(__file__).parents[1]


def _checked_modules() -> list[str]:
    paths = sorted((ROOT / "phys4d_pipeline").rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [name for name in names if not name.endswith("__init__")]


install_import_hook(_checked_modules(), "beartype.beartype")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For `--dist loadgroup`: one process has all tests of a family, and draws its scenes once.

    All other tests of a file stay together, for the fixtures that they share.
    """
    for item in items:
        if item.get_closest_marker("xdist_group"):
            continue
        family = item.callspec.params.get("family") if hasattr(item, "callspec") else None
        group = family.name if hasattr(family, "module") else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))

"""One import direction: assets -> sim_scenes, training_jobs -> library; Dagster stays outside."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {
    "phys4d_pipeline": {"assets", "sim_scenes", "training_jobs", "dagster"},
    "sim_scenes": {"assets", "training_jobs", "dagster"},
    "training_jobs": {"assets", "sim_scenes", "dagster"},
    "assets": set(),
}


def imported_packages(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_one_way(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    crossing = {
        str(path.relative_to(ROOT)): names
        for path in files
        if (names := imported_packages(path.read_text()) & FORBIDDEN[package])
    }
    assert not crossing


def test_the_rule_sees_every_form_of_import() -> None:
    source = "import dagster as dg\ndef f():\n    from assets.clips import x\n"
    assert imported_packages(source) == {"dagster", "assets"}


def test_the_public_names_work_whatever_was_imported_first() -> None:
    code = """
import sys, phys4d_pipeline as p4
assert not {"taichi", "numba", "pyarrow", "pybullet"} & set(sys.modules)
import phys4d_pipeline.simulate, phys4d_pipeline.render
assert all(callable(getattr(p4, name)) for name in p4.__all__)
spec = p4.sample_scene("rigid_bodies", seed=2).with_frames(2)
print(p4.simulate(spec).num_frames)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "2", done.stderr


def test_assets_evaluate_their_annotations() -> None:
    # Dagster reads annotations at definition time and fails on postponed ones.
    for path in (ROOT / "assets").rglob("*.py"):
        assert "from __future__ import annotations" not in path.read_text(), path

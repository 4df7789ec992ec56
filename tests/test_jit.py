"""Compiled kernels are kept by what their source says, wherever it lies."""

import os
import subprocess
import sys
from pathlib import Path

from phys4d_pipeline import jit

INNER = """
from .jit import fast

@fast
def inner(x):
    return x + {added}
"""
OUTER = """
from .jit import fast
from .inner import inner

@fast
def outer(x):
    return 2 * inner(x)
"""
ASK = """
from kernels.outer import outer
print(outer(1), sum(outer.stats.cache_hits.values()))
"""


def checkout(folder: Path, added: int) -> Path:
    """A package of two kernels, one of which calls the other."""
    package = folder / "kernels"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "jit.py").write_text(Path(jit.__file__).read_text())
    (package / "inner.py").write_text(INNER.format(added=added))
    (package / "outer.py").write_text(OUTER)
    return folder


def ask(folder: Path, cache: Path) -> tuple[int, int]:
    """What the outer kernel gives for 1, and whether its code was found in the cache."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-c", ASK]
    said = subprocess.check_output(command, cwd=folder, env=environment, text=True)
    result, found = map(int, said.split())
    return result, found


def test_a_second_checkout_finds_what_the_first_compiled(tmp_path) -> None:
    first, second, changed = (
        checkout(tmp_path / name, added) for name, added in [("a", 1), ("b", 1), ("c", 2)]
    )
    assert ask(first, tmp_path / "cache") == (4, 0)
    assert ask(first, tmp_path / "cache") == (4, 1)
    assert ask(second, tmp_path / "cache") == (4, 1)
    assert ask(changed, tmp_path / "cache") == (6, 0)  # the callee's file says something else

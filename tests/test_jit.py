"""Compiled kernels are kept by what their source says, wherever it lies."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE

import numba as nb
import pytest

from phys4d_pipeline import jit

INNER = """
from .jit import fast
from .numbers import ADDED

@fast
def inner(x):
    return x + ADDED + {more}
"""
OUTER = """
from .jit import fast
from .inner import inner

@fast
def outer(x):
    return 2 * inner(x)
"""
ASK = """
import os, sys, time
from kernels.outer import outer
print("ready", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.001)
print(outer(1), sum(outer.stats.cache_hits.values()))
"""


def checkout(folder: Path, added: int, more: int = 0) -> Path:
    """A package of two kernels, one of which calls the other, and a constant."""
    package = folder / "kernels"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "jit.py").write_text(Path(jit.__file__).read_text())
    (package / "numbers.py").write_text(f"ADDED = {added}\n")
    (package / "inner.py").write_text(INNER.format(more=more))
    (package / "outer.py").write_text(OUTER)
    return folder


def asks(folder: Path, cache: Path, times: int) -> list[tuple[int, int]]:
    """What the outer kernel gives for 1, and whether its code was found in the cache.

    Of so many processes, which all call it at the same moment.
    """
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    command, go = [sys.executable, "-c", ASK, str(cache / "go")], cache / "go"
    with ExitStack() as opened:
        processes = [
            opened.enter_context(
                subprocess.Popen(command, cwd=folder, env=environment, text=True, stdout=PIPE)
            )
            for _ in range(times)
        ]
        assert all(p.stdout and p.stdout.readline() == "ready\n" for p in processes)
        cache.mkdir(exist_ok=True)
        go.touch()
        said = [process.communicate()[0] for process in processes]
        go.unlink()
    assert not any(process.returncode for process in processes)
    return [(int(result), int(found)) for result, found in map(str.split, said)]


def ask(folder: Path, cache: Path) -> tuple[int, int]:
    """The same of one process."""
    return asks(folder, cache, 1)[0]


def test_a_second_checkout_finds_what_the_first_compiled(tmp_path) -> None:
    first, second = (checkout(tmp_path / name, 1) for name in "ab")
    callee, constant = checkout(tmp_path / "c", 1, more=1), checkout(tmp_path / "d", 3)
    assert ask(first, tmp_path / "cache") == (4, 0)
    assert ask(first, tmp_path / "cache") == (4, 1)
    assert ask(second, tmp_path / "cache") == (4, 1)
    assert ask(callee, tmp_path / "cache") == (6, 0)  # the callee's file says something else
    assert ask(constant, tmp_path / "cache") == (8, 0)  # and so does the constant's


def test_one_of_two_processes_compiles_for_both(tmp_path) -> None:
    folder = checkout(tmp_path / "a", 1)
    assert sorted(asks(folder, tmp_path / "cache", 2)) == [(4, 0), (4, 1)]


FORK = """
import os
from kernels.outer import outer
child = os.fork()
if child:
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
else:
    os._exit(outer(1))
"""


def test_a_forked_process_compiles(tmp_path):
    folder = checkout(tmp_path / "here", added=10)
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", FORK]
    done = subprocess.run(command, cwd=folder, env=environment, text=True, stdout=PIPE, check=True)
    assert int(done.stdout) == 22


@pytest.mark.parametrize("decorator", [jit.inline, jit.exact_part])
def test_a_part_of_kernels_called_from_python_says_so(decorator):
    @decorator
    def twice(x):
        return 2 * x

    refused = pytest.raises(TypeError, match=r"twice is a part of kernels: call it from a kernel")
    with refused:
        twice(1)
    assert nb.njit(lambda x: twice(x) + 1)(2) == 5
    with refused:
        twice(2)  # compiled by now

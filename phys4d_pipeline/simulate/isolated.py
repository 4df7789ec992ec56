"""SceneSpec -> States in a fresh process: a solver that crashes, hangs or eats memory is contained.

The scene travels as JSON, the result as an .npz without pickles; the worker has one thread.
"""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..errors import SceneError, SimulationError
from ..scene import SceneSpec
from ..states import Contacts, States

REFUSED = 3
"""Exit status of a worker that wrote its own error line."""
KILL_SIGNALS = {
    signal.SIGKILL: "out of memory, most likely: use fewer bodies or a machine with more",
    signal.SIGSEGV: "the engine crashed: change the scene's solver or shapes, and report the scene",
    signal.SIGABRT: "the engine gave up: raise memory_gb, or change the scene's solver",
}


def simulate_isolated(spec: SceneSpec, *, timeout_s: float, memory_gb: float) -> States:
    """Run the scene's solver in a worker of its own.

    Args:
        spec: What to simulate.
        timeout_s: The worker is killed after this long [s].
        memory_gb: Address space the worker may take [GiB].

    Raises:
        SceneError: If the scene cannot be built.
        SimulationError: If the solver diverges, crashes, or exceeds a limit.
    """
    with tempfile.TemporaryDirectory(prefix="phys4d-") as folder:
        scene, result = Path(folder) / "scene.json", Path(folder) / "states.npz"
        scene.write_text(spec.to_json())
        command = [sys.executable, "-m", __package__, str(scene), str(result), str(memory_gb)]
        try:
            done = subprocess.run(
                command, env=_one_thread(), timeout=timeout_s, capture_output=True, text=True
            )
        except subprocess.TimeoutExpired:
            raise _failure(
                spec, f"took longer than {timeout_s:g} s. Lower the solver rate, or raise timeout_s"
            ) from None
        if done.returncode:
            raise _translated(spec, done, memory_gb)
        return load(result)


def save(states: States, path: Path) -> None:
    """Write every array of States to an .npz."""
    arrays = {}
    for name in (f.name for f in fields(States) if f.name != "contacts"):
        value = getattr(states, name)
        by_body = isinstance(value, dict)
        arrays |= {f"{name}.{k}": v for k, v in value.items()} if by_body else {name: value}
    arrays |= {f"contacts.{f.name}": getattr(states.contacts, f.name) for f in fields(Contacts)}
    np.savez(path, **arrays)


def load(path: Path) -> States:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        contacts = Contacts(**{f.name: arrays[f"contacts.{f.name}"] for f in fields(Contacts)})
        by_body: dict[str, dict[int, np.ndarray]] = {
            f.name: {} for f in fields(States) if f.default_factory is dict
        }
        for name, _, body in (key.partition(".") for key in arrays.files):
            if name in by_body:
                by_body[name][int(body)] = arrays[f"{name}.{body}"]
        taken = {"contacts", "solver_version", *by_body}
        rest: dict[str, Any] = {
            f.name: arrays[f.name] for f in fields(States) if f.name not in taken
        }
        return States(
            contacts=contacts,
            solver_version=str(arrays["solver_version"]),
            **rest,
            **cast(dict[str, Any], by_body),
        )


def _one_thread() -> dict[str, str]:
    """Floating sums depend on the number of threads, so workers have one."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, "1")}


def _translated(
    spec: SceneSpec, done: subprocess.CompletedProcess[str], memory_gb: float
) -> SceneError | SimulationError:
    """The worker's end in one line."""
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    if done.returncode == REFUSED:
        kind, _, message = last.partition(": ")
        return SceneError(message) if kind == "SceneError" else SimulationError(message)
    if done.returncode < 0:
        number = signal.Signals(-done.returncode)
        remedy = KILL_SIGNALS.get(number, "run it again")
        return _failure(spec, f"was ended by {number.name} (limit {memory_gb:g} GiB); {remedy}")
    if last.startswith("MemoryError") or "failed to map segment" in last:
        return _failure(
            spec, f"needs more than memory_gb ({memory_gb:g}). Raise it, or use fewer bodies"
        )
    return _failure(spec, f"failed with status {done.returncode}: {last}")


def _failure(spec: SceneSpec, what: str) -> SimulationError:
    name = f"{spec.category}/{spec.family} seed {spec.seed}"
    return SimulationError(f"Clip {name}: the {spec.solver.name} worker {what}.")

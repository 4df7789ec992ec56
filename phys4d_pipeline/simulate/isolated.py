"""SceneSpec -> States in a fresh process: a solver that crashes, hangs or eats memory is contained.

The scene travels as JSON, the result as an .npz without pickles; the worker has one thread. It is a
fork of a server (`__main__.py`) that has imported every solver: 3 CPU-s, more than a small scene.
"""

import signal
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..errors import SceneError, SimulationError
from ..scene import SceneSpec
from ..states import Contacts, States
from .servers import answer

REFUSED = 3
"""Exit status of a worker that wrote its own error line."""
OUT_OF_MEMORY = ("MemoryError", "insufficient memory", "bad_alloc", "failed to map segment")
"""What Python, qhull, C++ and the loader say."""
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
        scene, result, errors = (Path(folder) / name for name in ("scene", "states.npz", "errors"))
        scene.write_text(spec.to_json())
        request = {"scene": str(scene), "result": str(result), "errors": str(errors)}
        try:
            status = answer({**request, "memory_gb": memory_gb}, timeout_s)
        except TimeoutError:
            raise _failure(
                spec, f"took longer than {timeout_s:g} s. Lower the solver rate, or raise timeout_s"
            ) from None
        if status:
            printed = errors.read_text(errors="replace") if errors.exists() else ""
            raise _translated(spec, status, printed, memory_gb)
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


def _translated(
    spec: SceneSpec, status: int, printed: str, memory_gb: float
) -> SceneError | SimulationError:
    """The worker's end in one line."""
    last = (printed.strip().splitlines() or ["no message"])[-1]
    if status == REFUSED:
        kind, _, message = last.partition(": ")
        return SceneError(message) if kind == "SceneError" else SimulationError(message)
    if status < 0:
        number = signal.Signals(-status)
        remedy = KILL_SIGNALS.get(number, "run it again")
        return _failure(spec, f"was ended by {number.name} (limit {memory_gb:g} GiB); {remedy}")
    if any(words in printed for words in OUT_OF_MEMORY):
        return _failure(
            spec, f"needs more than memory_gb ({memory_gb:g}). Raise it, or use fewer bodies"
        )
    return _failure(spec, f"failed with status {status}: {last}")


def _failure(spec: SceneSpec, what: str) -> SimulationError:
    name = f"{spec.category}/{spec.family} seed {spec.seed}"
    return SimulationError(f"Clip {name}: the {spec.solver.name} worker {what}.")

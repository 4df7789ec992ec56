"""SceneSpec -> States by the engine the scene names; `simulate_isolated` does it in a worker.

A solver is a module of this package with `VERSION` and `run(spec) -> States`; found by name.
Contact law of all solvers: friction and restitution are the products of both bodies' values;
the resisting moment per normal force is rolling_a * friction_b + rolling_b * friction_a [m].
"""

import difflib
import importlib
import pkgutil
from types import ModuleType

from ..errors import SceneError
from ..scene import SceneSpec
from ..states import States
from .isolated import simulate_isolated

__all__ = ["simulate", "simulate_isolated", "solver_version", "solvers"]


def simulate(spec: SceneSpec) -> States:
    """Run the scene's solver in this process.

    Raises:
        SceneError: If the solver is unknown or a shape cannot be built.
        SimulationError: If the solver diverges.
    """
    return _solver(spec.solver.name).run(spec)


def solver_version(spec: SceneSpec) -> str:
    """Name and version of the scene's solver and of the engine under it; part of clip ids."""
    return _solver(spec.solver.name).VERSION


def solvers() -> list[str]:
    """The names a scene may use."""
    names = [info.name for info in pkgutil.iter_modules(__path__) if info.name[0] != "_"]
    return [name for name in names if hasattr(importlib.import_module(f".{name}", __name__), "run")]


def _solver(name: str) -> ModuleType:
    if name not in solvers():
        close = difflib.get_close_matches(name, solvers(), n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(solvers())}."
        raise SceneError(f"Unknown solver {name!r}. {hint}")
    return importlib.import_module(f".{name}", __name__)

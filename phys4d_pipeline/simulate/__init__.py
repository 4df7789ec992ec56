"""SceneSpec -> States by the engine the scene names; `simulate_isolated` does it in a worker.

A solver is a module of this package with `VERSION`, `run(spec) -> States` and `TAKES`, what it can
simulate beyond free rigid bodies (names out of FEATURES); found by its name.
Contact law of all solvers: friction and restitution are the products of both bodies' values;
the resisting moment per normal force is rolling_a * friction_b + rolling_b * friction_a [m].
"""

import difflib
import importlib
import pkgutil
from types import ModuleType

from ..errors import SceneError
from ..scene import SceneSpec
from ..starts import raise_if_impossible
from ..states import States, check_states
from .isolated import simulate_isolated

__all__ = ["simulate", "simulate_isolated", "solver_version", "solvers"]
FEATURES = {
    "joints": lambda spec: bool(spec.joints or spec.couplings),
    "paths": lambda spec: any(body.path for body in spec.bodies),
    "rope": lambda spec: any(body.form == "rope" for body in spec.bodies),
    "ties": lambda spec: bool(spec.ties),
    "liquid": lambda spec: any(body.form == "liquid" for body in spec.bodies),
    "particles": lambda spec: any(body.form == "particles" for body in spec.bodies),
    "deforming": lambda spec: any(body.form == "deforming" for body in spec.bodies),
    "soft": lambda spec: any(body.form == "soft" for body in spec.bodies),
    "gas": lambda spec: any(body.gas for body in spec.bodies),
    "wind": lambda spec: spec.wind is not None,
    "heat": lambda spec: any(body.thermal for body in spec.bodies),
}
"""What a scene may ask of a solver, and whether it does."""


def simulate(spec: SceneSpec) -> States:
    """Run the scene's solver in this process.

    Raises:
        SceneError: If the solver is unknown or cannot take the scene, a shape cannot be built, or
            two bodies start inside each other.
        SimulationError: If the solver diverges.
    """
    solver = _solver(spec.solver.name)
    asked = {name for name, is_asked in FEATURES.items() if is_asked(spec)}
    if lacking := sorted(asked - solver.TAKES):
        able = [name for name in solvers() if asked <= _solver(name).TAKES]
        raise SceneError(
            f"Solver {spec.solver.name!r} has no {', '.join(lacking)}. "
            f"Use {' or '.join(able) or 'another scene: no solver has all of them'}."
        )
    raise_if_impossible(spec)
    states = solver.run(spec)
    check_states(spec, states)
    return states


def solver_version(spec: SceneSpec) -> str:
    """Name and version of the scene's solver and of the engine under it; part of clip ids."""
    return _solver(spec.solver.name).VERSION


def solvers() -> list[str]:
    """The names a scene may use."""
    return [name for name in _modules() if hasattr(_module(name), "run")]


def _modules() -> list[str]:
    return [info.name for info in pkgutil.iter_modules(__path__) if info.name[0] != "_"]


def _module(name: str) -> ModuleType:
    return importlib.import_module(f".{name}", __name__)


def _solver(name: str) -> ModuleType:
    """Imports no other one: all of them take five seconds."""
    if name in _modules() and hasattr(found := _module(name), "run"):
        return found
    close = difflib.get_close_matches(name, solvers(), n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(solvers())}."
    raise SceneError(f"Unknown solver {name!r}. {hint}")

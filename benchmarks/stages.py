"""Where the renderer's time goes on the reference scene: CPU-ms a frame of every step and kernel.

Steps are timed without the steps inside them. `resolve` calls its kernels from compiled code, so
it is compiled once more with a clock around every call.

Run: python benchmarks/stages.py                      (about a minute; --variant still)
"""

import argparse
import ast
import ctypes
import functools
import importlib
import inspect
import pkgutil
import textwrap
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numba as nb
import numpy as np
from numba.core.dispatcher import Dispatcher
from reference_scene import reference

import phys4d_pipeline.render as package
from phys4d_pipeline.render import clip, render

# CPU time of the process in microseconds, callable from compiled code.
_clock = ctypes.CDLL(None).clock
_clock.argtypes, _clock.restype = (), ctypes.c_long
SMALLEST = 0.05  # [ms]; steps below it are summed up


@dataclass(kw_only=True)
class Clock:
    """Exclusive CPU seconds and calls by step."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _inside: list[float] = field(default_factory=list)

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted without that of timed functions it calls."""

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self._inside.append(0.0)
            start = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.process_time() - start
                self.seconds[name] += spent - self._inside.pop()
                self.calls[name] += 1
                if self._inside:
                    self._inside[-1] += spent

        return wrapper


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=("moving", "still"), default="moving")
    parser.add_argument("--frames", type=int, default=8)
    arguments = parser.parse_args()
    scene = reference(arguments.variant, num_frames=arguments.frames + 2)

    def draw(frames: range) -> float:
        start = time.process_time()
        for _ in render(scene.spec, scene.states, frames=frames, reuse_memory=True):
            pass
        return time.process_time() - start

    draw(range(3))
    plain = draw(range(1, 1 + arguments.frames))
    names, resolve = clocked(clip.resolve)
    ticks = np.zeros(len(names), np.int64)
    setattr(clip, "resolve", lambda *args: resolve(*args, ticks))  # noqa: B010  (its own type)
    draw(range(1))
    ticks[:] = 0
    clock = Clock()
    for module in modules():
        watch(clock, module)
    total = draw(range(1, 1 + arguments.frames))
    frames = arguments.frames + 2  # neighbours of the first and the last are drawn too
    print(f"{arguments.variant}: {1e3 * plain / frames:.0f} CPU-ms a frame drawn, ", end="")
    print(f"{1e3 * total / frames:.0f} with clocks")
    print("| step | CPU-ms a frame | calls a frame |\n|---|---|---|")
    rest = total - sum(clock.seconds.values())
    rows = sorted(((spent, name) for name, spent in clock.seconds.items()), reverse=True)
    for spent, name in rows:
        milliseconds = 1e3 * spent / frames
        if milliseconds < SMALLEST:
            rest += spent
        else:
            print(f"| {name} | {milliseconds:.2f} | {clock.calls[name] / frames:.1f} |")
        if name.endswith(".resolve"):
            for inner, name_inner in sorted(zip(ticks, names, strict=True), reverse=True):
                print(f"| - in it: {name_inner} | {inner * 1e-3 / frames:.2f} | |")
            own = milliseconds - ticks.sum() * 1e-3 / frames
            print(f"| - in it: its own loops, and the clocks | {own:.2f} | |")
    print(f"| everything else | {1e3 * rest / frames:.2f} | |")


def modules() -> list[ModuleType]:
    """Of the renderer."""
    return [
        importlib.import_module(f"{package.__name__}.{info.name}")
        for info in pkgutil.iter_modules(package.__path__)
    ]


def watch(clock: Clock, module: ModuleType) -> None:
    """Put clocks around the functions, kernels and methods that a module uses."""
    own = package.__name__ + "."
    for name, value in list(vars(module).items()):
        home = str(getattr(value, "__module__", ""))
        if not home.startswith(own):
            if module is clip and name == "resolve":
                setattr(module, name, clock.timed("frame.resolve", value))
            continue
        place = home.removeprefix(own)
        if isinstance(value, Dispatcher) or (
            inspect.isfunction(value) and not inspect.isgeneratorfunction(value)
        ):
            setattr(module, name, clock.timed(f"{place}.{name}", value))
        elif inspect.isclass(value) and home == module.__name__:
            for method, function in list(vars(value).items()):
                plain = inspect.isfunction(function) and not inspect.isgeneratorfunction(function)
                if plain and (method == "__init__" or not method.startswith("__")):
                    timed = clock.timed(f"{place}.{name}.{method}", function)
                    setattr(value, method, timed)


def clocked(kernel: Any) -> tuple[list[str], Any]:
    """A kernel compiled with clocks around the kernels it calls.

    Returns:
        Their names, and a kernel with one more argument: (N,) i64 microseconds, added to.
    """
    function = kernel.py_func
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    definition.args.args.append(ast.arg("ticks"))
    rewriting = _AddClocks(function.__globals__)
    rewriting.visit(definition)
    ast.fix_missing_locations(tree)
    namespace = {**function.__globals__, "_clock": _clock}
    exec(compile(tree, "<clocked>", "exec"), namespace)
    options = kernel.targetoptions
    kept = {key: options[key] for key in ("fastmath", "error_model", "nogil") if key in options}
    return rewriting.names, nb.njit(**kept)(namespace[function.__name__])


class _AddClocks(ast.NodeTransformer):
    """Put clocks around statements that call a kernel."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.known, self.names = names, []

    def _statement(self, node: ast.Expr | ast.Assign) -> list[ast.stmt]:
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            return [node]
        if not isinstance(self.known.get(call.func.id), Dispatcher):
            return [node]
        if call.func.id not in self.names:
            self.names.append(call.func.id)
        index = self.names.index(call.func.id)
        before = ast.parse("_start = _clock()").body
        after = ast.parse(f"ticks[{index}] += _clock() - _start").body
        return [*before, node, *after]

    visit_Expr = visit_Assign = _statement  # noqa: N815  (the names that ast asks for)


if __name__ == "__main__":
    main()

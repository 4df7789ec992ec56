"""Where the renderer's time goes on a scene: CPU-ms a frame of every step and kernel.

Steps are timed without the steps inside them. `resolve` calls its kernels from compiled code, so
it is compiled once more with the processor's cycle counter read around every call; its CPU time is
shared out by cycles.

Run: python benchmarks/stages.py                      (about a minute; --variant still)
     python benchmarks/stages.py --family block_tower --seed 1
"""

import argparse
import ast
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
from llvmlite import ir
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic
from reference_scene import reference

import phys4d_pipeline.render as package
from phys4d_pipeline.render import clip, render
from phys4d_pipeline.scene_catalog import catalog, sample_scene
from phys4d_pipeline.simulate import simulate

SMALLEST = 0.05  # [ms]; steps below it are summed up
OPENED = ("draw_span", "light", "shade")  # kernels whose own kernels are timed, not themselves


@intrinsic
def _cycles(typing):
    """Cycles the processor has counted."""

    def code(context, builder, signature, arguments):
        counter = builder.module.declare_intrinsic(
            "llvm.readcyclecounter", fnty=ir.FunctionType(ir.IntType(64), [])
        )
        return builder.call(counter, ())

    return nb.int64(), code


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
    parser.add_argument("--family", help="a scene of the demo's instead of the reference scene")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--frames", type=int, default=8)
    arguments = parser.parse_args()
    if arguments.family:
        categories = {
            name: family.category for f in catalog().values() for name, family in f.items()
        }
        scene = sample_scene(categories[arguments.family], arguments.seed, family=arguments.family)
        spec = scene.with_frames(arguments.frames + 2)
        states = simulate(spec)
    else:
        made = reference(arguments.variant, num_frames=arguments.frames + 2)
        spec, states = made.spec, made.states

    def draw(frames: range) -> float:
        start = time.process_time()
        for _ in render(spec, states, frames=frames, reuse_memory=True):
            pass
        return time.process_time() - start

    draw(range(3))
    plain = draw(range(1, 1 + arguments.frames))
    names: list[str] = []
    resolve = clocked(clip.resolve, names)
    whole = nb.njit(lambda: _cycles())  # pyright: ignore[reportCallIssue]
    ticks = np.zeros(len(names) + 1, np.int64)  # the last: all of it

    def counted(*args: Any) -> None:
        start = whole()
        resolve(*args, ticks)
        ticks[-1] += whole() - start

    setattr(clip, "resolve", counted)  # noqa: B010  (its own type)
    draw(range(1))
    ticks[:] = 0
    clock = Clock()
    for module in modules():
        watch(clock, module)
    total = draw(range(1, 1 + arguments.frames))
    frames = arguments.frames + 2  # neighbours of the first and the last are drawn too
    print(
        f"{arguments.family or arguments.variant}: {1e3 * plain / frames:.0f} CPU-ms a frame, ",
        end="",
    )
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
            shares = [*ticks[:-1], 2 * ticks[-1] - ticks.sum()] / ticks[-1] * milliseconds
            inside = zip(shares, [*names, "its own loops"], strict=True)
            for share, part in sorted(inside, reverse=True):
                print(f"| - in it: {part} | {share:.2f} | |")
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


def clocked(kernel: Any, names: list[str]) -> Any:
    """A kernel compiled with clocks around the kernels it calls.

    Args:
        kernel: The kernel.
        names: Of the kernels in it; added to.

    Returns:
        A kernel with one more argument: (N,) i64 cycles by name, added to.
    """
    function = kernel.py_func
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    definition.args.args.append(ast.arg("ticks"))
    namespace = {**function.__globals__, "_cycles": _cycles}
    _AddClocks(namespace, names).visit(definition)
    ast.fix_missing_locations(tree)
    exec(compile(tree, "<clocked>", "exec"), namespace)
    options = kernel.targetoptions
    known = ("fastmath", "error_model", "nogil", "forceinline")
    kept = {key: options[key] for key in known if key in options}
    return nb.njit(**kept)(namespace[function.__name__])


class _AddClocks(ast.NodeTransformer):
    """Put clocks around statements that call a kernel."""

    def __init__(self, known: dict[str, Any], names: list[str]) -> None:
        self.known, self.names = known, names

    def _statement(self, node: ast.Expr | ast.Assign) -> ast.AST | list[ast.stmt]:
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            return node
        name = call.func.id
        kernel = self.known.get(name)
        if not isinstance(kernel, Dispatcher):
            return node
        if name in OPENED:
            self.known[f"_{name}_clocked"] = clocked(kernel, self.names)
            call.func.id = f"_{name}_clocked"
            call.args.append(ast.Name("ticks", ast.Load()))
            return node
        if kernel.targetoptions.get("forceinline"):  # a part of a loop
            return node
        if name not in self.names:
            self.names.append(name)
        index = self.names.index(name)
        before = ast.parse("_start = _cycles()").body
        after = ast.parse(f"ticks[{index}] += _cycles() - _start").body
        return [*before, node, *after]

    visit_Expr = visit_Assign = _statement  # noqa: N815  (the names that ast asks for)


if __name__ == "__main__":
    main()

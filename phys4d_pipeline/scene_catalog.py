"""Scene packages found by entry point -> categories, families and sampled scenes.

The library never imports the scenes; a package announces itself in its pyproject.toml under
`[project.entry-points."phys4d.scenes"]` and offers a module per category (`sim_scenes` is ours).
"""

import importlib
import pkgutil
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType

import numpy as np

from .choices import chosen
from .errors import SceneError
from .scene import SceneSpec
from .starts import raise_if_impossible


@dataclass(frozen=True, kw_only=True)
class Preset:
    """How long, how large and how fine; everything else about a scene comes from its seed."""

    name: str
    num_frames: int
    fps: int = 60
    width: int = 1920
    height: int = 1080
    particles: int = 30_000
    """About how many a liquid, grains or a gas are made of."""


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(name="lesson", num_frames=17, fps=15, width=128, height=96, particles=4_000),
        Preset(name="demo", num_frames=120),
        Preset(name="standard", num_frames=300, particles=60_000),
        Preset(name="full", num_frames=300, particles=1_000_000),
    )
}


@dataclass(frozen=True, kw_only=True)
class Family:
    """A kind of scene: module `<package>.<category>.<family>` with SPLIT, SOLVER, `sample`."""

    category: str
    name: str
    module: ModuleType

    @property
    def summary(self) -> str:
        """First line of the module's docstring."""
        return (self.module.__doc__ or "").strip().splitlines()[0]

    @property
    def split(self) -> str:
        """`train` or `held_out`."""
        return self.module.SPLIT

    @property
    def solver(self) -> str:
        """Name of the engine the family is simulated with."""
        return self.module.SOLVER.name


@cache
def catalog() -> dict[str, dict[str, Family]]:
    """Category -> family name -> Family, both in alphabetical order."""
    found: dict[str, dict[str, Family]] = {}
    for entry in entry_points(group="phys4d.scenes"):
        package = entry.load()
        for _, category, is_package in pkgutil.iter_modules(package.__path__):
            if is_package:
                found.setdefault(category, {}).update(_families(f"{package.__name__}.{category}"))
    return {name: dict(sorted(found[name].items())) for name in sorted(found)}


def _families(package_name: str) -> dict[str, Family]:
    package = importlib.import_module(package_name)
    category = package_name.rpartition(".")[2]
    return {
        name: Family(
            category=category, name=name, module=importlib.import_module(f"{package_name}.{name}")
        )
        for _, name, _ in pkgutil.iter_modules(package.__path__)
        if not name.startswith("_")
    }


def families(category: str) -> dict[str, Family]:
    """The families of one category; an unknown name raises with the nearest known one."""
    return chosen(catalog(), category, "scene category", SceneError)


def preset(name: str) -> Preset:
    """A preset by name; an unknown name raises with the nearest known one."""
    return chosen(PRESETS, name, "preset", SceneError)


def sample_scene(
    category: str, seed: int, *, family: str | None = None, preset: Preset = PRESETS["demo"]
) -> SceneSpec:
    """Draw the scene that `seed` stands for.

    Without `family`, seeds walk through the category's families in turn.
    """
    known = families(category)
    if seed < 0:
        raise SceneError(f"seed ({seed}) must not be negative; use 0 or more.")
    name = family if family is not None else list(known)[seed % len(known)]
    drawn = chosen(known, name, f"family of {category}", SceneError)
    words = [seed, *category.encode(), 0, *drawn.name.encode()]
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
    spec = drawn.module.sample(rng, seed=seed, preset=preset)
    raise_if_impossible(spec)
    return spec


def resized(
    preset: Preset,
    *,
    num_frames: int | None = None,
    width: int | None = None,
    height: int | None = None,
    particles: int | None = None,
) -> Preset:
    """The preset with what the caller chose instead."""
    wanted = {"num_frames": num_frames, "width": width, "height": height, "particles": particles}
    return replace(preset, **{key: value for key, value in wanted.items() if value is not None})

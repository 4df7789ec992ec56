"""CPU seconds per simulated second, for every family: a scene on one core, checks not included.

Run: python benchmarks/simulate.py            (about 5 CPU-seconds a family)
     python benchmarks/simulate.py --category rigid_bodies --seeds 3 --out docs/simulate.md
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.scene_catalog import PRESETS, Family, catalog, resized, sample_scene
from phys4d_pipeline.simulate import simulate

FIRST_SEED = 3
WARM_UP_FRAMES = 3  # builds the shapes and compiles the kernels


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one family, mean of its scenes."""

    family: Family
    bodies: float
    rate: int
    """Solver steps per simulated second [Hz]."""
    setup_s: float
    """CPU time of the first frames: shapes, engine, kernels [s]."""
    cpu_per_s: float
    """CPU seconds per simulated second [1]."""

    def row(self) -> str:
        """Of the table."""
        speed = self.rate / self.cpu_per_s
        return (
            f"| {self.family.category} | `{self.family.name}` | {self.family.solver} "
            f"| {self.rate} | {self.bodies:.0f} | {self.cpu_per_s:.2f} | {speed:,.0f} "
            f"| {self.setup_s:.2f} |"
        )


HEAD = (
    "| category | family | solver | rate [Hz] | bodies | CPU s per simulated s | steps per CPU s "
    "| set-up [CPU s] |\n|---|---|---|---|---|---|---|---|"
)


def measure(family: Family, seeds: int, frames: int) -> Cost:
    """Simulate scenes of a family in this process."""
    preset = resized(PRESETS["demo"], num_frames=frames)
    specs = [
        sample_scene(family.category, FIRST_SEED + k, family=family.name, preset=preset)
        for k in range(seeds)
    ]
    setup = [_cpu(spec.with_frames(WARM_UP_FRAMES)) for spec in specs]
    # The engine is built again each time: what it takes is not a cost per second.
    short = [_cpu(spec.with_frames(WARM_UP_FRAMES)) for spec in specs]
    whole = [_cpu(spec) for spec in specs]
    seconds = seeds * (frames - WARM_UP_FRAMES) / preset.fps
    return Cost(
        family=family,
        bodies=sum(len(spec.bodies) for spec in specs) / seeds,
        rate=specs[0].solver.rate,
        setup_s=sum(setup) / seeds,
        cpu_per_s=max((sum(whole) - sum(short)) / seconds, 1e-6),
    )


def _cpu(spec: SceneSpec) -> float:
    start = time.process_time()
    simulate(spec)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--category", help="one category instead of all")
    parser.add_argument("--seeds", type=int, default=2, help="scenes a family")
    parser.add_argument("--frames", type=int, default=120, help="of each scene, at 60 fps")
    parser.add_argument("--out", type=Path, help="write the table to this file as well")
    arguments = parser.parse_args()
    lines = [HEAD]
    print(HEAD, flush=True)
    for category, families in catalog().items():
        if arguments.category in (None, category):
            for family in families.values():
                lines.append(measure(family, arguments.seeds, arguments.frames).row())
                print(lines[-1], flush=True)
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

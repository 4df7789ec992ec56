"""Short simulations of every family -> a line of family and digest each; run in a fresh process."""

import os
import subprocess
import sys

from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.scene_catalog import Family, catalog
from phys4d_pipeline.simulate import simulate
from tests.sampled_scenes import sampled

SEED = 3
DIGEST_FRAMES = 8  # clips of 0.13 s


def digest(family: Family) -> str:
    """Of the states of a short clip."""
    spec = sampled(family, SEED)
    return simulate(spec.with_frames(DIGEST_FRAMES)).digest()


def digest_elsewhere(spec: SceneSpec) -> str:
    """Of the states that a fresh process computes, without a word of complaint."""
    code = (
        "import sys; from phys4d_pipeline.scene import SceneSpec;"
        "from phys4d_pipeline.simulate import simulate;"
        "print(simulate(SceneSpec.from_json(sys.stdin.read())).digest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=spec.to_json(),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert not done.stderr
    return done.stdout.strip()


if __name__ == "__main__":
    for members in catalog().values():
        for member in members.values():
            print(member.name, digest(member), flush=True)

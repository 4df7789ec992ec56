"""Seconds from the start of a fresh process to its first frame; a script run by `render.py`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class FirstFrame:
    """Seconds of one fresh process."""

    imports_s: float
    """Interpreter, libraries and scene; wall time."""
    frame_s: float
    """From calling `render` to its first frame: kernels, set-up and two frames; wall time."""
    cpu_s: float
    """CPU time of all that."""


def first_frame(*, cold: bool) -> FirstFrame:
    """Start a process and wait for its first frame; cold: with empty kernel caches."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ)
        if cold:
            environment.update(HOME=folder, XDG_CACHE_HOME=folder)
        start = time.time()
        done = subprocess.run(
            [sys.executable, "-m", "measures.first_frame", str(start)],
            cwd=Path(__file__).parents[1],
            env=environment,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise SystemExit(f"first frame: {done.stderr.strip().splitlines()[-1]}")
    return FirstFrame(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    from reference_scene import reference

    from phys4d_pipeline.render import render

    scene = reference("moving", num_frames=3)
    ready = time.time()
    next(render(scene.spec, scene.states, frames=range(1)))
    seconds = {
        "imports_s": ready - float(sys.argv[1]),
        "frame_s": time.time() - ready,
        "cpu_s": time.process_time(),
    }
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()

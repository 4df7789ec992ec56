"""scene.json -> states.npz within a memory limit [GiB]; the worker of `simulate_isolated`."""

import resource
import sys
from pathlib import Path

from ..errors import SceneError, SimulationError
from ..scene import SceneSpec
from . import simulate
from .isolated import REFUSED, save


def main(scene: str, result: str, memory_gb: str) -> None:
    """Simulate; a scene or solver that fails ends with status REFUSED and one line."""
    limit = int(float(memory_gb) * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        save(simulate(SceneSpec.from_json(Path(scene).read_text())), Path(result))
    except (SceneError, SimulationError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(REFUSED)


if __name__ == "__main__":
    main(*sys.argv[1:])

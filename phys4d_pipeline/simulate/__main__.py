"""A process that has imported every solver and forks a worker of `simulate_isolated` per scene.

stdin: a line of JSON per scene, the arguments of `_work`. stdout: the fork's pid, then its exit
status (negative: a signal). It ends with its input; a fork dies with it.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from ..errors import SceneError, SimulationError
from ..scene import SceneSpec
from ..shapes import kinds
from . import simulate, solvers
from .isolated import REFUSED, save

PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>


def main() -> None:
    """Serve until there is nothing more to read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # left to the process that asks
    _ = solvers(), kinds()  # every module of theirs is imported, once for all forks
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _work(**json.loads(line))
        _say(pid)
        _say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _say(number: int) -> None:
    print(number, flush=True)


def _work(scene: str, result: str, errors: str, memory_gb: float) -> NoReturn:
    """Never returns into the server's loop; what is printed goes to the file `errors`."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    status = 1
    try:
        printed = os.open(errors, os.O_WRONLY | os.O_CREAT)
        for stream in (1, 2):
            os.dup2(printed, stream)
        status = _simulate(Path(scene), Path(result), memory_gb)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _simulate(scene: Path, result: Path, memory_gb: float) -> int:
    """scene.json -> states.npz within a limit [GiB]; REFUSED and one line if it cannot be."""
    limit = int(memory_gb * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        save(simulate(SceneSpec.from_json(scene.read_text())), result)
    except (SceneError, SimulationError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return REFUSED
    return 0


if __name__ == "__main__":
    main()

"""The first thing a worker process does, before any library that starts threads is imported."""

import os
import signal
import threading
from multiprocessing import parent_process

VARIABLES = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def start_worker() -> None:
    """One thread per library, Ctrl-C left to the parent, and no life after the parent's end."""
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A killed parent closes no queue that the workers share, so they would wait for ever.
    parent = parent_process()
    assert parent is not None, "start_worker runs in processes made by multiprocessing only."
    parent.join()
    os._exit(1)

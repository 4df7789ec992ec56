"""Servers that fork a worker per request (`__main__.py`), kept for the next: about 0.2 GB each."""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..kept import Keeping

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Floating sums depend on the number of threads, so workers have one."""


class _Server:
    """Works on one request at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__.rpartition(".")[0]],
            env={**os.environ, **dict.fromkeys(ONE_THREAD, "1")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._worker = 0
        self._killing = threading.Lock()

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def answer(self, request: Mapping[str, Any], timeout_s: float) -> int:
        """Exit status of the worker, or of the server if that ended.

        Raises:
            TimeoutError: It took too long, and was killed.
        """
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self._kill()

        timer = threading.Timer(timeout_s, expire)
        timer.start()
        try:
            status = self._ask(request)
        except BaseException:
            self._process.kill()  # answers that nobody read would be taken for the next one's
            raise
        finally:
            timer.cancel()
        if expired.is_set():
            self._process.kill()
            raise TimeoutError
        return status

    def close(self) -> None:
        """End it."""
        self._process.kill()
        with suppress(BrokenPipeError), self._process:  # of a request that it did not read
            pass

    def _ask(self, request: Mapping[str, Any]) -> int:
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return self._process.wait()
        pid = self._process.stdout.readline()
        with self._killing:
            self._worker = int(pid or 0)
        status = self._process.stdout.readline()
        with self._killing:
            self._worker = 0
        return int(status) if status else self._process.wait()

    def _kill(self) -> None:
        """The worker, or the server before it has one: a fork dies with it."""
        with self._killing:
            if self._worker:
                os.kill(self._worker, signal.SIGKILL)
            else:
                self._process.kill()


_idle: list[_Server] = []


def answer(request: Mapping[str, Any], timeout_s: float) -> int:
    """Of a server that is free, or a new one; as `_Server.answer`."""
    server = _free() or _Server()
    try:
        status = server.answer(request, timeout_s)
    except BaseException:
        server.close()
        raise
    _idle.append(server)
    return status


def _free() -> _Server | None:
    """One that lives; a list's pop is one step, safe among threads."""
    while _idle:
        with suppress(IndexError):
            server = _idle.pop()
            if server.lives:
                return server
            server.close()
    return None


@atexit.register
def close_idle() -> None:
    """End all servers that are free."""
    while server := _free():
        server.close()


kept_servers = Keeping(close_idle)
"""Context within which many requests are expected."""

"""Arrays on the GPU: sent once while they stay the same, fetched through memory it can reach."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import cuda
from numba.core import config

SIMULATED = bool(config.ENABLE_CUDASIM)  # pyright: ignore[reportAttributeAccessIssue]
"""numba's simulator: kernels are Python functions, and the GPU's arrays are the CPU's."""
THREADS = 1 if SIMULATED else 128
"""Per block. Simulated threads share the CPU's kernels, which are not made for racing."""


class Device:
    """One stream of work and copies on the current GPU."""

    def __init__(self, kept_for: int) -> None:
        """Args: after how many `next_frame`s without use a sent array is forgotten."""
        self.stream = cuda.stream()
        self._kept_for, self._frame = kept_for, 0
        self._sent: dict[int, _Sent] = {}
        self._spare: dict[Any, list[Any]] = {}

    def empty(self, shape: tuple[int, ...], kind: Any) -> Any:
        """An array without content."""
        return _plain(cuda.device_array(shape, kind, stream=self.stream))

    def zeros(self, shape: tuple[int, ...], kind: Any) -> Any:
        """An array of zeros."""
        return self._copied(np.zeros(shape, kind))

    def send(self, array: np.ndarray) -> Any:
        """The array on the GPU. It must not change any more: the same one is sent only once."""
        sent = self._sent.get(id(array))
        if sent is None:
            spare = self._spare.get((array.shape, array.dtype))
            there = spare.pop() if spare else self.empty(array.shape, array.dtype)
            self.copy(np.ascontiguousarray(array), there)
            sent = self._sent[id(array)] = _Sent(array, there)
        sent.frame = self._frame
        return sent.there

    def send_all(self, values: Any) -> Any:
        """A named tuple with its arrays on the GPU; numbers stay as they are."""
        sent = (self.send(v) if isinstance(v, np.ndarray) else v for v in values)
        return type(values)(*sent)

    def keep(self, array: np.ndarray) -> Any:
        """The array on the GPU, never forgotten while the result is held."""
        return self._copied(array)

    def keep_all(self, values: Any) -> Any:
        """As `send_all`, but as `keep` does."""
        kept = (self.keep(v) if isinstance(v, np.ndarray) else v for v in values)
        return type(values)(*kept)

    def next_frame(self) -> None:
        """Use the memory of long unused arrays again; free what found no use for one frame."""
        self._spare, self._frame = {}, self._frame + 1
        for key, sent in list(self._sent.items()):
            if self._frame - sent.frame > self._kept_for:
                kind = sent.array.shape, sent.array.dtype
                self._spare.setdefault(kind, []).append(sent.there)
                del self._sent[key]

    def copy(self, source: Any, target: Any) -> None:
        """Into an array on the GPU, from there or from the host."""
        if SIMULATED:
            np.copyto(target, source)
        else:
            target.copy_to_device(source, stream=self.stream)

    def fetch(self, source: Any, target: np.ndarray) -> None:
        """Into an array of `reachable`; done when the stream has come so far."""
        if SIMULATED:
            np.copyto(target, source)
        else:
            source.copy_to_host(target, stream=self.stream)

    def mark(self) -> Any:
        """An event: `synchronize()` waits until everything before it is done."""
        event = cuda.event()
        event.record(self.stream)
        return event

    def over(self, kernel: Any, columns: int, rows: int, *arguments: Any) -> None:
        """Run a kernel with a thread for every (column, row)."""
        if columns > 0 and rows > 0:
            blocks = (columns + THREADS - 1) // THREADS, rows
            kernel[blocks, (THREADS, 1), self.stream](*arguments)

    def along(self, kernel: Any, count: int, *arguments: Any) -> None:
        """Run a kernel with a thread for every number below `count`."""
        if count > 0:
            kernel[(count + THREADS - 1) // THREADS, THREADS, self.stream](*arguments)

    def _copied(self, array: np.ndarray) -> Any:
        return _plain(cuda.to_device(np.ascontiguousarray(array), stream=self.stream))


@dataclass
class _Sent:
    """An array, held so that its id is given to no other, and its copy on the GPU."""

    array: np.ndarray
    there: Any
    frame: int = 0
    """When it was last asked for."""


def reachable(shape: tuple[int, ...], kind: Any) -> np.ndarray:
    """Memory of the host that the GPU copies to on its own."""
    return cuda.pinned_array(shape, kind)


def _plain(array: Any) -> Any:
    return array._ary if SIMULATED else array

"""Worker processes that outlive a batch, for the next: their imports and kernels take seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Keeping:
    """Called, a context within which workers wait for more; several may be open at once."""

    def __init__(self, end: Callable[[], None]) -> None:
        """Args: what ends the workers that wait; called when the last context is left."""
        self._end, self._open = end, 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """See the class."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self._end()

    def __bool__(self) -> bool:
        """Is any context open?"""
        return self._open > 0

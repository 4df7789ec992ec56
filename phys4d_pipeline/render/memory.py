"""What differs between processors: scratch memory, and writes that several threads race for.

Kernels that use these run as they are on the CPU, where one thread runs over long spans, and on a
GPU, where every thread runs over spans of length 1. `cuda.device_memory` holds its versions.
"""

from inspect import unwrap  # the tests' shape checker wraps what numba must compile
from typing import Any

import numpy as np
from numba.extending import overload

__all__ = ["keep_largest", "scratch", "span_scratch"]

LANES = 64
"""A multiple of the lanes any compiled loop runs in."""


def keep_largest(values: Any, row: int, column: int, value: Any) -> None:
    """Raise an element of a matrix to at least `value`; in any order, the result is the same."""
    if value > values[row, column]:
        values[row, column] = value


def scratch(rows: int, columns: int, kind: Any) -> Any:
    """A small matrix without content; its size must be written as numbers or constants."""
    return np.empty((rows, columns), kind)


def span_scratch(rows: int, span: Any, kind: Any) -> Any:
    """As many numbers per row as a span has samples, filled up to whole LANES on the CPU."""
    return np.empty((rows, (len(span) + LANES - 1) // LANES * LANES), kind)


@overload(keep_largest, target="cpu", inline="always")
def _keep_largest(values, row, column, value):
    def compiled(values, row, column, value):
        if value > values[row, column]:
            values[row, column] = value

    return unwrap(compiled)


@overload(scratch, target="cpu", inline="always")
def _scratch(rows, columns, kind):
    def compiled(rows, columns, kind):
        return np.empty((rows, columns), kind)

    return unwrap(compiled)


@overload(span_scratch, target="cpu", inline="always")
def _span_scratch(rows, span, kind):
    def compiled(rows, span, kind):
        return np.empty((rows, (len(span) + LANES - 1) // LANES * LANES), kind)

    return unwrap(compiled)

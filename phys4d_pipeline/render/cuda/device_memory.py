"""`memory` as the threads of a GPU see it: registers the compiled forms of its functions.

Scratch memory belongs to one thread and its size is a constant; whoever raises a value does so
atomically, so that no order of threads changes a byte.
"""

from numba import cuda
from numba.extending import overload

from ..memory import keep_largest, scratch, span_scratch


@overload(keep_largest, target="cuda", inline="always")
def _keep_largest(values, row, column, value):
    def compiled(values, row, column, value):
        cuda.atomic.max(values, (row, column), value)

    return compiled


@overload(scratch, target="cuda", inline="always", prefer_literal=True)
def _scratch(rows, columns, kind):
    shape, element = (rows.literal_value, columns.literal_value), kind.dtype

    def compiled(rows, columns, kind):
        return cuda.local.array(shape, element)

    return compiled


@overload(span_scratch, target="cuda", inline="always", prefer_literal=True)
def _span_scratch(rows, span, kind):
    shape, element = (rows.literal_value, 1), kind.dtype

    def compiled(rows, span, kind):
        return cuda.local.array(shape, element)

    return compiled

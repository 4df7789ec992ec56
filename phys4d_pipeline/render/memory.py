"""What differs between processors: scratch memory, writes past the caches, and races of threads.

Kernels that use these run as they are on the CPU, where one thread runs over long spans, and on a
GPU, where every thread runs over spans of length 1. `cuda.device_memory` holds its versions.
"""

# pyright: reportCallIssue=false
# (an intrinsic is called without its first argument)

from inspect import unwrap  # the tests' shape checker wraps what numba must compile
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

__all__ = ["LINE", "keep_largest", "scratch", "span_scratch", "stream"]

LINE = 64
"""Memory is written in lines of this many bytes."""

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


def stream(picture: Any, row: int, column: int, pixels: Any, count: int) -> None:
    """Write pixels of one row of a picture that nobody reads soon; on the CPU past its caches.

    Whole lines of memory are then not fetched before they are overwritten, which would take most
    of the time of writing.

    Args:
        picture: (H, W) or (H, W, C).
        row: Where to write.
        column: Where to start.
        pixels: (at least count * C,), contiguous, of the picture's type.
        count: How many pixels.
    """
    channels = picture.shape[2:]
    values = pixels[: count * int(np.prod(channels))]
    picture[row, column : column + count] = values.reshape(count, *channels)


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


@overload(stream, target="cpu", inline="always")
def _stream(picture, row, column, pixels, count):
    def compiled(picture, row, column, pixels, count):
        _past_caches(picture, row, column, pixels, count)

    return unwrap(compiled)


@intrinsic
def _past_caches(typing, picture, row, column, pixels, count):
    """What `stream` does."""
    if picture.layout != "C" or picture.dtype != pixels.dtype:
        return None

    def code(context, builder, signature, arguments):
        number, byte = ir.IntType(64), ir.IntType(8).as_pointer()
        line = ir.VectorType(ir.IntType(32), LINE // 4).as_pointer()
        to = context.make_array(picture)(context, builder, arguments[0])
        of = context.make_array(pixels)(context, builder, arguments[3])
        steps = cgutils.unpack_tuple(builder, to.strides)
        start = (builder.mul(at, step) for at, step in zip(arguments[1:3], steps, strict=False))
        to = builder.gep(builder.bitcast(to.data, byte), [builder.add(*start)])
        of, length = builder.bitcast(of.data, byte), builder.mul(arguments[4], steps[1])
        odd = builder.and_(builder.or_(builder.ptrtoint(to, number), length), number(LINE - 1))
        lines = builder.icmp_unsigned("==", odd, number(0))
        with builder.if_else(lines) as (then, otherwise):
            with then:
                bounds = number(0), length, number(LINE)
                with cgutils.for_range_slice(builder, *bounds, number) as (k, _):
                    here, there = (builder.bitcast(builder.gep(a, [k]), line) for a in (of, to))
                    written = builder.store(builder.load(here, align=4), there, align=LINE)
                    streaming = builder.module.add_metadata([ir.IntType(32)(1)])
                    written.set_metadata("nontemporal", streaming)
            with otherwise:
                cgutils.raw_memcpy(builder, to, of, length, 1)
        return context.get_dummy_value()

    return types.void(picture, types.int64, types.int64, pixels, types.int64), code

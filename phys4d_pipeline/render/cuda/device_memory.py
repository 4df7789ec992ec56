"""`memory` and NumPy's functions as the threads of a GPU see them: what numba-cuda lacks.

Scratch memory belongs to one thread and its size is a constant; whoever raises a value does so
atomically, so that no order of threads changes a byte.
"""

# pyright: reportCallIssue=false, reportAttributeAccessIssue=false
# (numba declares what kernels call, and templates, without their arguments)

import math
from inspect import unwrap

import numpy as np
from numba import cuda, types
from numba.core import config
from numba.core.typing.templates import CallableTemplate
from numba.extending import overload

from ..memory import keep_largest, scratch, span_scratch, stream


@overload(keep_largest, target="cuda", inline="always")
def _keep_largest(values, row, column, value):
    def compiled(values, row, column, value):
        cuda.atomic.max(values, (row, column), value)

    return unwrap(compiled)


@overload(stream, target="cuda", inline="always")
def _stream(picture, row, column, pixels, count):
    if picture.ndim == 2:

        def flat(picture, row, column, pixels, count):
            for k in range(count):
                picture[row, column + k] = pixels[k]

        return unwrap(flat)

    def compiled(picture, row, column, pixels, count):
        channels = picture.shape[2]
        for k in range(count):
            for channel in range(channels):
                picture[row, column + k, channel] = pixels[channels * k + channel]

    return unwrap(compiled)


def _array_type(rows, columns, kind):
    if isinstance(rows, types.IntegerLiteral) and isinstance(columns, types.IntegerLiteral):
        return types.Array(kind.dtype, 2, "C")
    return None  # asked again with the numbers themselves


class _Scratch(CallableTemplate):
    key = scratch

    def generic(self):
        def typer(rows, columns, kind):
            return _array_type(rows, columns, kind)

        return typer


class _SpanScratch(CallableTemplate):
    key = span_scratch

    def generic(self):
        def typer(rows, span, kind):
            return _array_type(rows, types.IntegerLiteral(1), kind)

        return typer


def _register() -> None:
    from numba.cuda import nvvmutils, ufuncs  # noqa: F401
    from numba.cuda.cudadecl import registry as types_of
    from numba.cuda.cudadrv import nvvm
    from numba.cuda.cudaimpl import _generic_array
    from numba.cuda.cudaimpl import registry as code_of
    from numba.cuda.mathimpl import get_unary_impl_for_fn_and_ty

    def local(context, builder, shape, kind):
        return _generic_array(
            context,
            builder,
            shape=shape,
            dtype=kind.dtype,
            symbol_name="_cudapy_lmem",
            addrspace=nvvm.ADDRSPACE_LOCAL,
            can_dynsized=False,
        )

    @code_of.lower(scratch, types.IntegerLiteral, types.IntegerLiteral, types.Any)
    def _(context, builder, sig, args):
        rows, columns, kind = sig.args
        return local(context, builder, (rows.literal_value, columns.literal_value), kind)

    @code_of.lower(span_scratch, types.IntegerLiteral, types.Any, types.Any)
    def _(context, builder, sig, args):
        rows, _, kind = sig.args
        return local(context, builder, (rows.literal_value, 1), kind)

    for template in (_Scratch, _SpanScratch):
        types_of.register_global(template.key, types.Function(template))

    def as_in_math(function):
        def code(context, builder, sig, args):
            return get_unary_impl_for_fn_and_ty(function, sig.args[0])(context, builder, sig, args)

        return {"f->f": code, "d->d": code}

    known = ufuncs.ufunc_db()
    for ufunc, function in ((np.sqrt, math.sqrt), (np.floor, math.floor), (np.ceil, math.ceil)):
        known.setdefault(ufunc, as_in_math(function))


if not config.ENABLE_CUDASIM:
    _register()

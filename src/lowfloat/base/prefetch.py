"""A hint to the processor to fetch memory that will be read soon.

A step of many environments visits a row of memory for each, at random, and would wait for every
one of them in turn. The hint changes no result.
"""

from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np import arrayobj


@intrinsic
def _prefetch(typing_context: Any, words: Any, i: Any, j: Any, k: Any) -> Any:
    signature = types.void(words, i, j, k)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_type, *index_types = signature.args
        array = arrayobj.make_array(array_type)(context, builder, arguments[0])
        indices = [
            context.cast(builder, value, kind, types.intp)
            for value, kind in zip(arguments[1:], index_types, strict=True)
        ]
        pointer = cgutils.get_item_pointer(
            context, builder, array_type, array, indices, wraparound=False
        )
        address, number = cgutils.voidptr_t, ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [address, number, number, number]),
            "llvm.prefetch.p0",
        )
        # For reading, to be kept in all caches, as data.
        hints = [number(0), number(3), number(1)]
        builder.call(function, [builder.bitcast(pointer, address), *hints])
        return context.get_dummy_value()

    return signature, generate


def _nothing(words: Any, i: int, j: int, k: int) -> None:
    """Do nothing: without a compiler there is nothing to hint."""


prefetch = _nothing if numba.config.DISABLE_JIT else _prefetch

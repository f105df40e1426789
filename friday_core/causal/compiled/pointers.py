"""What kernels need and numba has not: memory by address, and calls by address."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_WORD = ir.IntType(64)
_FLOATS = ir.DoubleType().as_pointer()
_BYTES = ir.IntType(8).as_pointer()
#: Numba's own convention: room for a result and for an exception, neither of which kernels have.
_KERNEL = ir.FunctionType(ir.IntType(32), [_WORD.as_pointer()] * 2 + [_WORD] * 4)
_ROUTINE = ir.FunctionType(ir.IntType(32), [_WORD.as_pointer()] * 2 + [_WORD])


def _as_floats(_typing: Any, _address: Any) -> Any:
    """float64 values at an address."""
    return types.CPointer(types.float64)(
        types.int64
    ), lambda _context, builder, _signature, arguments: builder.inttoptr(arguments[0], _FLOATS)


def _as_words(_typing: Any, _address: Any) -> Any:
    """int64 words at an address."""
    return types.CPointer(types.int64)(types.int64), lambda _context, builder, _signature, arguments: builder.inttoptr(
        arguments[0], _WORD.as_pointer()
    )


def _soon(_typing: Any, pointer: Any, _place: Any) -> Any:
    """The value at a place will be read: what has to come from memory may come meanwhile."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        at, small = builder.gep(arguments[0], [arguments[1]]), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [_BYTES, small, small, small])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", (_BYTES,), kind)
        builder.call(fetch, [builder.bitcast(at, _BYTES), small(0), small(3), small(1)])
        return context.get_dummy_value()

    return types.void(pointer, types.int64), code


def _own_floats(_typing: Any, count: Any) -> Any:
    """Room for a fixed number of float64 values, which the compiler keeps in registers if it can."""
    size = ir.ArrayType(ir.DoubleType(), max(int(count.literal_value), 1))

    def code(_context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        with builder.goto_entry_block():
            room = builder.alloca(size)
        return builder.bitcast(room, _FLOATS)

    return types.CPointer(types.float64)(count), code


def _call_kernel(
    _typing: Any, _kernel: Any, _spare: Any, _instruction: Any, _registers: Any, _rows: Any, _context: Any
) -> Any:
    """``kernel(instruction, registers, rows, context)``, all by address."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kernel, spare, *given = arguments
        room = builder.inttoptr(spare, _WORD.as_pointer())
        builder.call(builder.inttoptr(kernel, _KERNEL.as_pointer()), [room, room, *given])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 6), code


def _call_driver(_typing: Any, _driver: Any, _spare: Any, _context: Any) -> Any:
    """``driver(context)``, by address; any routine of one word."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        driver, spare, given = arguments
        room = builder.inttoptr(spare, _WORD.as_pointer())
        builder.call(builder.inttoptr(driver, _ROUTINE.as_pointer()), [room, room, given])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 3), code


floats: Any = intrinsic(_as_floats)
words: Any = intrinsic(_as_words)
soon: Any = intrinsic(_soon)
own_floats: Any = intrinsic(prefer_literal=True)(_own_floats)
call_kernel: Any = intrinsic(_call_kernel)
call_driver: Any = intrinsic(_call_driver)

"""From an operator to the object code of its kernel: the one module that needs numba."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import cache
from types import CellType, FunctionType
from typing import Any

import llvmlite.binding as llvm
from numba.core.compiler_lock import global_compiler_lock

from friday_core.causal.compiled.clock_kernels import asof
from friday_core.causal.compiled.fingerprint import Routine, reached
from friday_core.causal.compiled.loading import SYMBOL, target_machine
from friday_core.causal.compiled.model_rows import over_rows
from friday_core.causal.compiled.numba_target import Function, assembly_of, optimize
from friday_core.causal.compiled.panel_kernels import FILLS, across
from friday_core.causal.compiled.row_kernels import (
    GATHERED,
    GATHERED_NUMBERS,
    alone,
    carrying,
    recalling,
    row_by_row,
    running,
    side_by_side,
    stateless,
)
from friday_core.causal.compiled.runs import RUNS
from friday_core.causal.op import Op

#: What kernels may call: the C library that plain Python calls too.
_LIBRARY = frozenset({"log", "exp", "pow", "memset", "memcpy", "memmove"})


class KernelError(Exception):
    """The operator cannot be compiled; says why."""


def kernel_object(op: Op, lanes: int) -> bytes:
    """Object code in which ``SYMBOL`` is the operator's kernel; ``KernelError`` if there is none."""
    return _tried(lambda: _object(_kernel(op, lanes), "qqqq"))


def step_bitcode(op: Op) -> bytes:
    """LLVM's code in which ``SYMBOL`` is the step of an operator that has a kernel, on one row (``alone``)."""
    gather = _compiled(GATHERED_NUMBERS[op.arity])
    return _tried(lambda: bytes(_module(alone(_compiled(op.kernel or op.step), gather), "qdddqd>d").as_bitcode()))


def model_object(step: FunctionType) -> bytes | str:
    """As ``kernel_object``, of a kind of model; or the reason why there is none."""
    try:
        return _tried(lambda: _object(over_rows(_compiled(step)), "q"))
    except KernelError as error:
        return str(error)


def _tried(make: Callable[[], bytes]) -> bytes:
    try:
        return make()
    except KernelError:
        raise
    except Exception as error:
        raise KernelError(f"{type(error).__name__}: {' '.join(str(error).split())[:800]}") from error


def routine_object(routine: Routine) -> bytes:
    """Object code in which ``SYMBOL`` is the routine; raises what the compiler does if it cannot be compiled."""
    return _object(getattr(importlib.import_module(routine.module), routine.name), "q", routine.apart)


def _kernel(op: Op, lanes: int) -> Any:
    if op.name == "asof":
        return asof
    if op.identity in FILLS:
        fill, parameters = FILLS[op.identity]
        return across(_compiled(fill), parameters)
    step = op.kernel or op.step
    if step is None:
        raise KernelError("it works across a slice, or in the executor")
    if op.arity not in GATHERED:
        raise KernelError(f"it has {op.arity} inputs")
    gather, row = _compiled(GATHERED[op.arity]), _compiled(step)
    mixed, slots = row_by_row(row, gather), op.fixed_slots
    if lanes > 1:
        return side_by_side(row, _compiled(mixed), slots or 0)
    if op.identity in RUNS:
        return (recalling if op.name == "shift" else running)(_compiled(RUNS[op.identity]), _compiled(mixed))
    if slots == 0:
        return stateless(row, gather, _compiled(mixed))
    return mixed if slots is None else carrying(row, gather, _compiled(mixed), slots)


def _float(value: Any) -> Any:
    """``float`` of a condition or a number: numba's own takes no condition."""
    return value * 1.0


_FLOAT = Function(_float)


def _compiled(function: Any) -> Any:
    """The function for numba, and so all plain functions that it calls or holds; what is no function as it is."""
    return _dispatcher(function) if isinstance(function, FunctionType) else function


@cache
def _dispatcher(function: FunctionType) -> Any:
    names = {"float": _FLOAT, **{name: _compiled(one) for name, one in reached(function).items()}}
    cells = tuple(CellType(_compiled(cell.cell_contents)) for cell in function.__closure__ or ())
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__, cells)
    copy.__module__ = function.__module__
    return Function(copy)


#: Rounded correctly by every C library, and so by the processor's own instruction.
_SQUARE_ROOT = "@sqrt(", "@llvm.sqrt.f64("


def _assembly(function: Any, kinds: str) -> str:
    """In LLVM's language; ``SYMBOL`` leads in."""
    names = {"float": _FLOAT, **{name: _compiled(one) for name, one in reached(function).items()}}
    copy = FunctionType(function.__code__, names, SYMBOL, None, function.__closure__)
    copy.__module__ = function.__module__
    text, name = assembly_of(copy, kinds)
    return text.replace(name, SYMBOL)


def _module(function: Any, kinds: str, apart: Sequence[str] = ()) -> Any:
    """Optimised code that refers to nothing but the C library; one symbol leads in.

    Functions of which the names have one of ``apart`` in them stay functions.
    """
    with global_compiler_lock:
        module = llvm.parse_assembly(_assembly(function, kinds).replace(*_SQUARE_ROOT))
        for one in (*module.functions, *module.global_variables):
            if not one.is_declaration and one.name != SYMBOL:
                one.linkage = "internal"
                if one.is_function and any(name in one.name for name in apart):
                    one.add_function_attribute("noinline")
        optimize(module)
    for one in module.functions:
        if one.is_declaration and not one.name.startswith("llvm.") and one.name not in _LIBRARY:
            raise KernelError(f"its code calls {one.name}")
    return module


def _object(function: Any, kinds: str, apart: Sequence[str] = ()) -> bytes:
    return bytes(target_machine().emit_object(_module(function, kinds, apart)))

"""What a kernel is made from, as a hash: of the step's code and of all that it calls, and of the machine."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType

import llvmlite.binding as llvm

from friday_core.causal.op import Op

_HERE = Path(__file__).parent


def kernel_key(op: Op, lanes: int) -> str:
    """Equal only for kernels that are the same code for the same machine, made by the same compiler."""
    step = op.kernel or op.step
    parts = [*machine(), _sources(), op.identity, str(op.arity), str(lanes), *(() if step is None else told(step))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def machine() -> tuple[str, ...]:
    """Compiler, interpreter, processor and its features: a kernel of another one may not run here."""
    return (
        importlib.metadata.version("numba"),
        importlib.metadata.version("llvmlite"),
        sys.version,
        platform.platform(),
        llvm.get_default_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    )


@cache
def _sources() -> str:
    """The templates, the driver and the layout: the modules of this folder."""
    digest = hashlib.sha256()
    for path in sorted(_HERE.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def told(function: object) -> Iterator[str]:
    """The code of a function, and of the functions and numbers that it reaches by name."""
    known: set[int] = set()
    waiting: list[object] = [function]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, FunctionType) or one.__module__ == "builtins":
            yield repr(one)
        elif id(one) not in known:
            known.add(id(one))
            yield from _of_code(one.__code__)
            waiting += reached(one).values()
            waiting += [cell.cell_contents for cell in one.__closure__ or ()]


def reached(function: FunctionType) -> dict[str, object]:
    """What a function's code names from its module."""
    names = {name for code in _nested(function.__code__) for name in code.co_names}
    return {name: function.__globals__[name] for name in sorted(names & function.__globals__.keys())}


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _of_code(function: CodeType) -> Iterator[str]:
    for code in _nested(function):
        yield code.co_code.hex()
        yield repr([one for one in code.co_consts if not isinstance(one, CodeType)])
        yield repr((code.co_names, code.co_varnames, code.co_freevars, code.co_argcount))

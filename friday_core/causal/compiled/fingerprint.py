"""What a kernel is made from, as a hash: of the step's code and of all that it calls, and of the machine."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import llvmlite.binding as llvm

from friday_core.causal.op import Op

_HERE = Path(__file__).parent
#: Modules of this folder that bring no word into object code: they lay out programs and run kernels.
RUNNERS = frozenset({
    "__init__", "ahead", "choice", "code", "entrance", "executor", "fused", "kernels", "live", "machine",
    "object_store", "schedule", "whole",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Routine:
    """A function of one int64 word that is compiled as it stands, such as the driver: no operator.

    ``module`` is imported only to compile it; ``sources`` are further modules that its code is taken from.
    """

    module: str
    name: str
    sources: tuple[str, ...] = ()
    #: What it is called where it takes long to compile.
    title: str = ""
    #: Of its functions those that most runs never reach: copied into their callers they make these slower.
    apart: tuple[str, ...] = ()


def kernel_key(op: Op, lanes: int) -> str:
    """Equal only for kernels that are the same code for the same machine, made by the same compiler."""
    step = op.kernel or op.step
    parts = [*machine(), _sources(), op.identity, str(op.arity), str(lanes), *(() if step is None else told(step))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def routine_key(routine: Routine) -> str:
    """As ``kernel_key``; of the whole text of its modules, none of which is imported."""
    parts = [*machine(), _sources(), routine.module, routine.name, *routine.apart]
    parts += [_text(name) for name in (routine.module, *routine.sources)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _text(module: str) -> str:
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"no module {module!r} to take a routine's code from")
    return Path(found.origin).read_text("utf-8")


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
    """The templates, the driver and the layout: the other modules of this folder."""
    digest = hashlib.sha256()
    for path in sorted(_HERE.glob("*.py")):
        if path.stem not in RUNNERS:
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
            yield repr((one.__defaults__, one.__kwdefaults__))
            waiting += reached(one).values()
            waiting += _in_modules(one)
            waiting += [cell.cell_contents for cell in one.__closure__ or ()]


def reached(function: FunctionType) -> dict[str, object]:
    """What a function's code names from its module."""
    names = {name for code in _nested(function.__code__) for name in code.co_names}
    return {name: function.__globals__[name] for name in sorted(names & function.__globals__.keys())}


def _in_modules(function: FunctionType) -> Iterator[object]:
    """What it may take from modules that it names: numbers of theirs become a part of the kernel."""
    names = {name for code in _nested(function.__code__) for name in code.co_names}
    for module in reached(function).values():
        if isinstance(module, ModuleType):
            yield from (vars(module)[name] for name in sorted(names & vars(module).keys()))


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

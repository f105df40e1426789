"""Numba as a source of LLVM's language alone: what is compiled here is never called from Python.

So no function gets machine code of its own, and all of them are optimised once, where they have come together.
"""

from __future__ import annotations

from functools import cached_property
from types import FunctionType
from typing import Any

from numba import types
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.compiler import Flags, compile_extra
from numba.core.cpu import CPUContext
from numba.core.registry import CPUDispatcher, CPUTarget, cpu_target
from numba.core.typing import Context

_OPTIONS = {"nopython": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_KINDS = {"q": types.int64, "d": types.float64}


class _Library(JITCodeLibrary):  # type: ignore[misc]
    """One function, and what it calls."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class _Codegen(JITCPUCodegen):  # type: ignore[misc]
    _library_class = _Library


class _Target(CPUTarget):  # type: ignore[misc]
    """Numba's own, with its types, and a way of its own to make code."""

    @property
    def typing_context(self) -> Context:
        return cpu_target.typing_context

    @cached_property
    def target_context(self) -> CPUContext:
        return cpu_target.target_context.subtarget(_internal_codegen=_Codegen("friday"), get_executable=_entry)


def _entry(*_of: Any) -> Any:
    """By what numba knows a function: a built-in like no other."""
    return [].append


class Function(CPUDispatcher):  # type: ignore[misc]
    """A function that compiled functions may call."""

    targetdescr = _Target("cpu")

    def __init__(self, function: Any) -> None:
        super().__init__(function, targetoptions=dict(_OPTIONS))


def assembly_of(function: FunctionType, kinds: str) -> tuple[str, str]:
    """A function with all that it calls: LLVM's language, not optimised, and its name there.

    ``kinds`` are those of its arguments and, behind an arrow, of what it answers: ``q`` int64, ``d`` float64.
    """
    flags, context = Flags(), Function.targetdescr.target_context
    flags.error_model = "numpy"
    flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    flags.nrt = False
    arguments, _, answer = kinds.partition(">")
    given, result = tuple(_KINDS[kind] for kind in arguments), _KINDS.get(answer, types.void)
    made = compile_extra(cpu_target.typing_context, context, function, given, result, flags, {})
    made.library.finalize()
    return str(made.library.get_llvm_str()), made.fndesc.llvm_func_name


def optimize(module: Any) -> None:
    """As numba does a function with what it calls; for this very processor."""
    codegen = Function.targetdescr.target_context.codegen()
    for options in ({"loop_vectorize": codegen._loopvect, "slp_vectorize": False, "opt": codegen._opt_level}, {}):
        manager, builder = codegen._module_pass_manager(**options, **({"cost": "cheap"} if options else {}))
        manager.run(module, builder)

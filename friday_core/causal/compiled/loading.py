"""Object code into this process: by LLVM alone, without the compiler."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import llvmlite.binding as llvm

#: The name under which object code is entered.
SYMBOL = "friday_kernel"


def target_machine(without: str = "") -> Any:
    """LLVM for this very processor; ``without`` those of its features whose names begin so."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target, features = llvm.Target.from_default_triple(), llvm.get_host_cpu_features()
    features.update({name: False for name in features if without and name.startswith(without)})
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=features.flatten(),
        opt=3,
        reloc="default",
        codemodel="jitdefault",
        jit=True,
    )


class LoadedCode:
    """Object code in memory; ``address`` is where it is entered, for as long as this object lives."""

    def __init__(self, code: bytes) -> None:
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
        self._engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self.address = int(self._engine.get_function_address(SYMBOL))


@lru_cache(maxsize=512)
def loaded_code(code: bytes) -> LoadedCode:
    """Object code in memory, once for all kernels of the process with the same bytes."""
    return LoadedCode(code)


@lru_cache(maxsize=8)
def loaded_module(assembly: str) -> LoadedModule:
    """As ``loaded_code``, from LLVM's own language."""
    return LoadedModule(assembly)


class LoadedModule:
    """As ``LoadedCode``, from LLVM's own language."""

    def __init__(self, assembly: str) -> None:
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(assembly), target_machine())
        self._engine.finalize_object()
        self.address = int(self._engine.get_function_address(SYMBOL))

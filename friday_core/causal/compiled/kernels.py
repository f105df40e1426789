"""Kernels of operators in this process: loaded from disk, or compiled once and kept there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from friday_core.causal.compiled.entrance import Entrance
from friday_core.causal.compiled.fingerprint import kernel_key
from friday_core.causal.compiled.loading import LoadedCode
from friday_core.causal.compiled.object_store import ObjectStore
from friday_core.causal.op import Op
from friday_core.errors import DataError

#: Told what takes long and what went wrong, in sentences.
Tell = Callable[[str], None]
#: An operator, and how many of its instructions the kernel executes side by side.
Wanted = tuple[Op, int]
#: An operator's identity, a number of lanes, and the step: another one of the same name is another kernel.
Name = tuple[str, int, object]
_DRIVER: Name = "", 1, None


class Kernels:
    """Addresses of kernels by operator.

    Compiling is announced with its progress; what it gives is kept in ``folder`` for other runs.
    A file that is not whole is made anew, with a notice. An operator that cannot be compiled has
    no kernel; ``reasons`` says why. Threads may share it.
    """

    def __init__(self, folder: Path, tell: Tell) -> None:
        self.reasons: dict[str, str] = {}
        self._store = ObjectStore(folder)
        self._tell = tell
        self._loaded: dict[Name, LoadedCode | None] = {}
        self._entrance: Entrance | None = None
        self._lock = threading.Lock()
        self._is_writable = True

    def addresses(self, wanted: Iterable[Wanted]) -> dict[tuple[str, int], int | None]:
        """By identity of the operator and number of lanes; ``None`` where there is no kernel."""
        by_name = {(op.identity, lanes, op.kernel or op.step): (op, lanes) for op, lanes in wanted}
        with self._lock:
            self._load({name: one for name, one in by_name.items() if name not in self._loaded})
            found = {name: self._loaded[name] for name in by_name}
        return {name[:2]: None if code is None else code.address for name, code in found.items()}

    def driver(self) -> int:
        """The driver's address."""
        code = self._loaded.get(_DRIVER)
        if code is None:
            with self._lock:
                self._keep(_DRIVER, self._driver_code())
            code = self._loaded[_DRIVER]
        assert code is not None
        return code.address

    def entrance(self) -> Entrance:
        """What makes functions of the driver."""
        with self._lock:
            if self._entrance is None:
                self._entrance = Entrance()
            return self._entrance

    def _load(self, wanted: Mapping[Name, Wanted]) -> None:
        missing = {}
        for name, (op, lanes) in wanted.items():
            found = self._stored(kernel_key(op, lanes))
            if found is None:
                missing[name] = op, lanes
            else:
                self._keep(name, found)
        if missing:
            self._tell(f"compiling {len(missing)} operators for this machine, once; kept in {self._store.folder}")
        for number, (name, (op, lanes)) in enumerate(missing.items()):
            if number and number % 10 == 0:
                self._tell(f"compiled {number} of {len(missing)} operators")
            self._keep(name, self._compiled(op, lanes))

    def _keep(self, name: Name, found: bytes | str) -> None:
        if isinstance(found, str):
            self.reasons[name[0]] = found
            self._loaded[name] = None
        else:
            self._loaded[name] = LoadedCode(found)

    def _stored(self, key: str) -> bytes | str | None:
        try:
            return self._store.get(key)
        except DataError as error:
            self._tell(f"{error}; it is compiled anew")
            return None

    def _compiled(self, op: Op, lanes: int) -> bytes | str:
        from friday_core.causal.compiled.lowering import KernelError, kernel_object  # noqa: PLC0415 - as below

        found: bytes | str
        try:
            found = kernel_object(op, lanes)
        except KernelError as error:
            found = str(error)
            self._tell(f"operator {op.name} has no kernel and runs in plain Python: {error}")
        self._put(kernel_key(op, lanes), found)
        return found

    def _driver_code(self) -> bytes | str:
        key = kernel_key(Op("driver", 0, lambda _kinds: None, "", ""), 1)
        found = self._stored(key)
        if found is None:
            from friday_core.causal.compiled.lowering import driver_object  # noqa: PLC0415 - numba, only where something is compiled

            found = driver_object()
            self._put(key, found)
        return found

    def _put(self, key: str, found: bytes | str) -> None:
        if not self._is_writable:
            return
        try:
            self._store.put(key, found)
        except OSError as error:
            self._is_writable = False
            self._tell(f"kernels cannot be kept, and are compiled in every run: {error}")

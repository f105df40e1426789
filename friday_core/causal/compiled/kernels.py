"""Kernels of operators in this process: loaded from disk, or compiled once and kept there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FunctionType

from friday_core.causal.compiled.code import Code
from friday_core.causal.compiled.entrance import Entrance
from friday_core.causal.compiled.fingerprint import Routine, kernel_key, routine_key
from friday_core.causal.compiled.fused import Shape, fused_object, is_step, step_key
from friday_core.causal.compiled.loading import LoadedCode, loaded_code
from friday_core.causal.compiled.model_kernels import ModelRows
from friday_core.causal.compiled.object_store import ObjectStore
from friday_core.causal.compiled.room import Room
from friday_core.causal.op import Op
from friday_core.causal.program import Program
from friday_core.domain.chunk import Float64, Int64
from friday_core.errors import DataError

#: Told what takes long and what went wrong, in sentences.
Tell = Callable[[str], None]
#: An operator, and how many of its instructions the kernel executes side by side.
Wanted = tuple[Op, int]
#: An operator's identity, a number of lanes, and the step: another one of the same name is another kernel.
Name = tuple[str, int, object]
#: Rows that repay what it takes to load a cone as one function, and to make it.
LOADED_FOR, MADE_FOR = 1 << 13, 1 << 17
#: How many clocks' codes are kept.
_MOST_CODES = 64
_DRIVER = Routine("friday_core.causal.compiled.driver", "drive")


class Kernels:
    """Addresses of kernels by operator.

    Compiling is announced with its progress; what it gives is kept in ``folder`` for other runs.
    A file that is not whole is made anew, with a notice. An operator that cannot be compiled has
    no kernel; ``reasons`` says why. Threads may share it. A cone of ``loaded_for`` rows is one function if it
    was made before, and for ``made_for`` rows it is made.
    """

    def __init__(self, folder: Path, tell: Tell, *, loaded_for: int = LOADED_FOR, made_for: int = MADE_FOR) -> None:
        self._loaded_for, self._made_for = loaded_for, made_for
        self.reasons: dict[str, str] = {}
        self._store = ObjectStore(folder)
        self._tell = tell
        self._loaded: dict[Name, LoadedCode | None] = {}
        self._routines: dict[Routine, LoadedCode] = {}
        self._fused: dict[Shape, LoadedCode] = {}
        #: By the id of the instructions, which are kept with it; the oldest first.
        self._codes: dict[tuple[int, str, tuple[int, ...]], tuple[object, Code]] = {}
        self._entrance: Entrance | None = None
        self._told: set[str] = set()
        self._lock = threading.Lock()
        #: For the columns of all that is executed with them.
        self.room = Room()
        self._is_writable = True

    def addresses(self, wanted: Iterable[Wanted]) -> dict[tuple[str, int], int | None]:
        """By identity of the operator and number of lanes; ``None`` where there is no kernel."""
        by_name = {(op.identity, lanes, op.kernel or op.step): (op, lanes) for op, lanes in wanted}
        with self._lock:
            self._load({name: one for name, one in by_name.items() if name not in self._loaded})
            found = {name: self._loaded[name] for name in by_name}
        return {name[:2]: None if code is None else code.address for name, code in found.items()}

    def code(self, program: Program, domain: str, shown: Sequence[int]) -> Code:
        """The code of one of the program's clocks, linked; one that has no joins is the same for equal instructions."""
        name = id(program.instructions), domain, tuple(shown)
        known = self._codes.get(name)
        if known is not None:
            return known[1]
        code = Code(program, domain, shown)
        code.link(self.addresses(code.wanted))
        if not code.joins:
            self._codes[name] = program.instructions, code
            for oldest in list(self._codes)[:-_MOST_CODES]:
                self._codes.pop(oldest, None)
        return code

    def known_reasons(self, operators: Iterable[Op]) -> dict[str, str]:
        """Why some of them have no kernel, by identity, as far as it was tried before: nothing is compiled."""
        found = {op.identity: self._stored(kernel_key(op, 1)) for op in operators}
        return {name: reason for name, reason in found.items() if isinstance(reason, str)}

    def driver(self) -> int:
        """The driver's address."""
        return self.routine(_DRIVER)

    def routine(self, wanted: Routine) -> int:
        """The address of ``i32 routine(i64 *spare, i64 *spare, i64 word)``, good for as long as this object lives.

        Two spare words may be written; the answer says nothing. Raises what the compiler does if
        it cannot be compiled.
        """
        with self._lock:
            if wanted not in self._routines:
                self._routines[wanted] = loaded_code(self._routine_code(wanted))
            return self._routines[wanted].address

    def fused(self, shape: Shape, rows: int) -> int | None:
        """The address of a cone's function; ``None`` where so few rows do without, or there is none."""
        with self._lock:
            if shape not in self._fused and rows >= self._loaded_for:
                found = self._stored(shape.key())
                if found is None and rows >= self._made_for:
                    found = self._fuse(shape)
                if isinstance(found, bytes):
                    self._fused[shape] = loaded_code(found)
            return self._fused[shape].address if shape in self._fused else None

    def _fuse(self, shape: Shape) -> bytes | str | None:
        steps = [self._stored(one.key) for one in shape.steps]
        code = [one for one in steps if isinstance(one, bytes)]
        if len(code) < len(steps):
            return None
        found: bytes | str
        try:
            found = fused_object(shape, code)
        except Exception as error:  # noqa: BLE001 - a library that does not fit this machine fails in its own way
            found = f"{type(error).__name__}: {error}"
        self._put(shape.key(), found)
        return found

    def model(self, step: FunctionType) -> int | None:
        """The address of the kernel of a kind of model; ``None``, with a notice, where there is none."""
        name = f"model step {step.__module__}.{step.__qualname__}", 1, step
        with self._lock:
            if name not in self._loaded:
                try:
                    self._keep(name, self._model_code(name[0], step))
                except Exception as error:  # noqa: BLE001 - a library that does not fit this machine fails in its own way
                    self._keep(name, f"{type(error).__name__}: {error}")
                if name[0] in self.reasons:
                    self._tell_of_model(name[0], self.reasons[name[0]])
            code = self._loaded[name]
        return None if code is None else code.address

    def of_model(self, step: FunctionType, numbers: Float64, words: Int64, width: int) -> ModelRows | None:
        """What predicts by the kernel of a kind of model; ``None`` where there is none, and its step has to."""
        address = self.model(step)
        return None if address is None else ModelRows(self.entrance(), address, numbers, words, width=width, owner=self)

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
            if isinstance(found, str) and not _is_ours(op):
                self._tell_of(op, found)
        if missing:
            self._tell(f"compiling {len(missing)} operators for this machine, once; kept in {self._store.folder}")
        for number, (name, (op, lanes)) in enumerate(missing.items()):
            if number and number % 10 == 0:
                self._tell(f"compiled {number} of {len(missing)} operators")
            self._keep(name, self._compiled(op, lanes))

    def _tell_of(self, op: Op, reason: str) -> None:
        home = "" if _is_ours(op) else f" of {getattr(op.step, '__module__', None)}"
        self._tell(f"operator {op.name}{home} has no kernel and runs in plain Python: {reason}")

    def _keep(self, name: Name, found: bytes | str) -> None:
        if isinstance(found, str):
            self.reasons[name[0]] = found
            self._loaded[name] = None
        else:
            self._loaded[name] = loaded_code(found)

    def _stored(self, key: str) -> bytes | str | None:
        try:
            return self._store.get(key)
        except DataError as error:
            self._tell(f"{error}; it is compiled anew")
            return None

    def _compiled(self, op: Op, lanes: int) -> bytes | str:
        from friday_core.causal.compiled.lowering import KernelError, kernel_object, step_bitcode  # noqa: PLC0415 - as below

        found: bytes | str
        try:
            found = kernel_object(op, lanes)
            if is_step(op):
                self._put(step_key(op), step_bitcode(op))
        except KernelError as error:
            found = str(error)
            self._tell_of(op, found)
        self._put(kernel_key(op, lanes), found)
        return found

    def _routine_code(self, wanted: Routine) -> bytes:
        key = routine_key(wanted)
        found = self._stored(key)
        if not isinstance(found, bytes):
            from friday_core.causal.compiled.lowering import routine_object  # noqa: PLC0415 - numba, only where something is compiled

            if wanted.title:
                self._tell(f"compiling {wanted.title} for this machine, once; kept in {self._store.folder}")
            found = routine_object(wanted)
            self._put(key, found)
        return found

    def _model_code(self, name: str, step: FunctionType) -> bytes | str:
        """Raises what the compiler does if there is none: then nothing is kept, and a later run tries again."""
        key = kernel_key(Op(name, 0, lambda _kinds: None, "", "", step), 1)
        found = self._stored(key)
        if found is None:
            from friday_core.causal.compiled.lowering import model_object  # noqa: PLC0415 - as above

            self._tell(f"compiling the {name} for this machine, once; kept in {self._store.folder}")
            found = model_object(step)
            self._put(key, found)
        return found

    def _tell_of_model(self, name: str, reason: str) -> None:
        """Where nothing can be compiled, what kind was asked for first stands for all."""
        if reason not in self._told:
            self._told.add(reason)
            self._tell(f"the {name} runs in plain Python: {reason}")

    def _put(self, key: str, found: bytes | str) -> None:
        if not self._is_writable:
            return
        try:
            self._store.put(key, found)
        except OSError as error:
            self._is_writable = False
            self._tell(f"kernels cannot be kept, and are compiled in every run: {error}")


def _is_ours(op: Op) -> bool:
    """Whether it is no plugin's."""
    return str(getattr(op.step or op.panel, "__module__", __name__)).startswith("friday_core.")

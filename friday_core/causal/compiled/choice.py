"""Which executor serves: the compiled one where there is a compiler, else plain Python with the same numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from friday_core.causal.compiled.object_store import default_folder
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import FridayError

if TYPE_CHECKING:
    from friday_core.causal.compiled.kernels import Kernels

#: As ``[run] executor`` has it: ``python`` is the oracle.
ExecutorName = Literal["compiled", "python"]
#: Told what takes long and what went wrong, in sentences.
Tell = Callable[[str], None]


class ChosenExecutor:
    """Makes the executors of one host, all with the same kernels.

    With ``compiled`` nothing is imported, loaded or compiled before the first program is there.
    Where there is no compiler, or it fails, it makes oracles: ``tell`` hears of it once, and
    ``reason`` says why. ``tell`` also hears what is compiled, which takes seconds the first time;
    by default it is the log, which stands on the terminal as long as nobody leads it elsewhere.
    Kernels are kept in ``folder``, else in the user's cache. For one thread.
    """

    def __init__(self, wanted: ExecutorName = "compiled", folder: Path | None = None, tell: Tell | None = None) -> None:
        self.wanted = wanted
        #: Why oracles serve although compiled executors are wanted; empty if they need not.
        self.reason = ""
        self._folder = default_folder() if folder is None else folder
        self._tell = logging.getLogger("friday.kernels").warning if tell is None else tell
        self._kernels: Kernels | None = None
        self._serving: ExecutorName = wanted
        self._ran: set[ExecutorName] = set()

    def __call__(
        self, program: Program, scales: Sequence[float], instruments: Sequence[InstrumentId] | None = None
    ) -> Oracle:
        kernels = self.kernels()
        made = None if kernels is None else self._compiled(kernels, program, scales, instruments)
        self._ran.add(self._serving)
        return Oracle(program, scales, instruments) if made is None else made

    @property
    def serving(self) -> ExecutorName:
        """What the next program runs in, as far as is known before it is there."""
        return self._serving

    def kernels(self) -> Kernels | None:
        """The kernels of this host, for whatever is compiled; ``None`` where oracles serve.

        Loads the driver, or compiles it, to find out.
        """
        if self._kernels is None and self._serving == "compiled":
            try:
                self._kernels = _loaded(self._folder, self._tell)
            except Exception as error:  # noqa: BLE001 - a library that does not fit this machine fails in its own way
                self._give_up(error)
        return self._kernels if self._serving == "compiled" else None

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` says: what was wanted, what programs ran in, and why not as wanted."""
        return {"wanted": self.wanted, "ran": sorted(self._ran), "reason": self.reason}

    def _compiled(
        self,
        kernels: Kernels,
        program: Program,
        scales: Sequence[float],
        instruments: Sequence[InstrumentId] | None,
    ) -> Oracle | None:
        """``None`` where the compiler is needed and fails: kernels on disk are loaded without it."""
        from friday_core.causal.compiled.executor import CompiledExecutor  # noqa: PLC0415 - llvmlite may be missing

        try:
            return CompiledExecutor(program, scales, instruments, kernels=kernels)
        except FridayError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            self._give_up(error)
            return None

    def _give_up(self, error: Exception) -> None:
        self.reason = f"{type(error).__name__}: {error}"
        self._serving = "python"
        self._tell(f"columns run in plain Python, slower and with the same numbers: {self.reason}")


def obstacle() -> str:
    """Why nothing can be compiled here, empty if it can; tries the libraries, writes nothing."""
    try:
        from friday_core.causal.compiled import lowering  # noqa: F401, PLC0415 - imports numba
        from friday_core.causal.compiled.entrance import Entrance  # noqa: PLC0415 - llvmlite may be missing

        Entrance()
    except Exception as error:  # noqa: BLE001 - a library that does not fit this machine fails in its own way
        return f"{type(error).__name__}: {error}"
    return ""


def _loaded(folder: Path, tell: Tell) -> Kernels:
    from friday_core.causal.compiled.kernels import Kernels  # noqa: PLC0415 - llvmlite may be missing

    kernels = Kernels(folder, tell)
    kernels.driver()
    return kernels


def fastest_executor(folder: Path | None = None, tell: Tell | None = None) -> ChosenExecutor | type[Oracle]:
    """Makes compiled executors, or oracles where these cannot serve: see ``ChosenExecutor``."""
    chosen = ChosenExecutor("compiled", folder, tell)
    return Oracle if chosen.kernels() is None else chosen

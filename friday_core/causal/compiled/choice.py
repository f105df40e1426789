"""Which executor serves: the compiled one where there is a compiler, else plain Python with the same numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from friday_core.causal.compiled.object_store import default_folder
from friday_core.causal.oracle import Executor, Oracle


def fastest_executor(folder: Path | None = None, tell: Callable[[str], None] | None = None) -> Executor:
    """Makes compiled executors, whose kernels are kept in ``folder``, else in the user's cache.

    Without numba, or where it does not work, it makes oracles. ``tell`` is told so, once, and
    what is compiled, which takes seconds the first time; by default it is the log.
    """
    say = logging.getLogger("friday.kernels").warning if tell is None else tell
    try:
        from friday_core.causal.compiled.executor import CompiledExecutor  # noqa: PLC0415 - llvmlite may be missing
        from friday_core.causal.compiled.kernels import Kernels  # noqa: PLC0415 - likewise

        kernels = Kernels(default_folder() if folder is None else folder, say)
        kernels.driver()
    except Exception as error:  # noqa: BLE001 - a library that does not fit this machine fails in its own way
        say(f"columns run in plain Python, slower and with the same numbers: {type(error).__name__}: {error}")
        return Oracle
    return partial(CompiledExecutor, kernels=kernels)

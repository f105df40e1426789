"""What importing a plugin's module loads, asked in a process that has loaded nothing but Friday's api.

Run as ``python -m friday_core.testing.import_cost`` with a JSON question: see ``_answer``.
"""

from __future__ import annotations

import functools
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: Libraries that take long to load, or that nobody needs who only reads what a plugin offers.
HEAVY = frozenset({
    "aiohttp", "bokeh", "boto3", "dask", "exchange_calendars", "httpx", "kiteconnect", "lightgbm", "matplotlib",
    "numba", "pandas", "polars", "pyarrow", "ray", "redis", "requests", "scipy", "sklearn", "sqlalchemy",
    "statsmodels", "talib", "tensorflow", "torch", "xgboost", "yfinance",
})  # fmt: skip
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Cost:
    """``heavy`` libraries that the import loads, ``seconds`` of processor time, or why it cannot be told."""

    heavy: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str = ""


def cost_of_importing(module: str) -> Cost:
    """Of one module; whatever else was asked about before in this process is not asked again."""
    return _costs().of(module)


class _Costs:
    """Asks about many modules in one process, up to the first that is heavy: an interpreter takes a while to start."""

    def __init__(self) -> None:
        self._known: dict[str, Cost] = {}
        self._announced: dict[str, None] = {}

    def announce(self, modules: Sequence[str]) -> None:
        self._announced.update(dict.fromkeys(modules))

    def of(self, module: str) -> Cost:
        self.announce([module])
        while module not in self._known:
            waiting = [name for name in self._announced if name not in self._known]
            for name, cost in _asked(waiting).items():
                self._known[name] = cost
        return self._known[module]


@functools.cache
def _costs() -> _Costs:
    return _Costs()


def announce(modules: Sequence[str]) -> None:
    """Modules that will be asked about: the first question answers for all."""
    _costs().announce(modules)


def _asked(modules: Sequence[str]) -> dict[str, Cost]:
    """Of the first modules, up to the first that is heavy: what comes after it would find its libraries loaded."""
    question = json.dumps({"modules": modules, "path": [one for one in sys.path if one]})
    command = [sys.executable, "-W", "ignore", "-m", __name__, question]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)  # noqa: S603
        answers: dict[str, list[object]] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        return {modules[0]: Cost(error="its process did not answer")}
    return {name: Cost(tuple(heavy), seconds, error) for name, (heavy, seconds, error) in answers.items()}  # type: ignore


def _answer(modules: Sequence[str]) -> Iterator[tuple[str, tuple[list[str], float, str]]]:
    before = set(sys.modules)
    for module in modules:
        begun, error = time.process_time(), ""
        try:
            importlib.import_module(module)
        except BaseException as raised:  # noqa: BLE001 - a plugin may raise anything
            error = f"{type(raised).__name__}: {raised}"
        heavy = sorted(HEAVY & (set(sys.modules) - before))
        yield module, (heavy, time.process_time() - begun, error)
        if heavy or error:
            return


def main() -> None:
    question = json.loads(sys.argv[1])
    sys.path[:] = question["path"]
    importlib.import_module("friday_core.api")
    answers = dict(_answer(question["modules"]))
    sys.stdout.write(f"\n{json.dumps(answers)}\n")


if __name__ == "__main__":
    main()

"""Compiled columns against a loop by hand and against pandas: whole columns, threads, live, features, start-up."""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import numba
import numpy as np
import pandas as pd
from five_indicators import SCALE, by_hand, by_hand_interleaved, columns, in_a_window, prices, program
from harness import REPEATS, interleaved, interleaved_commands, report

from friday_core.api import Market
from friday_core.causal.batch import run
from friday_core.causal.columns import Col
from friday_core.causal.compiled.choice import fastest_executor
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program

ROWS = 1_000_000
INSTRUMENTS = 50
WINDOW = 500
#: Live steps of each contender in one measurement, so that a clock's tick does not matter.
STEPS = 2_000
Make = Callable[..., Oracle]


def whole(make: Make, instruments: int, title: str) -> None:
    """Rows sorted by time; both ways must give the same signals."""
    rows, scales, out = prices(ROWS, instruments), [SCALE] * instruments, np.empty(ROWS)
    given = [rows["raw.close"], rows["raw.high"], rows["raw.low"], out]
    one = numba.njit(error_model="numpy")(by_hand)
    many = numba.njit(error_model="numpy")(by_hand_interleaved)

    def hand() -> None:
        if instruments == 1:
            one(*given)
        else:
            many(rows["inst"], *given, np.zeros((instruments, 11)), np.zeros((instruments, 20)))

    def table() -> Any:
        return run(program(), rows, scales, executor=make)["signal"]

    hand()
    assert np.array_equal(table(), out, equal_nan=True)
    contenders = {"numba loop by hand": hand, "compiled columns, traced anew": table}
    report(f"Five indicators, {title}, per row", interleaved(contenders), "numba loop by hand", per=ROWS, unit="ns")


def threads(make: Make) -> None:
    """Two runs one after the other, and in two threads, by the clock on the wall; the loop by hand says what can be."""
    rows, scales, loop = prices(ROWS, 1), [SCALE], numba.njit(error_model="numpy", nogil=True)(by_hand)

    def hand() -> None:
        loop(rows["raw.close"], rows["raw.high"], rows["raw.low"], np.empty(ROWS))

    def table() -> None:
        run(program(), rows, scales, executor=make)

    print("\n### Two runs, in one thread and in two\n")
    print("| what | one after the other, ms | at once, ms | times faster |\n|---|--:|--:|--:|")
    for name, call in {"numba loop by hand": hand, "compiled columns": table}.items():
        call()
        turns = [(_wall(call, at_once=False), _wall(call, at_once=True)) for _ in range(REPEATS)]
        one, two = (statistics.median(each) * 1e3 for each in zip(*turns, strict=True))
        print(f"| {name} | {one:.3g} | {two:.3g} | {one / two:.2f} |")


def _wall(call: Callable[[], None], *, at_once: bool) -> float:
    """Seconds of two calls."""
    start, calls = time.perf_counter(), [threading.Thread(target=call) for _ in range(2)]
    for one in calls:
        one.start()
        if not at_once:
            one.join()
    for one in calls:
        one.join()
    return time.perf_counter() - start


def live(make: Make) -> None:
    """One row of one instrument, and a whole slice with a rank."""
    rows = prices(WINDOW, 1)
    frame = pd.DataFrame({name: rows[f"raw.{name}"] / SCALE for name in ("close", "high", "low")})
    one, values = make(program(), [SCALE]), {label: float(rows[label][0]) for label in program().inputs["1m"]}
    clock = count()

    def step() -> None:
        for _ in range(STEPS):
            one.row(next(clock), 0, values)

    measured = interleaved({"compiled columns": step, "pandas window": lambda: [in_a_window(frame) for _ in range(10)]})
    _live_report("one row, one instrument", measured, {"compiled columns": STEPS, "pandas window": 10})
    every = list(range(INSTRUMENTS))
    ranked = make(trace_program(_ranked, base="1m", adjusted=False), [SCALE] * INSTRUMENTS)
    slices = {label: [value] * INSTRUMENTS for label, value in values.items()}

    def step_all() -> None:
        for _ in range(STEPS // 10):
            ranked.step(next(clock), every, slices)

    def windows() -> Any:
        return pd.Series([in_a_window(frame) for _ in every]).rank(pct=True)

    measured = interleaved({"compiled columns": step_all, "pandas window": windows})
    title = f"{INSTRUMENTS} instruments at one time, with a rank"
    _live_report(title, measured, {"compiled columns": STEPS // 10, "pandas window": 1})


def _ranked(m: Market) -> Mapping[str, Any]:
    return {"rank": m.panel(columns(m)["signal"]).rank()}


def _live_report(title: str, measured: list[Any], steps: Mapping[str, int]) -> None:
    each = [type(one)(one.name, [seconds / steps[one.name] for seconds in one.seconds]) for one in measured]
    report(f"Live step, {title}", each, "pandas window", unit="us")
    medians = {one.name: one.median for one in each}
    print(f"\nThe window costs {medians['pandas window'] / medians['compiled columns']:,.0f} times as much.")


def features(make: Make) -> None:
    """200 features: what building the program costs, and a row of each."""
    rows = prices(100_000, 1)

    def outputs(m: Market) -> dict[str, Col]:
        found = {}
        for width in range(5, 45):
            window, change = m.close.rolling(width), m.close.pct_change(width)
            found |= {f"mean{width}": m.close / window.mean(), f"std{width}": window.std(), f"change{width}": change}
            found |= {f"high{width}": m.close / window.max(), f"ema{width}": m.close.ewm(span=width).mean()}
        return found

    def trace() -> Program:
        return trace_program(outputs, base="1m", adjusted=False)

    made = trace()
    assert len(made.outputs) == 200
    contenders = {"traced and laid out": lambda: make(trace(), [SCALE]), "traced": trace}
    report("200 features, built", interleaved(contenders), "traced")
    measured = interleaved({"200 features": lambda: run(made, rows, [SCALE], executor=make)})
    report("200 features, per feature and row", measured, "200 features", per=200 * 100_000, unit="ns")


def start_up() -> None:
    """From nothing to a first result, with the kernels on disk."""
    ours = (
        "from five_indicators import prices, program; from friday_core.causal.batch import run; "
        "from friday_core.causal.compiled.choice import fastest_executor; "
        "run(program(), prices(1000, 1), [100.0], executor=fastest_executor())"
    )
    plain = ours.replace("executor=fastest_executor()", "").replace("1000", "1")
    here = f"import sys; sys.path.insert(0, {sys.path[0]!r}); "
    python = [sys.executable, "-c"]
    commands = {
        "import numba": [*python, "import numba"],
        "first result, compiled columns": [*python, here + ours],
        "first result, plain Python, one row": [*python, here + plain],
    }
    report("Import to first result", interleaved_commands(commands), "import numba")


def main() -> None:
    make = fastest_executor(tell=print)
    whole(make, 1, "one instrument")
    whole(make, INSTRUMENTS, f"{INSTRUMENTS} instruments, interleaved by time")
    threads(make)
    live(make)
    features(make)
    start_up()


if __name__ == "__main__":
    main()

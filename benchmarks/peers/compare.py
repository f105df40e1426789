"""Friday, loops by hand and the public engines on the same prices: what they need, and why their results differ.

    python benchmarks/peers/compare.py            # all; make bench-peers
    python benchmarks/peers/compare.py cross      # one of cross, top, fresh
    python benchmarks/peers/compare.py --quick    # fewer bars: whether everything works

Every engine runs in processes of an environment of its own, made under build/peers from the pinned lists beside this
script. The loop by hand is measured anew before every engine. Exits with 1 if an engine's equity is not that of a loop
with its conventions: then the last column does not explain it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parents[1] / "build" / "peers"
OWN = ""
MILLION, FEWER, DAYS = 1_000_000, 100_000, 2_520
SYMBOLS = 50
#: Paise.
CASH = "100000000000"
#: Paise that rounding may make of an equity: floats that began as a billion, quantities of six decimals.
ROUNDING = 1.0
FRESH = ("imports", "loop", "driver", "backtest")
FRESH_NAMES = {
    "imports": "`import pandas, numba, pyarrow`",
    "loop": "numba loop, compiled in the process",
    "driver": "Friday, driver",
    "backtest": "Friday, `backtest()`",
}


@dataclass(frozen=True)
class Row:
    """An engine on a task. ``loop`` is the loop with its conventions, ``because`` names what these are."""

    name: str
    environment: str
    script: str
    contender: str
    rows: int
    loop: str
    because: str = ""


CROSS = (
    Row("Friday, driver", OWN, "friday", "cross, driver", MILLION, "cross, whole shares", "whole shares, whole paise"),
    Row("Friday, `backtest()`", OWN, "friday", "cross", MILLION, "cross, whole shares", "whole shares, whole paise"),
    Row("vectorbt 1.2.0", "engines", "vectorbt", "cross", MILLION, "cross, next open"),
    Row("vectorbt, with the curve", "engines", "vectorbt", "cross, curve", MILLION, "cross, next open"),
    Row(
        "backtesting.py 0.6.6",
        "engines",
        "backtesting",
        "cross",
        MILLION,
        "cross, next open, whole units",
        "whole units",
    ),
    Row("bt 1.4.1", "engines", "bt", "cross", FEWER, "cross, next open"),
    Row(
        "nautilus_trader 1.221.0",
        "nautilus",
        "nautilus",
        "cross",
        FEWER,
        "cross, this close",
        "fills at the close that decided",
    ),
    Row("backtrader 1.9.78.123", "engines", "backtrader", "cross", FEWER, "cross, next open"),
)
#: Of the second task, whose loop has whole shares.
_FRACTIONS = "fractions of shares"
TOP = (
    Row("Friday, driver", OWN, "friday", "top ten, driver", DAYS, "top ten"),
    Row("Friday, `backtest()`", OWN, "friday", "top ten", DAYS, "top ten"),
    Row("vectorbt 1.2.0", "engines", "vectorbt", "top ten", DAYS, "top ten, next open", _FRACTIONS),
    Row("vectorbt, with the curve", "engines", "vectorbt", "top ten, curve", DAYS, "top ten, next open", _FRACTIONS),
    Row(
        "bt 1.4.1",
        "engines",
        "bt",
        "top ten",
        DAYS,
        "top ten, at the fill less charge",
        "fractions; sized at the fill, the charge taken out of it",
    ),
    Row(
        "nautilus_trader 1.221.0",
        "nautilus",
        "nautilus",
        "top ten",
        DAYS,
        "top ten, this close",
        "fractions; fills at the close that decided",
    ),
    Row(
        "backtrader 1.9.78.123",
        "engines",
        "backtrader",
        "top ten",
        DAYS,
        "top ten, next open, whole changes",
        "cuts changes, not positions, to whole shares",
    ),
)


def by_hand(loop: str, rows: int) -> Row:
    return Row("", OWN, "by_hand", loop, rows, loop)


class NotInstalledError(Exception):
    """An environment that cannot be made here, and why."""


@dataclass(frozen=True)
class Bench:
    """Processes of this run. ``scale`` is the share of the bars that is used."""

    folder: Path
    scale: float = 1.0

    def answer(self, row: Row) -> dict[str, Any]:
        """What the process of an engine printed."""
        task = "cross" if row in CROSS or row.contender.startswith("cross") else "top"
        rows = round(row.rows * self.scale) if task == "cross" else row.rows
        script = str(HERE / f"peer_{row.script}.py")
        command = [python(row.environment), script, row.contender, task, str(self.folder / "prices.npz"), str(rows)]
        return {**told(command, self.folder), "rows": rows * (1 if task == "cross" else SYMBOLS)}

    def table(self, title: str, rows: tuple[Row, ...]) -> bool:
        """Prints it; whether every equity is explained."""
        base = rows[0].loop.split(",", maxsplit=1)[0]
        found: dict[Row, tuple[Any, Any]] = {}
        loops: list[dict[str, Any]] = []
        expected: dict[tuple[str, int], dict[str, Any]] = {}
        most = max(row.rows for row in rows)
        for row in rows:
            loops.append(self.answer(by_hand(base, most)))
            try:
                answer, key = self.answer(row), (row.loop, row.rows)
                if key not in expected:
                    expected[key] = self.answer(by_hand(row.loop, row.rows))
                found[row] = answer, expected[key]
            except NotInstalledError as reason:
                found[row] = None, reason
            print(f"{row.name}: measured", file=sys.stderr, flush=True)
        seconds = [one for loop in loops for one in loop["seconds"]]
        of_loop = statistics.median(seconds) / loops[0]["rows"]
        print(f"\n### {title}\n\n{HEAD}")
        print(line("numba loop by hand", loops[0] | {"seconds": seconds}, of_loop, ""))
        explained = [self._shown(row, *found[row], of_loop) for row in rows]
        return all(explained)

    @staticmethod
    def _shown(row: Row, answer: Any, loop: Any, of_loop: float) -> bool:
        if answer is None:
            print(f"| {row.name} | | | | | | | | | {loop} |")
            return True
        apart = abs(answer["equity"] - loop["equity"])
        is_equal: bool = apart < ROUNDING and answer["fills"] == loop["fills"]
        because = row.because or "nothing"
        if not is_equal:
            because = f"NOT EXPLAINED by {row.loop}: {loop['equity'] / 100:,.2f}, {loop['fills']:,} fills"
        print(line(row.name, answer, of_loop, f"{because}; to {apart:.1g} paise"))
        return is_equal

    def fresh(self, repeats: int) -> bool:
        """Two tables of first backtests in new processes; whether their results are those of the loop."""
        right = True
        for file, rows in (("bars", MILLION), ("few", 10_000)):
            wanted = self.answer(by_hand("cross, whole shares", round(rows / self.scale)))
            used: dict[str, list[tuple[float, float]]] = {name: [] for name in FRESH}
            for turn in range(repeats + 1):
                for name in FRESH:
                    place = str(self.folder / f"{file}.parquet")
                    found, seconds, mib = spent(
                        [sys.executable, str(HERE / "fresh.py"), name, place, CASH], self.folder
                    )
                    if name in {"driver", "backtest"} and any(found[key] != wanted[key] for key in found):
                        print(f"{name}: {found}, but the loop in whole shares {wanted}", file=sys.stderr)
                        right = False
                    used[name] += [(seconds, mib)] if turn else []
            self._fresh_table(rows, used)
        return right

    @staticmethod
    def _fresh_table(rows: int, used: dict[str, list[tuple[float, float]]]) -> None:
        middle = {name: [statistics.median(one) for one in zip(*pairs, strict=True)] for name, pairs in used.items()}
        print(f"\n### First backtest in a new process, {rows:,} bars from Parquet to the equity curve\n")
        print("| process | CPU s | times the imports | peak MiB | times the loop's |\n|---|--:|--:|--:|--:|")
        for name, (seconds, mib) in middle.items():
            times = seconds / middle["imports"][0], mib / middle["loop"][1]
            print(f"| {FRESH_NAMES[name]} | {seconds:.2f} | {times[0]:.2f} | {mib:.0f} | {times[1]:.2f} |")


HEAD = """| engine | bars | CPU s | us a bar | times the loop | first s | MiB | equity | fills | differs because |
|---|--:|--:|--:|--:|--:|--:|--:|--:|---|"""


def line(name: str, answer: dict[str, Any], of_loop: float, because: str) -> str:
    seconds = statistics.median(answer["seconds"])
    bar = seconds / answer["rows"]
    cells = (f"{answer['rows']:,}", f"{seconds:.3g}", f"{bar * 1e6:.3g}", f"{bar / of_loop:,.3g}")
    more = (f"{answer['first']:.1f}", f"{answer['mib']:.0f}", f"{answer['equity'] / 100:,.2f}", f"{answer['fills']:,}")
    return f"| {' | '.join((name, *cells, *more, because))} |"


def python(environment: str) -> str:
    """The interpreter with the pinned packages of an environment; made if it is not there."""
    if environment == OWN:
        return sys.executable
    made, listed = ENVIRONMENTS / environment, HERE / f"{environment}.txt"
    there, done = made / "bin" / "python", made / "installed.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != listed.read_text(encoding="utf-8"):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(made)], check=True)
        install = [str(there), "-m", "pip", "install", "--quiet", "-r", str(listed)]
        if subprocess.run(install, check=False, stdout=sys.stderr).returncode:
            version = ".".join(map(str, sys.version_info[:2]))
            raise NotInstalledError(f"not measured: {listed.name} cannot be installed on Python {version}")
        shutil.copy(listed, done)
    return str(there)


def told(command: list[str], folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = spent(command, folder)[0]
    return found


def spent(command: list[str], folder: Path) -> tuple[dict[str, Any], float, float]:
    """The last line of a process, CPU seconds of all of it, and peak MiB.

    Linux counts what the parent held when it started a process to that process's peak: nothing large is imported here.
    """
    clean = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with (folder / "stderr").open("w+") as wrong:
        started = subprocess.Popen(command, cwd=folder, env=clean, stdout=subprocess.PIPE, stderr=wrong, text=True)
        assert started.stdout is not None
        printed = started.stdout.read()
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            wrong.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{wrong.read()[-2000:]}")
    return json.loads(printed.strip().splitlines()[-1]), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=["cross", "top", "fresh", "all"], default="all", help="default all")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the bars of one instrument")
    parser.add_argument("--repeats", type=int, default=7, help="new processes of each kind")
    given = parser.parse_args()
    asked = ["cross", "top", "fresh"] if "all" in given.what else given.what
    with tempfile.TemporaryDirectory(prefix="friday-peers-") as folder:
        bench = Bench(Path(folder), 0.05 if given.quick else 1.0)
        subprocess.run([sys.executable, str(HERE / "prices.py"), folder], check=True, stdout=sys.stderr)
        right = True
        if "cross" in asked:
            right &= bench.table("Moving averages that cross, one instrument, one-minute bars", CROSS)
        if "top" in asked:
            right &= bench.table(f"Monthly top ten by momentum, {SYMBOLS} instruments, {DAYS:,} days", TOP)
        if "fresh" in asked:
            right &= bench.fresh(given.repeats)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())

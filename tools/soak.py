"""Draws random programs and rows for a while and compares the executors' bits: ``make soak MINUTES=60``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from unit.causal.compiled.ahead_parity import Blocks, compare_ahead
from unit.causal.compiled.parity import compare
from unit.causal.random_programs import NAMES, Made, programs

from friday_core.causal.compiled.kernels import Kernels

#: Programs between two looks at the clock.
DRAWN_AT_ONCE = 50
_sizes = st.one_of(st.integers(1, 1), st.integers(2, 5), st.integers(2, 5), st.integers(6, 200))
_places = st.lists(st.integers(0, 60), max_size=8)


class Soak:
    """What was drawn so far, and what differed."""

    def __init__(self, kernels: Kernels) -> None:
        self.counts: Counter[str] = Counter()
        self.operators: Counter[str] = Counter()
        self.instruments: Counter[str] = Counter()
        self._kernels = kernels

    def draw(self, number: int) -> None:
        """``DRAWN_AT_ONCE`` programs; ``AssertionError`` for the first whose bits differ, made as small as can be."""

        @seed(number)
        @settings(max_examples=DRAWN_AT_ONCE, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(
            made=programs(size=24),
            market=st.integers(0, 2**32 - 1),
            size=_sizes,
            cuts=_places,
            handed_over=_places,
        )
        def compared(made: Made, market: int, size: int, cuts: list[int], handed_over: list[int]) -> None:
            found = compare(made, market, size, cuts, self._kernels)
            assert not found.differences, (found.differences[:5], made.program.describe())
            values, wrong = compare_ahead(made, market, size, Blocks(cuts, handed_over), self._kernels)
            assert not wrong, (wrong[:5], made.program.describe())
            self._count(made, size, 2 * len(cuts) + 2, found.values + values)

        compared()

    def _count(self, made: Made, size: int, parts: int, values: int) -> None:
        self.counts.update(programs=1, values=values, parts=parts, instructions=len(made.program.instructions))
        self.operators.update(one.name for one in made.program.instructions)
        self.instruments["1" if size == 1 else "2 to 5" if size < 6 else "6 to 200"] += 1

    def table(self, minutes: float) -> str:
        rows = [
            ("minutes", f"{minutes:.1f}"),
            ("programs", f"{self.counts['programs']:,}"),
            ("instructions", f"{self.counts['instructions']:,}"),
            ("operators drawn", f"{len(self.operators)}, the rarest {min(self.operators.values(), default=0):,} times"),
            *((f"programs on {size} instruments", f"{count:,}") for size, count in sorted(self.instruments.items())),
            ("parts that rows were cut into", f"{self.counts['parts']:,}"),
            ("values compared", f"{self.counts['values']:,}"),
            ("differing bits", "0"),
        ]
        return "\n".join(["| what | count |", "|---|--:|", *(f"| {name} | {value} |" for name, value in rows)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    arguments = parser.parse_args()
    soak = Soak(Kernels(Path(".pytest_cache") / "d" / "friday_kernels", print))
    print(f"seed {arguments.seed}", flush=True)
    start = time.monotonic()
    number = arguments.seed
    while (minutes := (time.monotonic() - start) / 60.0) < arguments.minutes:
        soak.draw(number)
        number += 1
    print(soak.table(minutes))
    never = sorted(set(NAMES) - {name.removeprefix("grid_") for name in soak.operators})
    if never:
        print(f"never drawn: {', '.join(never)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

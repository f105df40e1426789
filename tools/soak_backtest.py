"""Steps drawn sessions by the kernel and by the driver alone, and compares all that is left of them.

``python tools/soak_backtest.py --seeds 10000``; the first that differs is printed with what differs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from unit.session.compiled.drawn_sessions import Stepped, differences, drawn, ordering

from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.compiled.object_store import default_folder
from friday_core.domain.orders import FillKind, OrderType
from friday_core.errors import InvariantError
from friday_core.session.custody import HELD_OVER
from friday_core.simulation.compiled.arena import plain
from friday_core.simulation.compiled.loaded import Compiled
from friday_core.trading.limits import Limits

#: Of every two seeds one has cones that are one function. Of so many seeds one is stepped by the plain kernel too.
PLAIN = 10
#: Of so many seeds one is a session of columns that order.
ORDERING = 3


class Soak:
    """What was drawn so far."""

    def __init__(self, kernels: Kernels, fusing: Kernels) -> None:
        self.counts: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self._kernel = Compiled(kernels)
        self._executors = [partial(CompiledExecutor, kernels=one) for one in (kernels, fusing)]

    def compare(self, seed: int) -> list[str]:
        """What differs for a seed."""
        given = ordering(seed) if seed % ORDERING == 0 else drawn(seed)
        driver, fast = Stepped(given), Stepped(given, kernel=self._kernel, executor=self._executors[seed % 2])
        try:
            expected = driver.left()
        except InvariantError as error:  # a book that grew beyond what a log can keep: nobody is right
            if "cannot be kept in 64 bits" not in str(error):
                raise
            self.counts["of them beyond 64 bits, not compared"] += 1
            return []
        found = differences(expected, fast.left())
        if seed % PLAIN == 0:
            found += differences(expected, Stepped(given, kernel=plain).left())
            self.counts["of them by the plain kernel too"] += 1
        self._count(driver, fast)
        return found

    def _count(self, driver: Stepped, fast: Stepped) -> None:
        log, blocks = driver.driver.log, fast.driver._blocks
        assert blocks is not None
        rules = bool(driver.desks[0].risk.rules) and not blocks._ruled.asks
        self.counts.update({
            "sessions": 1,
            "sessions with columns that read their book": int(any(driver.given.readers)),
            "sessions with bands": int(driver.given.rules.band_ppm > 0),
            "sessions with latency in time": int(driver.given.rules.latency_us > 0),
            "sessions with products or what happens by itself": int(
                any(driver.given.products) or driver.given.terms is not None
            ),
            "sessions with risk rules that all say their terms": int(rules),
            "sessions with limits of the account": int(driver.given.account != Limits()),
            "slices": log.slices,
            "slices by the kernel": blocks.counts["kernel"],
            "of them with columns that read their book": blocks.counts["kernel"] * any(driver.given.readers),
            "of them with risk rules": blocks.counts["kernel"] * rules,
            "slices that it left to the driver, with risk rules": blocks.counts["driver"] * rules,
            "slices that it left to the driver": blocks.counts["driver"],
            "decisions": len(log.decisions),
            "orders": len(log.orders),
            "fills": len(log.fills),
            "sessions with columns that order": int("order" in driver.given.kinds),
            **{f"orders: {kind}": sum(one.order.type is kind for one in log.orders) for kind in OrderType},
            "orders good till a session": sum(one.order.good_till is not None for one in log.orders),
            "orders that close a bracket": sum(one.order.reason.startswith("BRACKET") for one in log.orders),
            "of them withdrawn": sum(one.reason.startswith("BRACKET") for one in log.orders),
            "orders that their strategy cancelled": sum(one.reason.startswith("CANCELLED") for one in log.orders),
            "sessions that square off": int(any(one.order.reason.startswith("SQUARE_OFF") for one in log.orders)),
            "orders that close intraday positions": sum(
                one.order.reason.startswith("SQUARE_OFF") for one in log.orders
            ),
            "of them orders for what was held over": sum(one.order.reason == HELD_OVER for one in log.orders),
            "orders that they withdraw": sum(one.reason.startswith("SQUARE_OFF") for one in log.orders),
            "fees of shorts": len(log.postings),
            "settlements": sum(one.kind is FillKind.SETTLEMENT for one in log.fills),
            "corporate actions": len(log.actions),
            "strategies stopped": len(log.stopped),
        })  # fmt: skip
        self.codes.update(one.code for one in log.decisions)

    def table(self) -> str:
        rows = [*self.counts.items(), *((f"decisions {code}", count) for code, count in self.codes.most_common())]
        return "\n".join(["| what | count |", "|---|--:|", *(f"| {name} | {count:,} |" for name, count in rows)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    folder = default_folder()
    soak = Soak(Kernels(folder, print), Kernels(folder, print, loaded_for=0, made_for=0))
    start = time.monotonic()
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        if found := soak.compare(seed):
            print(f"seed {seed} differs:", *found, sep="\n  ")
            return 1
        if (seed + 1) % 500 == 0:
            print(
                f"{seed + 1 - arguments.first:,} of {arguments.seeds:,}, {time.monotonic() - start:.0f} s", flush=True
            )
    print(soak.table())
    print("\nNothing differs.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

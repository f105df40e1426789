"""A whole day of Friday at the Kite sandbox, with all that goes wrong on a bad one: ``make kite-day``.

The market goes ``--speed`` times as fast as the wall: prices, bars, hours, the life of a token. What is counted by
the wall stays as it is: limits of requests, delays of orders, time-outs, heartbeats, and the seconds in which a
socket is to be back. Prints what was measured, and ends with 1 if anything is not as it should be. The same seed has
the same prices.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fakes.day_facts import DayFacts
from fakes.market_day import CASH, MarketDay, Plan


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--shares", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="where runs, journals and the audit are kept; default: nowhere")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        plan = Plan(shares=given.shares, speed=given.speed, seed=given.seed)
        day = MarketDay(given.folder or Path(place), plan, lambda what: print(what, file=sys.stderr, flush=True))
        day.play()
        facts = DayFacts.of(day, CASH)
    print(facts.table())
    for one in facts.wrong:
        print(one)
    return 1 if facts.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

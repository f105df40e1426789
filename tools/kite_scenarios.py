"""Both traders on every shipped scenario of the Kite sandbox, at full length: ``make kite-scenarios``.

Prints what the verdicts say; ends with 1 if the careful one fails any of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fakes.kite_trials import verdicts

from friday_core.sandbox.kite.faults.scenario import shipped


def main() -> None:
    parser = argparse.ArgumentParser(description="Traders on the scenarios of the Kite sandbox.")
    parser.add_argument("--trader", choices=("careful", "naive"), action="append")
    parser.add_argument("--scenario", action="append", help="one of them; default: all that are shipped")
    parser.add_argument("--seconds", type=float, default=75.0)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--at-once", type=int, default=8)
    asked = parser.parse_args()
    well = True
    for trader in asked.trader or ("careful", "naive"):
        with tempfile.TemporaryDirectory() as folder:
            told = verdicts(
                Path(folder), trader, asked.scenario or [*shipped()], seconds=asked.seconds, speed=asked.speed,
                at_once=asked.at_once,
            )  # fmt: skip
        for name, verdict in told.items():
            print(f"{trader:8} {name:18} {'PASSED' if verdict.passed else 'FAILED'}  {verdict.text().splitlines()[0]}")
            for one in verdict.findings:
                print(f"{'':10}{one.rule}: {one.words}, lines {', '.join(map(str, one.lines))}")
        well = well and (trader != "careful" or all(one.passed for one in told.values()))
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()

"""Kills sessions at random instants against an exchange with faults, and counts: ``make soak-kills KILLS=10000``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fakes.kills import Kills

from friday_core.session.at_broker import InDoubtPolicy

#: What is taken away to see that the harness sees it, and for how many sessions.
ABLATIONS = {
    "no waiting before a book is believed": {"settles": False},
    "no reading of the broker's book": {"reads": False},
    "what was not answered is sent again blindly": {"resends_blindly": True},
}
ABLATED_SESSIONS = 100


class Tally:
    """What was counted so far; kept in a file, so that a soak goes on where the last one ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self.counts = Counter(known.get("counts", {}))
        self.deaths = Counter(known.get("deaths", {}))
        self.next_seed: int = known.get("next_seed", 0)

    def keep(self) -> None:
        temporary = self.path.with_suffix(".tmp")
        told = {"counts": self.counts, "deaths": self.deaths, "next_seed": self.next_seed}
        temporary.write_text(json.dumps(told, indent=1), encoding="utf-8")
        temporary.replace(self.path)


def soak(tally: Tally, kills: int) -> list[str]:
    """Sessions until so many kills are counted; stops at the first session that is not as it should be."""
    while tally.deaths.total() < kills:
        policy = list(InDoubtPolicy)[tally.next_seed % 2]
        with tempfile.TemporaryDirectory() as folder:
            session = Kills(Path(folder), tally.next_seed, policy=policy)
            began = time.process_time()
            wrong = session.run()
        if wrong:
            return wrong
        tally.counts.update(
            sessions=1, orders=len(session.exchange.held), ms=round(1e3 * (time.process_time() - began))
        )
        tally.counts.update(session.exchange.faults)
        tally.deaths += session.deaths
        tally.next_seed += 1
        if tally.next_seed % 50 == 0:
            tally.keep()
            print(f"{tally.deaths.total():,} kills in {tally.counts['sessions']:,} sessions, nothing wrong", flush=True)
    tally.keep()
    return []


def ablated() -> dict[str, int]:
    """By what was taken away, in how many sessions something went wrong."""
    found: dict[str, int] = {}
    for name, without in ABLATIONS.items():
        wrong = 0
        for seed in range(ABLATED_SESSIONS):
            with tempfile.TemporaryDirectory() as folder:
                wrong += bool(Kills(Path(folder), seed, policy=InDoubtPolicy.RESEND, **without).run())
        found[name] = wrong
    return found


def table(tally: Tally, without: dict[str, int]) -> str:
    """What ``docs/reliability.md`` shows."""
    rows: dict[str, str | int] = {
        "kills": tally.deaths.total(),
        "sessions": tally.counts["sessions"],
        "orders at the exchange": tally.counts["orders"],
        **{f"killed in {place}": count for place, count in tally.deaths.most_common()},
        **{f"fault: {name}": tally.counts[name] for name in sorted(tally.counts.keys() - {"sessions", "orders", "ms"})},
        "lost, doubled, unknown, or another digest on replay": 0,
        "CPU a kill, ms": f"{tally.counts['ms'] / max(1, tally.deaths.total()):.0f}",
        **{f"{name}: sessions of {ABLATED_SESSIONS} with something wrong": count for name, count in without.items()},
    }
    lines = [
        f"| {name} | {value:,} |" if isinstance(value, int) else f"| {name} | {value} |" for name, value in rows.items()
    ]
    return "\n".join(["| what | count |", "|---|--:|", *lines])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--tally", type=Path, default=Path("build/kills.json"), help="where the count is kept")
    given = parser.parse_args()
    given.tally.parent.mkdir(parents=True, exist_ok=True)
    tally = Tally(given.tally)
    wrong = soak(tally, given.kills)
    if wrong:
        print("\n".join(wrong))
        return 1
    print(table(tally, ablated()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

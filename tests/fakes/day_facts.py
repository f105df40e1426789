"""What became of a day at a sandbox: facts, a table of them, and what is wrong with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from fakes.market_day import MarketDay

from friday_core.sandbox.kite.audit.verdict import Verdict
from friday_plugins.zerodha.orders import tag_of

_STATUS = {"COMPLETE": "filled", "CANCELLED": "cancelled", "REJECTED": "rejected"}
#: Seconds of the wall: subscriptions are back by then. And requests with a dead token.
_BACK, _DEAD = 30.0, 5
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Money:
    """In paise, of the account at the sandbox and of Friday's books alike."""

    traded: int
    charges: int
    end: int

    @classmethod
    def of_theirs(cls, state: Mapping[str, Any], cash: int) -> Money:
        flows = (
            round(Decimal(str(one["average_price"])) * 100) * one["quantity"] * (-1 if _buys(one) else 1)
            for one in state["trades"]
        )
        traded, end = sum(flows), round(Decimal(str(state["margins"]["equity"]["net"])) * 100)
        return cls(traded, cash + traded - end, end)

    @classmethod
    def of_ours(cls, summary: Mapping[str, Any], fills: Sequence[Mapping[str, Any]], cash: int) -> Money:
        end, charges = (
            round(Decimal(str(summary["end_equity"])) * 100),
            sum(round(one["charges"] * 100) for one in fills),
        )
        return cls(end - cash + charges, charges, end)


@dataclass(frozen=True)
class DayFacts:
    """Of a day that is over."""

    verdict: Verdict
    happened: Counter[str]
    ours: Mapping[str, Mapping[str, Any]]
    theirs: Sequence[Mapping[str, Any]]
    money: tuple[Money, Money]
    left: Sequence[str]
    differences: Sequence[Any]
    rows: int
    most_a_second: int
    dead: int
    back: Sequence[float]
    up: Sequence[float]
    invalid: int
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, day: MarketDay, cash: int) -> DayFacts:
        run = sorted((day.home / "runs").iterdir())[-1]
        summary = json.loads((run / "summary.json").read_text("utf-8"))
        audit = day.sandbox.audit()
        asked = [one for one in audit if one["kind"] == "request"]
        orders = [one["wall"] // _SECOND for one in asked if _changes_orders(one)]
        back, up = [*_gaps(audit, day.plan.shares, day.ended)], [*_restarts(audit, day.plan.shares, day.ended)]
        found = cls(
            day.sandbox.verdict(), Counter(one["do"] for one in audit if one["kind"] == "fault"),
            {one["tag"]: one for one in _table(run, "orders")}, day.state["orders"],
            (
                Money.of_theirs(day.state, cash),
                Money.of_ours(summary["results"], _table(run, "fills"), cash),
            ),
            [f"{one['quantity']:+} {one['tradingsymbol']}" for one in day.state["positions"]["net"] if one["quantity"]],
            summary["differences"], summary["results"]["rows"],
            max(Counter(orders).values(), default=0), sum(one.get("token_ok") is False for one in asked), back, up,
            sum(one["kind"] == "answer" and one.get("error_type") == "InputException" for one in audit),
        )  # fmt: skip
        found.wrong.extend(found._judged())
        return found

    def table(self) -> str:
        """Markdown."""
        theirs, ours = self.money
        sent = Counter(one["status"] for one in self.theirs)
        rows = [
            ("bars that the strategy saw", f"{self.rows:,}"),
            ("requests", f"{self.verdict.requests:,}"),
            ("orders at Kite", f"{len(self.theirs):,}"),
            ("of them filled, cancelled, rejected", ", ".join(f"{sent[one]:,}" for one in _STATUS)),
            ("trades' money, Kite's and Friday's", f"{_rupees(theirs.traded)}, {_rupees(ours.traded)}"),
            ("charges, Kite's and Friday's", f"{_rupees(theirs.charges)}, {_rupees(ours.charges)}"),
            ("account at the end, Kite's and Friday's", f"{_rupees(theirs.end)}, {_rupees(ours.end)}"),
            ("faults", ", ".join(f"{count} {do.replace('_', ' ')}" for do, count in sorted(self.happened.items()))),
            ("Friday's process ended and started again", f"{len(self.up)}"),
            ("longest until subscriptions were back", f"{max(self.back, default=0.0):.1f} s"),
            ("the same after a start anew", f"{max(self.up, default=0.0):.1f} s"),
            ("order requests in a second, at most", f"{self.most_a_second}"),
            ("requests with a dead token", f"{self.dead}"),
            ("invalid requests", f"{self.invalid}"),
            ("positions and open orders at the end", f"{len(self.left)}"),
            ("verdict of `friday sandbox check`", "passed" if self.verdict.passed else "FAILED"),
        ]
        return "\n".join(["| what | measured |", "|---|--:|", *(f"| {name} | {value} |" for name, value in rows)])

    def _judged(self) -> Iterator[str]:
        theirs, ours = self.money
        tags = Counter(tag_of(one["tag"] or "").order for one in self.theirs)
        yield from (f"order {tag} stands {count} times" for tag, count in tags.items() if count > 1)
        for one in self.theirs:
            tag = tag_of(one["tag"] or "").order
            known = self.ours.get(tag)
            wanted = _STATUS.get(one["status"], one["status"]), one["filled_quantity"]
            if known is None or (known["status"], known["filled"]) != wanted:
                yield f"order {tag} is {wanted} at Kite, and {known and (known['status'], known['filled'])} here"
        lost = [tag for tag, one in self.ours.items() if one["filled"] and tag not in tags]
        yield from (f"order {tag} has traded here alone" for tag in lost)
        if theirs != ours:
            yield f"the money differs: {theirs} there, {ours} here"
        yield from (f"{one} is left" for one in self.left)
        yield from (f"the books differed: {one}" for one in self.differences)
        if self.dead > _DEAD:
            yield f"{self.dead} requests with a dead token"
        yield from (f"subscriptions were back after {one:.1f} s" for one in self.back if one > _BACK)
        yield from (f"{one.rule}: {one.words}" for one in self.verdict.findings)


def _gaps(audit: Sequence[Mapping[str, Any]], shares: int, ended: Sequence[int]) -> Iterator[float]:
    """Seconds from each drop and silence until all shares were followed again; not of processes that ended then."""
    lost: int | None = None
    for one in audit:
        if one["kind"] == "fault" and one["do"] in ("drop", "mute"):
            lost = one["wall"]
        elif lost is not None and _follows(one, shares):
            if not any(lost < moment < one["wall"] for moment in ended):
                yield (one["wall"] - lost) / _SECOND
            lost = None


def _restarts(audit: Sequence[Mapping[str, Any]], shares: int, ended: Sequence[int]) -> Iterator[float]:
    for moment in ended:
        walls = (one["wall"] for one in audit if one.get("wall", 0) > moment and _follows(one, shares))
        yield (next(walls, moment) - moment) / _SECOND


def _follows(one: Mapping[str, Any], shares: int) -> bool:
    return one["kind"] == "socket" and one["what"] == "mode" and len(one["tokens"]) == shares


def _changes_orders(one: Mapping[str, Any]) -> bool:
    return one["method"] != "GET" and str(one["path"]).startswith("/orders")


def _buys(one: Mapping[str, Any]) -> bool:
    return bool(one["transaction_type"] == "BUY")


def _table(run: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(run / f"{name}.parquet").to_pylist()
    return found


def _rupees(paise: int) -> str:
    return f"{Decimal(paise) / 100:,}"

"""``summary.json``: what happened, with every convention named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from friday_core.analytics.performance import performance_of
from friday_core.domain.chunk import Universe
from friday_core.domain.money import to_major
from friday_core.domain.records import SessionStarted
from friday_core.domain.sessions import to_date
from friday_core.session.core import Core
from friday_core.session.log import SessionLog
from friday_core.session.runner import RunStatus
from friday_core.session.tallies import Tallies
from friday_core.trading.ledger import Account

#: Reasons of one stage and verdict that the summary names; the table has them all.
_REASONS_SHOWN = 10

CONVENTIONS = {
    "fill": "decided at a bar's close, traded at the next bar's open at the earliest",
    "returns": "from the last equity of each session; 252 sessions a year; no risk-free rate",
    "drawdown": "largest fall from a peak of equity, over all bars",
    "money": "in the account's currency, exact",
    "corporate_actions": "raw prices trade; splits and dividends are booked on the ex-date",
}


#: Of what differs at a broker, so many stand in the summary; the log has all.
MOST_DIFFERENCES = 100


def summary_of(
    core: Core,
    account: Account,
    universe: Universe,
    status: RunStatus,
    error: str = "",
    *,
    slow: Mapping[str, int] = MappingProxyType({}),
    tallies: Tallies | None = None,
    has_digest: bool = True,
) -> dict[str, Any]:
    """Everything that a run has to say for itself; equal inputs give equal ``results``.

    ``slow`` counts the records that took long, by the stage that took it; it stands outside of ``results``.
    ``tallies`` are those of the run where they are known already. Without ``has_digest``, ``results`` end before it.
    """
    head = core.started
    if tallies is None:
        tallies = tallies_of(core, account, universe)
    return {
        "status": str(status),
        "error": error,
        "session": _head(head),
        "results": {**_results(core, account, tallies), **({"digest": core.log.digest()} if has_digest else {})},
        "strategies": {name: _book(account, name, tallies) for name in account.books},
        **_netting(core.log, account, tallies),
        "quarantine": _quarantine(core),
        "stopped_strategies": [
            {"strategy": one.strategy, "error": one.error, "ts_event": one.ts_event} for one in core.log.stopped
        ],
        "differences": [
            {"code": one.code, "order": one.tag, "instrument": str(one.instrument or ""), "detail": one.detail}
            for one in core.log.differences[:MOST_DIFFERENCES]
        ],
        "rows_missing": [
            {"stream": one.stream, "since": one.since, "told": one.ts, "over": one.is_over, "reason": one.reason}
            for one in core.log.missing[:MOST_DIFFERENCES]
        ],
        "validator_faults": [
            {name: getattr(one, name) for name in ("stream", "validator", "error", "seq", "ts_event")}
            for one in core.log.faults
        ],
        "slow": dict(sorted(slow.items())),
        "conventions": CONVENTIONS,
    }


def tallies_of(core: Core, account: Account, universe: Universe) -> Tallies:
    """What the log comes to so far, also of the rows that it let go of."""
    return core.log.tallies(universe, capital_of(account))


def capital_of(account: Account) -> int:
    """Of all books at the start, in minor units."""
    return sum(book.capital for book in account.books.values())


def _head(head: SessionStarted | None) -> dict[str, Any]:
    return {} if head is None else {k: v for k, v in msgspec.to_builtins(head).items() if k != "ts"}


def _results(core: Core, account: Account, tallies: Tallies) -> dict[str, Any]:
    currency = next(iter(account.books.values())).currency
    figures = performance_of(tallies.account, currency, tallies.traded)
    sessions = list(tallies.account.closes)
    return {
        "currency": currency,
        "first_session": to_date(sessions[0]).isoformat() if sessions else None,
        "last_session": to_date(sessions[-1]).isoformat() if sessions else None,
        "rows": core.flow.rows_in,
        "slices": core.log.slices,
        **msgspec.to_builtins(figures),
        "decisions": dict(sorted(tallies.codes().items())),
        "orders": dict(sorted(tallies.orders.items())),
        "fills": tallies.fills.total(),
        "assumed_fills": tallies.assumed_fills,
    }


def _book(account: Account, name: str, tallies: Tallies) -> dict[str, Any]:
    book = account.books[name]
    money = {part: to_major(getattr(book, part), book.currency) for part in ("capital", "cash", "equity")}
    gains = ("realised", "unrealised", "dividends", "charges")
    return {
        **money,
        **{part: to_major(getattr(book, part), book.currency) for part in gains},
        "positions": {str(instrument): quantity for instrument, quantity in book.positions().items()},
        "fills": tallies.fills_of(name),
    }


def _netting(log: SessionLog, account: Account, tallies: Tallies) -> dict[str, Any]:
    """What the account ordered for several strategies, and what they traded with each other; nothing without netting.

    A conflict is a netting with buys and sells; ``crossed`` is the value of what the books bought from each other.
    """
    if log.netting is None:
        return {}
    currency = next(iter(account.books.values())).currency
    told = {
        "nettings": tallies.nettings,
        "conflicts": tallies.conflicts,
        "account_orders": dict(sorted(tallies.account_orders.items())),
        "account_fills": tallies.account_fills,
        "crossed": to_major(tallies.crossed, currency),
    }
    return {"netting": told}


def _quarantine(core: Core) -> list[dict[str, Any]]:
    """Rows by stage, verdict and reason; of reasons that hold values, the most frequent and the rest."""
    found = []
    for stream, quarantine in core.flow.quarantines.items():
        reasons: dict[tuple[str, str], Counter[str]] = {}
        for (stage, verdict, reason), rows in sorted(quarantine.counts.items()):
            reasons.setdefault((stage, verdict), Counter())[reason] = rows
        for (stage, verdict), counts in reasons.items():
            for reason, rows in _most_frequent(counts):
                found.append({"stream": stream, "stage": stage, "verdict": verdict, "reason": reason, "rows": rows})
    return found


def _most_frequent(counts: Counter[str]) -> list[tuple[str, int]]:
    shown = counts.most_common(_REASONS_SHOWN)
    others = len(counts) - len(shown)
    rest = counts.total() - sum(rows for _, rows in shown)
    return [*shown, (f"{others} other reasons", rest)] if others else shown

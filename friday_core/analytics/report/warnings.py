"""What a reader must know before any figure: what went wrong, was held back, refused or is not proven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from friday_core.analytics.report.wording import counted, never
from friday_core.analytics.run_analysis import RunAnalysis

#: Reasons that are named of each kind; the tables below have them all.
_NAMED = 5
_DONE = {"PASS": "passed", "REPAIR": "repaired", "QUARANTINE": "held back", "DUPLICATE": "dropped as duplicates"}
_NOT_TRADED = ("denied", "rejected", "in_doubt")
#: Codes of orders by which positions ended that nobody closed.
_ENDS = ("SETTLED", "DELISTED")
_LATE = "SQUARE_OFF: held over from an earlier session"


def warnings_of(run: RunAnalysis) -> list[str]:
    """One sentence each, the gravest first; empty if there is nothing to warn of."""
    summary = run.files.summary
    facts = [f"{told[:1].upper()}{told[1:]}." for told in summary.get("warnings", ())]
    return [
        *_ends(summary),
        *_faults(summary),
        *facts,
        *_unproven(run),
        *_refused(run),
        *_ended(run),
        *_held_back(summary),
    ]


def _ends(summary: Mapping[str, Any]) -> Iterator[str]:
    if summary.get("status") != "finished":
        yield f"The run did not finish; its status is {summary.get('status', 'unknown')}."
    if summary.get("error"):
        yield f"Error: {summary['error']}"
    for error in summary.get("stop_errors", ()):
        if error not in summary.get("error", ""):
            yield f"While stopping: {error}"


def _faults(summary: Mapping[str, Any]) -> Iterator[str]:
    for one in summary.get("stopped_strategies", ()):
        yield f"Strategy {one['strategy']} was stopped: {one['error']}"
    for one in summary.get("validator_faults", ()):
        yield (
            f"Validator {one['validator']} of stream {one['stream']} failed on row {one['seq']:,}, "
            f"and no position was opened since: {one['error']}"
        )


def _held_back(summary: Mapping[str, Any]) -> Iterator[str]:
    rows = summary.get("quarantine", ())
    total = sum(row["rows"] for row in rows)
    if not total:
        return
    found: Counter[str] = Counter()
    for row in rows:
        found[f"{_DONE.get(row['verdict'], row['verdict'])} by {row['stage']}"] += row["rows"]
    seen = summary.get("results", {}).get("rows", 0)
    of = f" of {seen:,}" if seen else ""
    yield f"Rows that validators remarked on: {total:,}{of} ({_listed(found)})."


def _refused(run: RunAnalysis) -> Iterator[str]:
    kept = zip(*(run.files.column("decisions", name) for name in ("asked", "sent", "code")), strict=True)
    cut = Counter(code for asked, sent, code in kept if asked != sent)
    if cut:
        yield f"Refused or cut: {counted(cut.total(), 'decision')} ({_listed(cut)})."
    orders = Counter(run.files.column("orders", "status"))
    bad = Counter({status: orders[status] for status in _NOT_TRADED if orders[status]})
    if bad:
        yield f"Not accepted: {counted(bad.total(), 'order')} ({_listed(bad)})."
    assumed = run.files.results.get("assumed_fills", 0)
    if assumed:
        yield f"Assumed, and confirmed by no exchange: {counted(assumed, 'fill')}."


def _ended(run: RunAnalysis) -> Iterator[str]:
    """Positions that expired or were delisted, and intraday ones that were not closed in time."""
    columns = (run.files.column("orders", name) for name in ("strategy", "instrument", "reason"))
    orders = list(zip(*columns, strict=True))
    ends = [one for one in orders if one[2].partition(":")[0] in _ENDS]
    for strategy, instrument, reason in ends[:_NAMED]:
        code, _, how = reason.partition(": ")
        yield f"{instrument} of {strategy} was {code.lower()}: {how}."
    if rest := len(ends) - _NAMED if len(ends) > _NAMED else 0:
        yield f"{counted(rest, 'position')} more expired or were delisted; the orders say how."
    if late := sum(reason == _LATE for _, _, reason in orders):
        yield f"Held over night although intraday: {counted(late, 'position')}; no bar came in time to close them."


def _unproven(run: RunAnalysis) -> Iterator[str]:
    summary = run.files.summary
    if "model" in summary:
        yield f"Skill of the model {summary['model']['plugin']}, out of sample: {summary['model']['skill']['verdict']}"
    yield from _boundary(run)
    yield from _left_out(summary.get("left_out", ()))
    if len(run.curve) and not run.has_bars:
        yield "The run kept no prices (table bars): there is no benchmark, and excursions are of session closes only."


def _boundary(run: RunAnalysis) -> Iterator[str]:
    if run.boundary is not None and 0 < run.boundary < len(run.curve):
        sessions = int(np.count_nonzero(run.curve.ends < run.boundary))
        since = run.files.summary["out_of_sample_from"]
        yield (
            f"Out of sample from {since} on: {counted(sessions, 'session')} before it are shaded, and the key figures "
            "have a column for each part."
        )
    elif run.boundary is None and "model" in run.files.summary:
        yield "The model predicted nothing: there is nothing out of sample."
    elif run.boundary is None and len(run.curve):
        yield "No out-of-sample boundary is named: read all figures as in sample."


def _left_out(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Of whom the model never spoke, or nothing was seen, with the reason; of the others only the number."""
    silent = [one for one in found if one["predictions"] == 0 or one["bars"] == 0]
    for one in silent[:_NAMED]:
        yield f"{one['instrument']} {never(one)}: {one['reason']}."
    if rest := len(found) - len(silent[:_NAMED]):
        yield f"{counted(rest, 'instrument')} more never traded; the reasons stand under Left out."


def _listed(counts: Counter[str]) -> str:
    shown = [f"{count:,} {name}" for name, count in counts.most_common(_NAMED)]
    rest = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} other reasons" if rest else "")

"""What ``friday instruments import`` tells of a list: what is in it, what is odd, what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from friday_core.market.instruments.changes import Changes
    from friday_core.market.instruments.kite_list import DayList
    from friday_core.market.instruments.snapshot import Snapshot

#: Names that are told of each change.
_NAMED = 5


def summary_lines(listed: DayList, before: Snapshot | None, changed: Changes | None) -> Iterator[str]:
    """Line by line; nothing is said of a change that there was not."""
    segments = Counter(listed.table["segment"].to_pylist())
    for segment, count in sorted(segments.items(), key=lambda one: (-one[1], one[0])):
        yield f"  {segment or '(none)':<10}{count:>9,}"
    barred = listed.table["tradable"].to_pylist().count(False)
    if barred:
        yield f"not tradable: {barred:,}"
    for oddity in listed.oddities:
        yield f"odd: {oddity}"
    if before is None or changed is None:
        yield "no earlier list to compare with"
        return
    age = (listed.day - before.day).days
    yield f"against {before.day}, {age} day{'' if age == 1 else 's'} before:"
    yield from list(changed_lines(changed)) or ["  nothing changed"]


def changed_lines(changed: Changes) -> Iterator[str]:
    """A line for each kind of change that there was, with the first few names."""
    told: tuple[tuple[str, Sequence[str]], ...] = (
        ("new", changed.new),
        ("gone", changed.gone),
        ("renamed", [f"{was} to {now}" for was, now in changed.renamed]),
        ("series", [f"{was} to {now}" for was, now in changed.series]),
        ("lot size", [f"{name} {was} to {now}" for name, was, now in changed.lots]),
        ("tick size", [f"{name} {was:g} to {now:g}" for name, was, now in changed.ticks]),
    )
    for what, names in told:
        if names:
            more = ", ..." if len(names) > _NAMED else ""
            yield f"  {what:<10}{len(names):>9,}  {', '.join(names[:_NAMED])}{more}"
    if changed.expired:
        yield f"  {'expired':<10}{changed.expired:>9,}"

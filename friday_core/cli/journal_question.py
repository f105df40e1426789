"""What a person asks of a journal, in the short words that a journal allows."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from friday_core.cli.options import Choice
from friday_core.cli.replay import Replayed
from friday_core.domain.sessions import to_date
from friday_core.orchestration.explaining import Explanation, Question, QuestionError, explain
from friday_core.session.on_disk.contents import contents_of, zone_of
from friday_core.session.on_disk.places import journal_at
from friday_core.session.on_disk.stretches import stretches

if TYPE_CHECKING:
    from friday_core.orchestration.assembly import Assembly

_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")


def explain_journal(folder: Path, choice: Choice, component: str | None, asked: Question) -> Explanation:
    """As ``explain``, of a session that was journaled: by its records, up to the row.

    ``at`` may be a time of the journal's last day, and a time without a zone is the exchange's. An instrument may be
    named without its exchange. Without a component it is the only strategy that is written in columns. Raises
    ``QuestionError`` and ``JournalError``.
    """
    replayed = Replayed.of(journal_at(folder), choice)
    assembly = replayed.host().assembly
    zone = zone_of(replayed.head)
    at = asked.at
    if _TIME.fullmatch(at):
        days = contents_of(replayed.journal, zone).days
        if not days:
            raise QuestionError(f"{replayed.journal} has no row")
        at = f"{to_date(max(days))}T{at.zfill(len(at) + (at.index(':') == 1))}"
    instrument = _instrument(assembly, asked.instrument)
    question = Question(component or _only_strategy(assembly), instrument, _zoned(at, zone), asked.output)
    records = (entry.record for entry in stretches(replayed.found.segments, assembly.universe))
    return explain(assembly, question, records=records)


def _zoned(at: str, zone: str) -> str:
    """A time without a zone is that of the exchange's clock."""
    try:
        moment = dt.datetime.fromisoformat(at)
    except ValueError:
        return at
    is_date = re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", at) is not None
    return at if is_date or moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone)).isoformat()


def _instrument(assembly: Assembly, name: str) -> str:
    alike = [str(one.id) for one in assembly.universe if one.id.symbol == name]
    if len(alike) > 1:
        raise QuestionError(f"{name!r} may be {' or '.join(alike)}: write one of these")
    return alike[0] if alike else name


def _only_strategy(assembly: Assembly) -> str:
    names = list(assembly.programs.strategies)
    if len(names) != 1:
        told = ", ".join(names) if names else "no strategy"
        raise QuestionError(f"in columns the session has {told}: name one with --component")
    return names[0]

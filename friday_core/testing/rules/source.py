"""What a source of past rows keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from friday_core.causal.domains import parse
from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.market import CorporateAction
from friday_core.errors import ClockDomainError, DataSourceError
from friday_core.interfaces.source import HistoricalData
from friday_core.plugin.spec import PluginSettings
from friday_core.testing.comparing import digest
from friday_core.testing.outcomes import Broken, DoesNotApply, in_words
from friday_core.testing.rule import Rule
from friday_core.testing.rules import resuming
from friday_core.testing.subject import Subject

_GARBAGE = b"\x00\xff\xfe not a table \x80\x81"


def _instruments_are_stable(subject: Subject) -> None:
    one, fresh = resuming.source_of(subject), resuming.source_of(subject)
    first, again, other = list(one.instruments()), list(one.instruments()), list(fresh.instruments())
    if not first or not all(isinstance(each, Instrument) for each in first):
        raise Broken(f"instruments() answers with {first!r:.80}")
    Universe(first)
    for how, found in (("asked again", again), ("asked of a fresh one", other)):
        if sorted(found, key=_id) != sorted(first, key=_id):
            raise Broken(f"{how} it offers other instruments")


def _delivers_what_it_declares(subject: Subject) -> None:
    source = resuming.source_of(subject)
    offered = len(list(source.instruments()))
    try:
        parse(source.interval)
    except ClockDomainError as error:
        raise Broken(f"its interval is no clock domain: {error}") from error
    for number, chunk in enumerate(_chunks(source)):
        if set(chunk.columns) != set(source.columns):
            differ = ", ".join(sorted(set(chunk.columns) ^ set(source.columns)))
            raise Broken(f"chunk {number} and its columns differ in {differ}")
        if len(chunk) and not 0 <= int(chunk.inst.min()) <= int(chunk.inst.max()) < offered:
            raise Broken(f"chunk {number} has rows of instruments that are not among its {offered}")


def _comes_in_time_order(subject: Subject) -> None:
    source = resuming.source_of(subject)
    newest = (-(2**63), -1)
    for number, chunk in enumerate(_chunks(source)):
        keys = list(zip(chunk.ts_event.tolist(), chunk.inst.tolist(), strict=True))
        for row, (before, after) in enumerate(zip([newest, *keys], keys, strict=False)):
            if after < before:
                raise Broken(f"row {row} of chunk {number}, {after}, comes after {before} (time, instrument)")
        newest = keys[-1] if keys else newest


def _comes_twice_alike(subject: Subject) -> None:
    first, second = (_all(resuming.source_of(subject)) for _ in range(2))
    if len(first) != len(second):
        raise Broken(f"a first one delivers {len(first)} rows, and a second one {len(second)}")
    if set(first.columns) != set(second.columns) or digest(first) != digest(second.take(slice(None))):
        differ = np.flatnonzero((first.ts_event != second.ts_event) | (first.inst != second.inst))
        where = f"from row {int(differ[0])} on" if len(differ) else "in its columns"
        raise Broken(f"two of the same settings deliver other rows, {where}")


def _counts_its_rows(subject: Subject) -> None:
    source = resuming.source_of(subject)
    promised = source.row_count()
    if promised is None:
        raise DoesNotApply("it does not tell how many rows will come")
    found = sum(map(len, _chunks(source)))
    if promised != found:
        raise Broken(f"it says that {promised} rows will come, and {found} do")


def _announces_its_own(subject: Subject) -> None:
    source = resuming.source_of(subject)
    known = {one.id for one in source.instruments()}
    actions: Sequence[object] = list(source.corporate_actions())
    if not actions:
        raise DoesNotApply("it announces no corporate action")
    for one in actions:
        if not isinstance(one, CorporateAction) or one.instrument not in known:
            raise Broken(f"it announces {one!r:.100}, which is no action of one of its instruments")


def _can_be_left(subject: Subject) -> None:
    source = resuming.source_of(subject)
    chunks = source.bars()
    next(chunks, None)
    if hasattr(chunks, "close"):
        chunks.close()


def _names_its_file(subject: Subject) -> None:
    name = _path_setting(subject)
    missing, garbage = subject.folder / "missing.csv", subject.folder / "garbage.csv"
    own = Path(getattr(subject.settings(subject.markets.daily), name))
    if own.suffix:
        missing, garbage = missing.with_suffix(own.suffix), garbage.with_suffix(own.suffix)
    garbage.write_bytes(_GARBAGE)
    for path, what in ((missing, "that is not there"), (garbage, "of garbage")):
        settings = subject.settings(subject.markets.daily).model_copy(update={name: path})
        try:
            rows = _read(subject, settings)
        except DataSourceError as error:
            if path.name not in str(error):
                raise Broken(f"a file {what} is told as {str(error)!r:.160}, which does not name it") from error
        except Exception as error:
            raise Broken(f"a file {what} raises {in_words(error):.160}, which is no DataSourceError") from error
        else:
            raise Broken(f"from a file {what} it delivers {rows} rows")


def _path_setting(subject: Subject) -> str:
    for name, field in subject.spec.settings.model_fields.items():
        is_path = Path in {field.annotation, *get_args(field.annotation)}
        if is_path and getattr(subject.settings(subject.markets.daily), name) is not None:
            return name
    raise DoesNotApply("none of its settings is a file")


def _read(subject: Subject, settings: PluginSettings) -> int:
    source = subject.spec.factory(settings=settings, **subject.requirements(subject.markets.daily))
    source.instruments()
    subject.start(source)
    return sum(map(len, _chunks(source)))


def _chunks(source: HistoricalData) -> Iterator[Chunk]:
    return resuming.chunks_of(source.bars(), "bars()")


def _all(source: HistoricalData) -> Chunk:
    chunks = list(_chunks(source))
    if not chunks:
        raise Broken("it delivers no row")
    return Chunk.concat(chunks)


def _id(one: Instrument) -> Any:
    return one.id


RULES = (
    Rule(
        "its instruments are the same whenever it is asked",
        "positions in chunks are places in this list; another list gives every row to another instrument",
        "work them out from settings and data alone, each name once",
        _instruments_are_stable,
    ),
    Rule(
        "its chunks carry the columns that it declares, of instruments that it offers",
        "the stages of a stream were checked against these columns before the run",
        "set columns, in __init__ if they depend on settings, to what every chunk carries; let inst be the position "
        "among its instruments sorted by id; name a clock domain as its interval",
        _delivers_what_it_declares,
    ),
    Rule(
        "rows come in the order of time, and within a time by instrument",
        "slices are closed by the next later row; a row that comes late is held back",
        "sort all rows by (ts_event, inst) before cutting them into chunks",
        _comes_in_time_order,
    ),
    resuming.RULE,
    Rule(
        "two of the same settings deliver the same rows",
        "a run that is repeated must find the same data, and a hash names what a run was made of",
        "sort files and symbols, seed what is drawn, and let no clock choose the range",
        _comes_twice_alike,
    ),
    Rule(
        "it delivers as many rows as it says",
        "the progress bar ends where the rows end",
        "let row_count() return None where it is not known",
        _counts_its_rows,
    ),
    Rule(
        "corporate actions are of instruments that it offers",
        "an action of a stranger changes no book, and a run would not say so",
        "return CorporateAction of your own instruments",
        _announces_its_own,
    ),
    Rule(
        "it can be left before its last row",
        "a run may be stopped, and another one started in the same process",
        "close files in a finally, and release in stop() what initialize() took",
        _can_be_left,
    ),
    Rule(
        "it names the file in its errors",
        "who has a thousand files needs to know which",
        "raise friday_core.api.DataSourceError with the path, and where possible line and column",
        _names_its_file,
    ),
)

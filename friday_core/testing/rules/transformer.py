"""What a transformer and a set of features keep: values of a row are made of that row and of earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from friday_core.causal.batch import run
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program
from friday_core.domain.chunk import Chunk
from friday_core.flow.program_columns import program_table
from friday_core.flow.row_paths import adds_to_rows
from friday_core.interfaces.component import Stateful
from friday_core.plugin.spec import Kind
from friday_core.testing.comparing import cuts, digest, one_by_one, pieces, require_equal
from friday_core.testing.dirt import CUT_OFF, FUTURES
from friday_core.testing.markets import Market
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.passages import Passage, RowPassage, markets_of, passage
from friday_core.testing.rule import Rule
from friday_core.testing.rules import wording
from friday_core.testing.stateful import SNAPSHOTS, refuses_others, snapshot_rows
from friday_core.testing.subject import Subject
from friday_core.testing.timing import seconds_per_call
from friday_core.testing.tracing import coarser_than
from friday_core.testing.watching import watching
from friday_core.testing.without_chunks import transformed_without_chunks


def _trials(subject: Subject) -> Iterator[tuple[Market, Passage]]:
    in_slices = _in_slices(subject)
    yield from ((market, _fresh(subject, market)) for market in markets_of(subject, in_slices=in_slices))


def _in_slices(subject: Subject) -> bool:
    return subject.kind is Kind.FEATURE_SET


def _fresh(subject: Subject, market: Market) -> Passage:
    return passage(subject, market, in_slices=_in_slices(subject))


def _is_exact(subject: Subject) -> bool:
    return subject.make().grade == "A"  # type: ignore[no-any-return]


def _same_rows(subject: Subject) -> None:
    for _market, one in _trials(subject):
        before = digest(one.rows)
        one.through([one.rows.take(slice(0, 0)), *pieces(one.rows, range(50, len(one.rows), 50))])
        if digest(one.rows) != before:
            raise Broken("it writes into the rows that it is shown")


def _at_once(subject: Subject, market: Market, one: Passage) -> Chunk:
    return subject.once(("values", market.name), lambda: one.through([one.rows]))


def _any_cut(subject: Subject) -> None:
    for market, one in _trials(subject):
        expected = _at_once(subject, market, one)
        for how, at in cuts(len(one.rows)):
            _require(subject, market, expected, _fresh(subject, market).through(pieces(one.rows, at)), how)


def _one_by_one(subject: Subject) -> None:
    for market, one in _trials(subject):
        expected = _at_once(subject, market, one)
        alone = _fresh(subject, market).through(one_by_one(one.rows))
        _require(subject, market, expected, alone, "where rows come one by one")


def _without_chunks(subject: Subject) -> None:
    """By themselves, and in turns with chunks."""
    for market, one in _trials(subject):
        if not isinstance(one, RowPassage) or not adds_to_rows(one.stage):
            raise DoesNotApply("it takes no row without a chunk")
        expected = _at_once(subject, market, one)
        for how, in_turns in (("by added()", False), ("where chunks and rows without one come in turns", True)):
            fresh = _fresh(subject, market)
            assert isinstance(fresh, RowPassage)
            got = transformed_without_chunks(fresh.stage, fresh.rows, in_turns=in_turns)
            _require(subject, market, expected, got, how)


def _no_future(subject: Subject) -> None:
    for market, one in _trials(subject):
        expected = _at_once(subject, market, one)
        for row in market.turns():
            past = expected.take(expected.seq < row)
            for how in (CUT_OFF, *FUTURES):
                other = _fresh(subject, market.with_future(row, how))
                got = other.through([other.rows])
                words = wording.future(market, row, how)
                _require(subject, market, past, got.take(got.seq < row), words)


def _same_twice(subject: Subject) -> None:
    for market, one in _trials(subject):
        expected = _at_once(subject, market, one)
        own, other = _fresh(subject, market), _fresh(subject, market)
        out = []
        for part in pieces(own.rows, range(40, len(own.rows), 40)):
            out.append(own.push(part))
            other.push(part)
        got = Chunk.concat([*out, *own.finish()])
        _require(subject, market, expected, got, wording.BESIDE)


def _goes_on(subject: Subject) -> None:
    for market, one in _trials(subject):
        expected = _at_once(subject, market, one)
        one.push(one.rows)
        if one.snapshot() is None:
            raise DoesNotApply("it remembers nothing")
        if isinstance(one, RowPassage) and isinstance(one.stage, Stateful):
            refuses_others(one.stage)
        for row in snapshot_rows(one.rows):
            first, second = _fresh(subject, market), _fresh(subject, market)
            out = first.push(one.rows.take(slice(0, row)))
            second.restore(first.snapshot())
            rest = second.through([one.rows.take(slice(row, None))])
            _require(subject, market, expected, Chunk.concat([out, rest]), wording.restored(market, row))


def _looks_at_rows_only(subject: Subject) -> None:
    for _market, one in _trials(subject):
        with watching(subject.packages) as watch:
            one.through(pieces(one.rows, range(100, len(one.rows), 100)))
        wording.require_none(watch)


def _in_time(subject: Subject) -> None:
    _market, one = next(_trials(subject))
    timing = seconds_per_call(one.push, one_by_one(one.rows), subject.seconds)
    wording.require_in_time(timing, subject.limits.row)


def _executors_agree(subject: Subject) -> None:
    """Plain Python slice by slice, against what a run takes, against both on whole columns, and in turn."""
    for market, one in _trials(subject):
        program = one.program
        if program is None:
            raise DoesNotApply("it is not written in columns")
        expected = _plain(subject, market).through([one.rows])
        _require(subject, market, expected, _at_once(subject, market, one), "by the executor that a run takes")
        for row in snapshot_rows(one.rows):
            first, second = _plain(subject, market), _fresh(subject, market)
            out = first.push(one.rows.take(slice(0, row)))
            second.restore(first.snapshot())
            rest = second.through([one.rows.take(slice(row, None))])
            _require(subject, market, expected, Chunk.concat([out, rest]), "where one executor goes on for another")
        if not coarser_than(program):  # the kit builds bars of coarser clocks for a flow only
            for executor in (Oracle, subject.executor):
                got = _researched(one, program, market, expected, executor)
                _require(subject, market, expected, got, "as whole columns, for research")


def _plain(subject: Subject, market: Market) -> Passage:
    return passage(subject, market, in_slices=_in_slices(subject), executor=Oracle)


def _researched(
    one: Passage, program: Program, market: Market, out: Chunk, executor: Callable[[Program, Sequence[float]], Oracle]
) -> Chunk:
    """The rows that came out, with the program's outputs on whole columns."""
    ts = np.arange(len(out)) if isinstance(one, RowPassage) else out.ts_event
    scales = market.universe.scales
    table = program_table(out, program, program.base, scales, ts)
    rows = {**table.columns, "ts": table.ts, "inst": table.inst}
    found = run(program, rows, scales.tolist(), executor=executor)
    return out.with_columns({name: found[name] for name in one.outputs})


def _require(subject: Subject, market: Market, expected: Chunk, got: Chunk, how: str) -> None:
    """Its own columns first: a difference in what it was handed is a difference in the others."""
    names = list(expected.columns)[::-1]
    require_equal(market, names, expected, got, how, exact=_is_exact(subject))


RULES = (
    Rule(
        "the same rows come out, in the same order, with the columns it declares and no others",
        "what comes after it was checked against its outputs before the run, and counts every row that went in",
        "return chunk.with_columns({...}) with a value for every row, NaN where there is none, and name each new "
        "column in outputs",
        _same_rows,
    ),
    Rule(
        "any cut into chunks gives the same values",
        wording.CUT_WHY,
        "keep what you know of earlier rows in self, for each instrument, and compute nothing over a whole chunk that "
        "depends on which rows came together (means, scales, ranks, first and last rows)",
        _any_cut,
    ),
    Rule(
        "rows that come one by one get the values of all at once, bit for bit",
        "live, rows come one by one; on a grid of ticks the last bit decides ties, and so whether there is an order",
        "add, multiply and divide in the same order for a single row as for many; keep sums anchored at the "
        "instrument's first row, not at the chunk's; or write it in columns",
        _one_by_one,
    ),
    Rule(
        "rows that come without a chunk get the values of a chunk, bit for bit",
        wording.ROW_WHY,
        "let added() give and remember what transform() does of the same row; or leave it out: a row is made a chunk "
        "then",
        _without_chunks,
    ),
    Rule(
        "later rows change no earlier value",
        wording.FUTURE_WHY,
        "scale, rank and fill with what is known up to the row: a scaler that was fitted on everything has seen the "
        "future",
        _no_future,
    ),
    Rule("two of it do not disturb each other", wording.BESIDE_WHY, wording.BESIDE_MEND, _same_twice),
    Rule(SNAPSHOTS.sentence, SNAPSHOTS.why, SNAPSHOTS.mend, _goes_on),
    Rule(
        "all executors of its columns give the same bits",
        "research runs whole columns, a session runs slices: both must decide alike",
        "report it: an operator of Friday's, or of a plugin, has two meanings",
        _executors_agree,
    ),
    Rule(wording.TOLD, wording.TOLD_WHY, wording.TOLD_MEND, _looks_at_rows_only),
    Rule(wording.TIME, wording.TIME_WHY, wording.TIME_MEND, _in_time),
)

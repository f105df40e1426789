"""What a validator keeps."""

from __future__ import annotations

from functools import partial

from friday_core.causal.oracle import Oracle
from friday_core.domain.chunk import Chunk
from friday_core.flow.row_paths import judges_rows, passes_rows
from friday_core.interfaces.columns import ColumnValidator
from friday_core.interfaces.validator import Validator
from friday_core.testing.comparing import cuts, digest, one_by_one, pieces, require_same
from friday_core.testing.dirt import CUT_OFF, FUTURES
from friday_core.testing.judging import inputs_of, judge, trials, verdicts
from friday_core.testing.markets import Market
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.rule import Rule
from friday_core.testing.rules import wording
from friday_core.testing.stateful import SNAPSHOTS, require_snapshots, snapshot_rows
from friday_core.testing.subject import Subject
from friday_core.testing.timing import seconds_per_call
from friday_core.testing.watching import watching
from friday_core.testing.without_chunks import verdicts_in_turns, verdicts_without_chunks


def _answers_for_every_row(subject: Subject) -> None:
    for market, chunk in trials(subject):
        before, validator = digest(chunk), judge(subject, market)
        verdicts(validator, [chunk.take(slice(0, 0)), *pieces(chunk, range(50, len(chunk), 50))])
        if digest(chunk) != before:
            raise Broken("it writes into the rows that it is shown")


def _at_once(subject: Subject, market: Market, chunk: Chunk) -> list[str]:
    return subject.once(("verdicts", market.name), lambda: verdicts(judge(subject, market), [chunk]))


def _any_cut(subject: Subject) -> None:
    for market, chunk in trials(subject):
        expected = _at_once(subject, market, chunk)
        for how, at in cuts(len(chunk)):
            require_same(market, expected, verdicts(judge(subject, market), pieces(chunk, at)), how)


def _one_by_one(subject: Subject) -> None:
    for market, chunk in trials(subject):
        expected = _at_once(subject, market, chunk)
        alone = verdicts(judge(subject, market), one_by_one(chunk))
        require_same(market, expected, alone, "where rows come one by one")


def _without_chunks(subject: Subject) -> None:
    """By itself, several of one time at once where it takes these, and in turns with chunks."""
    for market, chunk in trials(subject):
        validator = judge(subject, market)
        if not judges_rows(validator):
            raise DoesNotApply("it judges no row without a chunk")
        expected = _at_once(subject, market, chunk)
        require_same(market, expected, verdicts_without_chunks(validator, chunk), "by judge()")
        if passes_rows(validator):
            together = verdicts_without_chunks(judge(subject, market), chunk, together=True)
            require_same(market, expected, together, "where passes() is asked of rows of one time")
        in_turns = verdicts_in_turns(judge(subject, market), chunk)
        require_same(market, expected, in_turns, "where chunks and rows without one come in turns")


def _no_future(subject: Subject) -> None:
    for market, chunk in trials(subject):
        expected = _at_once(subject, market, chunk)
        for row in market.turns():
            for how in (CUT_OFF, *FUTURES):
                other = market.with_future(row, how)
                rows = other.stamped(inputs_of(subject, other))
                got = verdicts(judge(subject, other), [rows])[:row]
                require_same(market, expected[:row], got, wording.future(market, row, how))


def _same_twice(subject: Subject) -> None:
    """A stranger that works beside it, on other rows, must not matter."""
    for market, chunk in trials(subject):
        expected = _at_once(subject, market, chunk)
        own, other = judge(subject, market), judge(subject, market)
        got: list[str] = []
        for part in pieces(chunk, range(40, len(chunk), 40)):
            got += verdicts(own, [part])
            verdicts(other, [part.take(slice(0, len(part) // 2))])
        require_same(market, expected, got, wording.BESIDE)


def _goes_on(subject: Subject) -> None:
    for market, chunk in trials(subject):
        require_snapshots(judge(subject, market), partial(_shown, chunk))
        expected = _at_once(subject, market, chunk)
        for row in snapshot_rows(chunk):
            first, second = judge(subject, market), judge(subject, market)
            said = verdicts(first, [chunk.take(slice(0, row))])
            second.restore(first.snapshot())
            said += verdicts(second, [chunk.take(slice(row, None))])
            require_same(market, expected, said, wording.restored(market, row))


def _executors_agree(subject: Subject) -> None:
    """Plain Python row by row, against what a run takes, and each going on for the other."""
    if not isinstance(subject.make(), ColumnValidator):
        raise DoesNotApply("it is not written in columns")
    for market, chunk in trials(subject):
        expected = verdicts(judge(subject, market, Oracle), one_by_one(chunk))
        require_same(market, expected, _at_once(subject, market, chunk), "by the executor that a run takes")
        for row in snapshot_rows(chunk):
            first, second = judge(subject, market, Oracle), judge(subject, market)
            said = verdicts(first, [chunk.take(slice(0, row))])
            second.restore(first.snapshot())
            said += verdicts(second, [chunk.take(slice(row, None))])
            require_same(market, expected, said, "where one executor goes on for another")


def _shown(chunk: Chunk, validator: Validator) -> None:
    validator.validate(chunk)


def _looks_at_rows_only(subject: Subject) -> None:
    for market, chunk in trials(subject):
        validator = judge(subject, market)
        with watching(subject.packages) as watch:
            verdicts(validator, pieces(chunk, range(100, len(chunk), 100)))
        wording.require_none(watch)


def _in_time(subject: Subject) -> None:
    market, chunk = next(trials(subject))
    timing = seconds_per_call(judge(subject, market).validate, one_by_one(chunk), subject.seconds)
    wording.require_in_time(timing, subject.limits.row)


RULES = (
    Rule(
        "every row gets a verdict, and a reason where it does not pass",
        "what is held back stands in the quarantine with its reason, and rows without a verdict are in nobody's count",
        "start from Judgement.passing(chunk) and add to it with marked(rows, verdict, reason); an empty chunk has "
        "an empty judgement",
        _answers_for_every_row,
    ),
    Rule(
        "any cut into chunks gives the same verdicts",
        wording.CUT_WHY,
        "keep what you know of earlier rows in self, for each instrument, and never compute over a whole chunk "
        "what depends on which rows came together (means, ranks, first and last rows)",
        _any_cut,
    ),
    Rule(
        "rows that come one by one get the verdicts of all at once",
        "live, rows come one by one; a verdict that differs is a difference between backtest and live",
        "judge a row by the rows before it only, and update the state after each row, not after each chunk",
        _one_by_one,
    ),
    Rule(
        "rows that come without a chunk get the verdicts of a chunk",
        wording.ROW_WHY,
        "let judge() say and remember what validate() does of the same row, and passes() change nothing where it "
        "answers with False; or leave them out: a row is made a chunk then",
        _without_chunks,
    ),
    Rule(
        "later rows change no earlier verdict",
        wording.FUTURE_WHY,
        "judge a row by itself and by the rows before it; read nothing that was made from the whole of the data",
        _no_future,
    ),
    Rule("two of it do not disturb each other", wording.BESIDE_WHY, wording.BESIDE_MEND, _same_twice),
    Rule(SNAPSHOTS.sentence, SNAPSHOTS.why, SNAPSHOTS.mend, _goes_on),
    Rule(
        "all executors of its columns give the same verdicts",
        "research and a backtest run whole columns, live rows come one by one: both must believe the same rows",
        "report it: an operator of Friday's, or of a plugin, has two meanings",
        _executors_agree,
    ),
    Rule(wording.TOLD, wording.TOLD_WHY, wording.TOLD_MEND, _looks_at_rows_only),
    Rule(wording.TIME, wording.TIME_WHY, wording.TIME_MEND, _in_time),
)

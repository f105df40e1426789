"""What a strategy keeps, seen in small sessions."""

from __future__ import annotations

from friday_core.errors import FridayError
from friday_core.interfaces.columns import ColumnStrategy
from friday_core.interfaces.windows import WindowStrategy, window_rows
from friday_core.testing.comparing import cuts, one_by_one, pieces
from friday_core.testing.dirt import CUT_OFF, FUTURES
from friday_core.testing.markets import Market
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.rule import Rule
from friday_core.testing.rules import wording
from friday_core.testing.subject import Subject
from friday_core.testing.timing import Timing
from friday_core.testing.trial import Decided, Trial, markets_of, run, trial
from friday_core.testing.watching import watching
from friday_core.trading.column_orders import fault_of

_Decisions = list[Decided]
#: Rows of another future that are shown: what knows more of it has it from elsewhere.
_BEYOND = 40
#: Places at which the future is changed. What was handed nothing but bars cannot know it; a file may
#: tell of the next bar alone, and shows it only where that bar is another one.
_FEW, _MANY = 1, 12


def _decides_without_error(subject: Subject) -> None:
    for market in markets_of(subject):
        run(subject, market)


def _declares_its_orders(subject: Subject) -> None:
    for market in markets_of(subject):
        done = _once(subject, market)
        if "UNDECLARED_TYPE" in done.codes:
            declared = ", ".join(sorted(done.order_types)) or "none"
            raise Broken(f"it sends orders of a type that is not among its order_types, {declared}")
        if "UNKNOWN_INSTRUMENT" in done.codes:
            raise Broken("it decides about instruments of which it was shown no bar")


def _no_future(subject: Subject) -> None:
    for market in markets_of(subject):
        expected = _once(subject, market).said.decisions
        for row in market.turns(_MANY if subject.reads_files else _FEW):
            turn = int(market.rows.ts_event[row])
            for how in (CUT_OFF, *FUTURES):
                got = _past_of(subject, market.with_future(row, how), row + _BEYOND)
                words = wording.future(market, row, how)
                _require(_before(expected, turn), _before(got, turn), words)


def _past_of(subject: Subject, market: Market, rows: int) -> _Decisions:
    """What it decided on so many rows; if another future stops it, up to there."""
    made = trial(subject, market)
    made.feed([made.rows.take(slice(0, rows))])
    made.finish()
    return made.said.decisions


def _same_again(subject: Subject) -> None:
    for market in markets_of(subject):
        _require(_once(subject, market).said.decisions, run(subject, market).said.decisions, "in a second run")


def _same_beside(subject: Subject) -> None:
    for market in markets_of(subject):
        own, other = trial(subject, market), trial(subject, market)
        for part in pieces(own.rows, range(40, len(own.rows), 40)):
            own.feed([part])
            other.feed([part])
        own.finish()
        _require(_once(subject, market).said.decisions, own.said.decisions, wording.BESIDE)


def _any_cut(subject: Subject) -> None:
    markets = markets_of(subject)
    for market in markets:
        expected, rows = _once(subject, market).said.decisions, trial(subject, market).rows
        how, parts = "where bars come one by one", one_by_one(rows)
        if market is not markets[-1]:
            how, parts = next((how, pieces(rows, at)) for how, at in cuts(len(rows)))
        _require(expected, run(subject, market, parts).said.decisions, how)


def _waits_for_its_warm_up(subject: Subject) -> None:
    for market in markets_of(subject):
        done = _once(subject, market)
        rows = _warm_up(subject, done)
        seen: dict[int, int] = {}
        early = set()
        for ts, inst in zip(done.rows.ts_event.tolist(), done.rows.inst.tolist(), strict=True):
            seen[inst] = seen.get(inst, 0) + 1
            if seen[inst] < rows:
                early.add((ts, str(market.universe[inst].id)))
        for one in done.said.decisions:
            if (one.ts_event, one.instrument) in early:
                raise Broken(f"it decides {one} and has not had {rows} bars of it")


def _warm_up(subject: Subject, done: Trial) -> int:
    strategy = subject.make(done.market)
    if isinstance(strategy, ColumnStrategy) and done.program is not None:
        return done.program.warmup[done.program.base]
    if isinstance(strategy, WindowStrategy):
        return window_rows(strategy)
    raise DoesNotApply("an event strategy declares no warm-up")


def _looks_at_its_events_only(subject: Subject) -> None:
    made = trial(subject, markets_of(subject)[0])
    with watching(subject.packages) as watch:
        made.feed([made.rows])
        made.finish()
    wording.require_none(watch)


def _in_time(subject: Subject) -> None:
    said = _once(subject, markets_of(subject)[0]).said
    if said.bars:
        mean = sum(said.seconds) / said.bars
        wording.require_in_time(Timing(mean, mean, mean), subject.limits.row)


def _once(subject: Subject, market: Market) -> Trial:
    return subject.once(("trial", market.name), lambda: run(subject, market))


def _before(decisions: _Decisions, turn: int) -> _Decisions:
    return [one for one in decisions if one.ts_event < turn]


def _require(expected: _Decisions, got: _Decisions, how: str) -> None:
    for one, other in zip(expected, got, strict=False):
        if one != other:
            raise Broken(f"it decides {one}, and {other} {how}")
    if len(expected) != len(got):
        more = max(expected, got, key=len)[min(len(expected), len(got))]
        raise Broken(f"it decides {len(expected)} times, and {len(got)} times {how}; the first of the rest is {more}")


def _traces(subject: Subject) -> None:
    """Columns that cannot be traced are told here, and in the author's words."""
    if not isinstance(subject.make(), ColumnStrategy):
        raise DoesNotApply("it is not written in columns")
    try:
        done = trial(subject, markets_of(subject)[0])
    except FridayError as error:
        raise Broken(f"it cannot be traced: {error}") from error
    assert done.program is not None
    fault = fault_of(done.program.outputs, subject.make().order_types)
    if fault is not None:
        raise Broken(fault[0])


RULES = (
    Rule(
        "its columns are traced and decide something",
        "what sees the future, or decides nothing, is refused before a run starts",
        'correct the line that is named, return a column "signal", "target" or "order", '
        "and declare the types of its orders",
        _traces,
    ),
    Rule(
        "it comes through a session without an error",
        "an exception stops it for the rest of the run and cancels its working orders",
        "expect bars with NaN prices and columns, instruments that come and go, and declare in inputs what its bars "
        "must carry",
        _decides_without_error,
    ),
    Rule(
        "it sends only what it declares, about what it was shown",
        "a broker is chosen by the order types that strategies declare; others are refused one by one in the run",
        "name every type in order_types, and answer with bar.instrument.id",
        _declares_its_orders,
    ),
    Rule(
        "decisions do not change with bars that come later",
        "what decides by tomorrow's prices earns in every backtest and nowhere else",
        "decide by the events that were handed in; keep history in self, and read none from a file that knows more",
        _no_future,
    ),
    Rule(
        "a second run decides the same",
        "a run that cannot be repeated cannot be explained, and a live session cannot be taken up again",
        "let nothing but bars, fills and the book decide: no clock, no chance, no order of a set",
        _same_again,
    ),
    Rule("two of it do not disturb each other", wording.BESIDE_WHY, wording.BESIDE_MEND, _same_beside),
    Rule(
        "any cut of the bars into records gives the same decisions",
        wording.CUT_WHY,
        "count bars, not calls",
        _any_cut,
    ),
    Rule(
        "nothing is decided before the warm-up is over",
        "a value that is made of too few bars is a guess, and a backtest would trade it",
        "report it: Friday holds such decisions back",
        _waits_for_its_warm_up,
    ),
    Rule(wording.TOLD, wording.TOLD_WHY, wording.TOLD_MEND, _looks_at_its_events_only),
    Rule(wording.TIME, wording.TIME_WHY, wording.TIME_MEND, _in_time),
)

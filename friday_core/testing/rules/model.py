"""What a model keeps."""

from __future__ import annotations

import math

import numpy as np

from friday_core.domain.chunk import Float64
from friday_core.errors import DataError
from friday_core.interfaces.model import CompiledModel, TrainingTable
from friday_core.models.compiled import from_bytes, predictions
from friday_core.testing.outcomes import Broken, in_words
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject
from friday_core.testing.tables import training_table
from friday_core.testing.timing import seconds_per_call

#: Rows of the past, of which the rest of the table is the future.
_PAST = 400


def _says_what_it_made(subject: Subject) -> None:
    made, fitted = subject.make(), _fitted(subject)
    if not isinstance(fitted, CompiledModel):
        raise Broken(f"fit() answers with a {type(fitted).__name__}, which is no CompiledModel")
    if fitted.features != _table(subject).features:
        given = ", ".join(_table(subject).features)
        raise Broken(f"it was given {given}, and its blob reads {', '.join(fitted.features)}")
    if fitted.output != made.output:
        raise Broken(f"it declares to predict a {made.output}, and its blob predicts a {fitted.output}")
    wanted = "native" if made.native_nan else "abstain"
    if fitted.nan != wanted:
        raise Broken(f"with native_nan = {made.native_nan} its blob's policy is {wanted}, and it is {fitted.nan}")


def _is_deterministic(subject: Subject) -> None:
    if _fitted(subject).to_bytes() != _fit(subject, _table(subject)).to_bytes():
        raise Broken("a second fit of the same table, by a fresh model, gives other bytes")


def _knows_no_later_rows(subject: Subject) -> None:
    table = _table(subject)
    past = table.take(slice(0, _PAST))
    expected = _fit(subject, past).to_bytes()
    worked = subject.started()
    worked.fit(_poisoned(table))
    for who, model in (("it", worked), ("a fresh one", subject.started())):
        if model.fit(past).to_bytes() != expected:
            raise Broken(f"{who} learns otherwise from the first {_PAST} rows after a fit of all {len(table)}")


def _poisoned(table: TrainingTable) -> TrainingTable:
    """The same past, and a future in which everything is the other way round and larger."""
    signs = np.where(np.arange(len(table)) < _PAST, 1.0, -50.0)
    return TrainingTable(
        table.features, table.values * signs[:, None], table.labels * signs, table.sessions, table.ts,
        table.label_end, table.instruments, table.inst,
    )  # fmt: skip


def _comes_back_from_bytes(subject: Subject) -> None:
    fitted, rows = _fitted(subject), _rows()
    try:
        again = from_bytes(fitted.to_bytes())
    except DataError as error:
        raise Broken(f"its bytes cannot be read: {error}") from error
    if again.to_bytes() != fitted.to_bytes():
        raise Broken("read back from its bytes it has other bytes")
    before, after = predictions(fitted, rows), predictions(again, rows)
    differ = np.flatnonzero(before.view(np.int64) != after.view(np.int64))
    if len(differ):
        row = int(differ[0])
        raise Broken(f"row {row}: it predicts {before[row]!r}, and {after[row]!r} once read back from its bytes")


def _steps_alike(subject: Subject) -> None:
    """A row by itself, as a list, a tuple, or after any other."""
    fitted, rows = _fitted(subject), _rows()
    many = predictions(fitted, rows)
    for row in reversed(range(len(rows))):
        alone = fitted.step(tuple(float(value) for value in rows[row]))
        if alone != many[row] and not (math.isnan(alone) and math.isnan(many[row])):
            raise Broken(f"row {row}: step() gives {alone!r} alone, and {many[row]!r} among others")
        if fitted.output == "probability" and not 0.0 <= alone <= 1.0:
            raise Broken(f"row {row}: a probability of {alone!r}")
        if not math.isfinite(alone):
            raise Broken(f"row {row}: it predicts {alone!r} from features that are all there")


def _keeps_its_nan_policy(subject: Subject) -> None:
    fitted, row = _fitted(subject), _rows()[0].tolist()
    for place, name in enumerate(fitted.features):
        for wrong in (math.nan, math.inf):
            answer = fitted.step([*row[:place], wrong, *row[place + 1 :]])
            if fitted.nan == "abstain" and not math.isnan(answer):
                raise Broken(f"with {name} = {wrong} it predicts {answer!r}, and it declares to abstain")
            if fitted.nan == "native" and math.isnan(wrong) and not math.isfinite(answer):
                raise Broken(f"with {name} = NaN it predicts {answer!r}, and it declares to know what to do")


def _refuses_other_widths(subject: Subject) -> None:
    fitted, row = _fitted(subject), _rows()[0].tolist()
    for given in (row[:-1], [*row, 0.0]):
        try:
            answer = fitted.step(given)
        except ValueError:
            continue
        except Exception as error:
            raise Broken(f"given {len(given)} values for {len(row)} features it raises {in_words(error)}") from error
        raise Broken(f"given {len(given)} values for {len(row)} features it predicts {answer!r}")


def _in_time(subject: Subject) -> None:
    fit = seconds_per_call(lambda table: _fit(subject, table), [_table(subject)], subject.seconds).mean
    if fit > subject.limits.fit:
        raise Broken(f"a fit of {len(_table(subject))} rows took {fit:.1f} s, and may take {subject.limits.fit:g} s")
    step = seconds_per_call(_fitted(subject).step, _rows().tolist(), subject.seconds).mean
    if step > subject.limits.row:
        raise Broken(f"a step took {step * 1e3:.1f} ms, and may take {subject.limits.row * 1e3:g} ms")


def _table(subject: Subject) -> TrainingTable:
    native = bool(subject.make().native_nan)
    return subject.once("table", lambda: training_table(gaps=native))


def _rows() -> Float64:
    """Rows to predict, with every feature."""
    return training_table(25, seed=1).values


def _fit(subject: Subject, table: TrainingTable) -> CompiledModel:
    return subject.started().fit(table)  # type: ignore[no-any-return]


def _fitted(subject: Subject) -> CompiledModel:
    return subject.once("fitted", lambda: _fit(subject, _table(subject)))


RULES = (
    Rule(
        "its blob is what it declares",
        "which columns a model reads, what it predicts and what it does without a value is checked before the run",
        "keep the order of training.features; set output and native_nan in __init__ from the settings",
        _says_what_it_made,
    ),
    Rule(
        "the same rows give the same bytes",
        "a version is named by its bytes, and a backtest is repeated by fitting again",
        "take whatever is drawn from a seed in the settings, and use one thread where the order of sums counts",
        _is_deterministic,
    ),
    Rule(
        "it learns from the rows that it is handed and from no others",
        "a scaler, or anything else, that has seen later rows carries the future into the past",
        "fit everything anew in fit(), and keep nothing between two fits: not in self, not in the module",
        _knows_no_later_rows,
    ),
    Rule(
        "its blob comes back from its bytes with the same predictions",
        "live, a version is read from what was stored, on another machine",
        "compile to a LinearModel or a TreeModel: friday_core.api.compile_linear and its like do",
        _comes_back_from_bytes,
    ),
    Rule(
        "a row alone is predicted like the row among others",
        "live, rows come one by one, and the last bit decides ties",
        "sum in a fixed order in step(); do not ask a library for one row what it computes for many",
        _steps_alike,
    ),
    Rule(
        "what is missing gives what its policy says",
        "a number made of a missing feature looks like any other prediction, and is traded",
        "give NaN for NaN and infinite features, or declare native_nan and have a branch for them",
        _keeps_its_nan_policy,
    ),
    Rule(
        "a row of another width is refused with ValueError",
        "features that shifted by one are predicted without a word",
        "compare the number of values with that of the features first",
        _refuses_other_widths,
    ),
    Rule(
        "it fits and predicts in time",
        "refits run beside the market, predictions before every decision",
        "learn from fewer rows or smaller trees, or raise the limit in [tool.friday.conformance.limits]",
        _in_time,
    ),
)

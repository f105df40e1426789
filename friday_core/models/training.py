"""Fits a model anew as time goes by, here or in other processes, with the same versions either way."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.reduction import ForkingPickler

import numpy as np

from friday_core.errors import PluginContractError, PluginError
from friday_core.interfaces.model import Model, TrainingTable
from friday_core.models.checks import REQUIREMENTS, Requirements, faults
from friday_core.models.compiled import from_bytes
from friday_core.models.linear import LinearModel
from friday_core.models.splits import Refit, WalkForward
from friday_core.models.trees import TreeModel
from friday_core.models.versions import Compiled, Version

#: Told after each fit how many are done, of how many.
Progress = Callable[[int, int], None]
#: Rows that are looked at for predictions that are NaN.
_SAMPLE = 500


@dataclass(frozen=True, slots=True)
class _Fitted:
    """What a process hands back: plain values, and the blob's bytes."""

    rows: int
    label_mean: float = math.nan
    blob: bytes = b""
    failure: str = ""

    def version(self, asof: int, latency: int) -> Version:
        compiled = from_bytes(self.blob) if self.blob else None
        return Version(asof, asof + latency, self.rows, self.label_mean, compiled, self.failure)


@dataclass(frozen=True, slots=True, eq=False)
class _Fitter:
    """Fits one model on parts of one table; sent to other processes as it is."""

    model: Model
    table: TrainingTable
    requirements: Requirements

    def fit(self, refit: Refit) -> _Fitted:
        rows, output = self.table.take(refit.rows), self.model.output
        try:
            found, where = faults(rows, output, self.requirements), "not fitted"
            if not found and not self.model.native_nan:
                rows = rows.take(~np.isnan(rows.values).any(axis=1))
                found, where = faults(rows, output, self.requirements), "not fitted on rows that have every feature"
            if found:
                return _Fitted(len(rows), failure=f"{where}: {'; '.join(found)}")
            compiled = copy.deepcopy(self.model).fit(rows)
            failure = next(_objections(self.model, compiled, rows), "")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a model may raise anything; the last version stays
            return _Fitted(len(rows), failure=f"{type(error).__name__}: {error}")
        if failure:
            return _Fitted(len(rows), failure=failure)
        labels = rows.signs if output == "probability" else rows.labels
        return _Fitted(len(rows), float(labels.mean()), compiled.to_bytes())


def fit_walk_forward(
    model: Model,
    table: TrainingTable,
    schedule: WalkForward,
    *,
    train_latency: int = 0,
    processes: int = 1,
    progress: Progress | None = None,
    requirements: Requirements = REQUIREMENTS,
) -> list[Version]:
    """A version for each refit of the schedule, ordered by time, whatever the number of processes.

    ``train_latency`` microseconds pass from ``asof`` until a version is effective. A fit that
    raises, data that fall short of the ``requirements``, and an answer that predicts nothing or always
    the same are versions with a ``failure``. Each fit gets a copy of the model as it is now, and of
    its rows. With more than one process the model must be importable by name in a new interpreter, and
    a script calls this below ``if __name__ == "__main__"``. ``PluginContractError`` if it cannot
    be sent there; ``PluginError`` if a process dies. ``ValueError`` for a negative latency.
    """
    if train_latency < 0 or processes < 1:
        raise ValueError("the latency is not negative, and there is at least one process")
    refits, fitter = schedule.refits(table), _Fitter(model, table, requirements)
    processes = min(processes, len(refits))
    if processes > 1:
        fitted = _fit_elsewhere(fitter, refits, processes, progress)
    else:
        fitted = list(_fit_here(fitter, refits, progress))
    return [one.version(refit.asof, train_latency) for refit, one in zip(refits, fitted, strict=True)]


def fit_once(model: Model, rows: TrainingTable, asof: int, requirements: Requirements = REQUIREMENTS) -> Version:
    """One version, effective from ``asof``, of all these rows: what a timer asks for in a live session.

    The caller picks the rows (``known_rows``). Failures are as in ``fit_walk_forward``.
    """
    return _Fitter(model, rows, requirements).fit(Refit(asof, np.arange(len(rows)))).version(asof, 0)


def _fit_here(fitter: _Fitter, refits: Sequence[Refit], progress: Progress | None) -> Iterator[_Fitted]:
    for done, refit in enumerate(refits, 1):
        yield fitter.fit(refit)
        if progress is not None:
            progress(done, len(refits))


def _fit_elsewhere(
    fitter: _Fitter, refits: Sequence[Refit], processes: int, progress: Progress | None
) -> list[_Fitted]:
    name = type(fitter.model).__name__
    try:
        ForkingPickler.dumps(fitter.model)
    except Exception as error:
        raise PluginContractError(f"model {name} cannot be sent to another process: {error}") from error
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(fitter.fit, refit) for refit in refits]
        try:
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                if progress is not None:
                    progress(done, len(futures))
        except BrokenProcessPool as error:
            raise PluginError(f"a process that fitted {name} died: {error}") from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _objections(model: Model, compiled: object, rows: TrainingTable) -> Iterator[str]:
    """Why what a model answered cannot be used."""
    if not isinstance(compiled, LinearModel | TreeModel):
        yield f"fit() answered {type(compiled).__name__}, not a compiled model"
        return
    if compiled.features != rows.features:
        yield f"the compiled model has the features {', '.join(compiled.features)}, not those of the rows"
        return
    if compiled.output != model.output:
        yield f"the compiled model predicts a {compiled.output}, the model declares a {model.output}"
    if compiled.nan == "native" and not model.native_nan:
        yield "the compiled model takes NaN features, the model was given none: declare native_nan"
    yield from _silences(compiled, rows)


def _silences(compiled: Compiled, rows: TrainingTable) -> Iterator[str]:
    """Predictions that say nothing. NaN is looked for on a sample; rows are read until two predictions differ."""
    whole = rows.values[~np.isnan(rows.values).any(axis=1)] if compiled.nan == "abstain" else rows.values
    sample = whole[np.linspace(0, len(whole) - 1, min(_SAMPLE, len(whole))).astype(np.int64)] if len(whole) else whole
    if not len(whole) or any(not math.isfinite(compiled.step(row)) for row in sample.tolist()):
        yield "its prediction is not a finite number on rows that it learned from"
        return
    first = compiled.step(whole[0].tolist())
    if all(compiled.step(row) == first for row in whole.tolist()):
        yield f"it predicts {first:g} on every row that it learned from"

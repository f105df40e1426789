"""The model of a session: trained ahead, walking forward, on the features that its stream will see."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ActionAnnounced, ChunkReceived, ModelVersion, Record, StreamEnded
from friday_core.errors import DataSourceError, DataValidationError, InvariantError
from friday_core.flow.coarser import Slices
from friday_core.flow.predictors import Predictors, predictors
from friday_core.flow.program_columns import adjusted_prices
from friday_core.interfaces.model import Output, TrainingTable, stepped
from friday_core.models.evaluation import Skill, skill
from friday_core.models.labels import forward_return
from friday_core.models.splits import WalkForward
from friday_core.models.training import Progress, fit_walk_forward
from friday_core.models.versions import Version, out_of_sample
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.building import build_flow
from friday_core.orchestration.coverage import Coverage, coverage_of
from friday_core.orchestration.rehearsal import started
from friday_core.plugin.plan import UPSTREAM
from friday_core.plugin.sections import ModelSettings
from friday_core.plugin.spec import Kind

_DAY, _SECOND = 86_400_000_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Training:
    """The versions of a stream's model, in the order of time, and the rows that they were fitted on.

    ``coverage`` tells by instrument what there was to learn from, and to predict on; ``predictors``
    what a version predicts with.
    """

    stream: str
    plugin: str
    settings: ModelSettings
    table: TrainingTable
    versions: Sequence[Version]
    output: Output
    coverage: Mapping[str, Coverage]
    predictors: Predictors = stepped

    def records(self) -> list[ModelVersion]:
        """The versions that have a model, as the session is told them."""
        return [
            ModelVersion(self.stream, one.asof, one.effective_from, one.model.model_id, one.model.to_bytes())
            for one in self.versions
            if one.model is not None
        ]

    def skill(self) -> Skill:
        """How the predictions that were made before their labels were known compare with what came."""
        played = out_of_sample(self.table, self.versions, self.predictors)
        return skill(
            played.predictions,
            self.table.labels,
            self.table.ts,
            played.label_means,
            horizon=self.settings.horizon,
            output=self.output,
        )

    def failures(self) -> list[Version]:
        """The refits that gave no model: the version before stayed in force."""
        return [one for one in self.versions if one.model is None]

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` says of the model."""
        digest = hashlib.sha256(self.table.values.tobytes() + self.table.labels.tobytes()).hexdigest()
        return {
            "stream": self.stream,
            "plugin": self.plugin,
            "output": self.output,
            "features": list(self.table.features),
            "horizon": self.settings.horizon,
            "rows": len(self.table),
            "table_sha256": digest,
            "versions": [_told(one) for one in self.versions],
            "skill": msgspec.to_builtins(self.skill()),
        }


class Trainer:
    """Fits every version of a session's model before the session, on an assembly of its own.

    The features are those that the stream's source makes of the source's rows, with the same
    validators: what is held back in the session is not learned from.
    """

    def __init__(self, assemble: Callable[[], Assembly]) -> None:
        self._assemble = assemble

    def train(self, progress: Progress | None = None) -> Training:
        """``InvariantError`` if no stream has a model; what components raise."""
        assembly = self._assemble()
        stream = assembly.model_stream
        if stream is None:
            raise InvariantError("no stream of this configuration has a model to train")
        with started(assembly):
            ((name, model),) = assembly.placed(Kind.MODEL, f"streams.{stream}", "model")
            table, coverage = feature_table(assembly, stream, gaps=model.native_nan)
        settings = assembly.settings.model
        schedule = WalkForward(settings.refit_every, settings.min_rows, settings.window, round(settings.embargo * _DAY))
        versions = fit_walk_forward(
            model,
            table,
            schedule,
            train_latency=round(settings.train_latency * _SECOND),
            processes=settings.processes,
            progress=progress,
        )
        made = predictors(assembly.programs.executor)
        return Training(stream, name, settings, table, versions, model.output, coverage, made)


def feature_table(assembly: Assembly, stream: str, *, gaps: bool = False) -> tuple[TrainingTable, dict[str, Coverage]]:
    """Every row of the source's slices that has its features, or with ``gaps`` one of them, and its label.

    Labels are returns of the adjusted close over the instrument's own next bars, whoever held them back.
    Besides, by instrument, what there is to go by.
    """
    features = assembly.model_features(stream)
    slices = list(_slices(assembly, stream, ["close", "factor", "session", *features]))
    if not slices:
        raise DataSourceError(f"the model of stream {stream!r} has nothing to learn from: no row passed the validators")
    rows = Chunk.concat(slices)
    close = adjusted_prices(rows, "close", assembly.universe.scales)
    labels = forward_return(rows.ts_event, rows.inst, close, assembly.settings.model.horizon)
    values = np.column_stack([rows[name] for name in features])
    there = ~np.isnan(values)
    known = there.any(axis=1) if gaps else there.all(axis=1)
    table = TrainingTable(
        features,
        values[known],
        labels.values[known],
        rows["session"][known].astype(np.int64),
        rows.ts_event[known],
        labels.ends[known],
        tuple(one.id for one in assembly.universe),
        rows.inst[known].astype(np.int64),
    )
    return table, coverage_of(rows, values, known, features, assembly.universe)


def _slices(assembly: Assembly, stream: str, columns: Sequence[str]) -> Iterator[Chunk]:
    """What the streams above the model's make of the source's rows, with these columns."""
    source = assembly.settings.streams[stream].source.removeprefix(UPSTREAM)
    flow = build_flow(assembly, until=source)

    def told(record: Record) -> Iterator[Slices]:
        match record:
            case ActionAnnounced(action):
                flow.announce(action)
            case ChunkReceived(name, chunk):
                yield from flow.process_data_stream(name, chunk)
            case StreamEnded(name):
                yield from flow.end(name)

    try:
        for record in assembly.records():
            for slices in told(record):
                rows = slices.rows
                yield Chunk(rows.ts_event, rows.inst, {name: rows[name] for name in columns})
    except DataValidationError:
        return  # the session will stop at the same row


def _told(version: Version) -> dict[str, Any]:
    model = None if version.model is None else version.model.model_id
    return {
        "asof": version.asof,
        "effective_from": version.effective_from,
        "rows": version.rows,
        "model_id": model,
        "failure": version.failure,
    }

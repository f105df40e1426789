"""What a model said and what it was, as tidy Arrow tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from friday_core.domain.chunk import Chunk, Universe
from friday_core.flow.prediction_stage import VERSION
from friday_core.orchestration.training import Training

_TS = pa.timestamp("us", tz="UTC")


def predictions_table(predicted: Sequence[Chunk], universe: Universe, training: Training) -> pa.Table:
    """One row a prediction, with what the stream made of it; rows on which the model abstained are left out.

    ``ts_event`` is the moment as of which it was made; it speaks of the instrument's next ``horizon``
    bars and of none after them.
    """
    names = [str(one.id) for one in universe]
    models = [record.model_id for record in training.records()]
    columns: dict[str, pa.Array] = {"ts_event": pa.array([], _TS), "instrument": pa.array([], pa.string())}
    rows = Chunk.concat(predicted) if predicted else None
    if rows is not None:
        rows = rows.take(~np.isnan(rows[VERSION]))
        version = rows[VERSION].astype(np.int64)
        columns = {
            "ts_event": pa.array(rows.ts_event, _TS),
            "instrument": pa.array([names[inst] for inst in rows.inst], pa.string()),
            **{name: pa.array(values) for name, values in rows.columns.items()},
            VERSION: pa.array(version, pa.int64()),
            "model_id": pa.array([models[number - 1] for number in version], pa.string()),
            "horizon": pa.array(np.full(len(rows), training.settings.horizon), pa.int64()),
        }
    return pa.table(columns)


def models_table(training: Training) -> pa.Table:
    """One row a refit: the model's bytes, or the failure that left the version before in force."""
    versions = training.versions
    return pa.table({
        "asof": pa.array([one.asof for one in versions], _TS),
        "effective_from": pa.array([one.effective_from for one in versions], _TS),
        "rows": pa.array([one.rows for one in versions], pa.int64()),
        "label_mean": pa.array([one.label_mean for one in versions], pa.float64()),
        "model_id": pa.array([one.model.model_id if one.model else None for one in versions], pa.string()),
        "blob": pa.array([one.model.to_bytes() if one.model else None for one in versions], pa.binary()),
        "failure": pa.array([one.failure for one in versions], pa.string()),
    })  # fmt: skip

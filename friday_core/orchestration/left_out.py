"""Instruments that a run never traded, or of which its model never spoke, each with the reason."""

from __future__ import annotations

from typing import Any

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.orchestration.coverage import Coverage
from friday_core.orchestration.predicted import prediction_counts
from friday_core.orchestration.training import Training
from friday_core.session.core import Core
from friday_core.session.tallies import Tallies


def left_out(core: Core, universe: Universe, training: Training | None, tallies: Tallies) -> list[dict[str, Any]]:
    """In the order of the universe: ``bars`` and ``predictions`` are ``None`` where nobody counted them."""
    fills = [tallies.fills_in(one.id) for one in universe]
    bars = _bars(core, universe, training)
    said = [None] * len(universe) if training is None else prediction_counts(core, training.stream, len(universe))
    return [
        {
            "instrument": str(one.id),
            "bars": bars[n],
            "predictions": said[n],
            "fills": fills[n],
            "reason": _reason(tallies, one.id, bars[n], said[n], training),
        }
        for n, one in enumerate(universe)
        if said[n] == 0 or not fills[n]
    ]


def _bars(core: Core, universe: Universe, training: Training | None) -> list[int | None]:
    if core.bars is not None:
        return list(core.bars.counts(len(universe)))
    return [None if training is None else training.coverage[str(one.id)].bars for one in universe]


def _reason(
    tallies: Tallies, instrument: InstrumentId, bars: int | None, said: int | None, training: Training | None
) -> str:
    if bars == 0:
        return "the run saw no bar of it"
    if training is not None and said == 0:
        return _silence(training.coverage[str(instrument)], training)
    codes = tallies.codes(instrument)
    if not codes:
        return "no strategy decided on it"
    ((code, _),) = codes.most_common(1)
    return f"{codes.total():,} decisions and no fill, most often {code}"


def _silence(found: Coverage, training: Training) -> str:
    """Why the model never spoke of an instrument."""
    started = [one.effective_from for one in training.versions if one.model is not None]
    if not started:
        return "no version of the model was ever in force"
    if not found.usable:
        lacking = f": {', '.join(found.unknown)} never known" if found.unknown else " at the same time"
        return f"none of its {found.bars:,} bars has every feature{lacking}"
    assert found.last_usable is not None
    if found.last_usable <= started[0]:
        return "its last bar with every feature came before the first version of the model"
    return f"none of the predictions for its {found.usable:,} bars with every feature passed the validators"

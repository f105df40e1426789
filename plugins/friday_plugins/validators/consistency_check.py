"""Validator ``consistency_check``: do predictions agree with one another, with the past, with their features?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal, Self

import msgspec
import numpy as np
from pydantic import Field, field_validator, model_validator

from friday_core.api import Chunk, ComponentSpec, Judgement, PluginSettings, Universe, Validator, Verdict, hookimpl

Policy = Literal["quarantine", "remark"]
_VERDICTS = {"quarantine": Verdict.QUARANTINE, "remark": Verdict.PASS}
#: Share of a vote by which a quorum may be missed: 2 of 3 are 0.67, written so.
_ROUNDING = 0.005
_Defect = tuple[Verdict, str]


class ConsistencyCheckSettings(PluginSettings):
    """Settings of the validator ``consistency_check``; a policy holds a row back or only remarks on it."""

    columns: tuple[str, ...] = Field(
        ("prediction",),
        min_length=1,
        description="Columns with predictions of one thing; the first is the one that counts.",
    )
    predicts: Literal["return", "probability"] = Field(
        "return", description="What they predict: a return is for a rise above 0, a probability above 0.5."
    )
    quorum: float = Field(
        0.6, gt=0.5, le=1, description="Share of the columns with a side that must be on the same one, to two digits."
    )
    members: int = Field(1, ge=1, description="Columns that must have a prediction where one of them has.")
    on_disagreement: Policy = Field("quarantine", description="Where quorum or members are not reached.")
    rows: int = Field(
        20, ge=2, description="Latest rows of an instrument with a side, among which changes are counted."
    )
    flips: int = Field(12, ge=1, description="Changes of side among them that are borne.")
    on_flips: Policy = Field("remark", description="Where the side changed more often.")
    features: tuple[str, ...] = Field((), description="Columns that must be known where there is a prediction.")
    version: str = Field("model_version", description="Column with the version that predicts; empty if there is none.")
    on_features: Policy = Field(
        "quarantine", description="For a prediction without these features or without a version."
    )
    on_order: Policy = Field("quarantine", description="Where an instrument's time or version goes back.")

    @field_validator("columns")
    @classmethod
    def _columns_differ(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(columns)) != len(columns):
            raise ValueError(f"a column is named twice: {', '.join(columns)}")
        return columns

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.members > len(self.columns):
            raise ValueError(f"members {self.members} is more than there are columns, {len(self.columns)}")
        if self.flips >= self.rows:
            raise ValueError(f"flips {self.flips} of rows {self.rows} can never be exceeded: a row has one change")
        return self


class _Past(msgspec.Struct):
    """The latest time and version of an instrument, its latest side, and which of its latest rows changed it."""

    ts_event: int
    version: float = -math.inf
    side: int = 0
    changed: list[bool] = []


class ConsistencyCheck(Validator):
    """Four questions to each row; the worst verdict stands, with all reasons for it.

    Order: the instrument's ``ts_event`` is not before its newest, nor ``version`` before the latest
    one that predicted. Features: where ``columns[0]`` is a number, ``version`` and every one of
    ``features`` is too. Agreement: a column is for a rise or for a fall, or has no side if it is
    NaN, or just between; the larger side must have ``quorum`` of those with a side, and
    ``members`` columns must be numbers where one is. Flips: among the instrument's latest ``rows``
    rows on which ``columns[0]`` had a side, the side was another than on such a row before at most
    ``flips`` times; noise changes it on every second row.

    With ``remark`` a row passes and the reason stands beside it in the quarantine. Rows count for
    what comes after them whatever their verdict, but for a row whose time goes back. Where every
    column is NaN, the model abstains, and only its time is judged.
    """

    Settings = ConsistencyCheckSettings

    def __init__(self, settings: ConsistencyCheckSettings, universe: Universe) -> None:
        self._settings = settings
        self._versions = (settings.version,) if settings.version else ()
        self.inputs = tuple(dict.fromkeys([*settings.columns, *settings.features, *self._versions]))
        self._names = [str(one.id) for one in universe]
        self._neutral = 0.5 if settings.predicts == "probability" else 0.0
        self._pasts: dict[str, _Past] = {}

    def validate(self, chunk: Chunk) -> Judgement:
        verdicts, places, reasons = np.zeros(len(chunk), np.uint8), np.zeros(len(chunk), np.uint16), {"": 0}
        values = {name: chunk[name].tolist() for name in self.inputs}
        for row, (ts_event, inst) in enumerate(zip(chunk.ts_event.tolist(), chunk.inst.tolist(), strict=True)):
            verdict, reason = self._judge(inst, ts_event, {name: column[row] for name, column in values.items()})
            verdicts[row], places[row] = verdict, reasons.setdefault(reason, len(reasons))
        return Judgement(verdicts, places, tuple(reasons))

    def snapshot(self) -> bytes:
        """The state after the rows so far, by the names of the instruments."""
        return msgspec.msgpack.encode(self._pasts)

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot, also in a session of other instruments."""
        self._pasts = msgspec.msgpack.decode(snapshot, type=dict[str, _Past])

    def _judge(self, inst: int, ts_event: int, values: dict[str, float]) -> _Defect:
        past = self._pasts.setdefault(self._names[inst], _Past(ts_event))
        if ts_event < past.ts_event:
            return _VERDICTS[self._settings.on_order], "the time goes back"
        past.ts_event = ts_event
        return _worst([
            *self._made(past, values),
            *self._agreement([values[name] for name in self._settings.columns]),
            *self._flips(past, self._side(values[self._settings.columns[0]])),
        ])  # fmt: skip

    def _made(self, past: _Past, values: dict[str, float]) -> Iterator[_Defect]:
        """What is wrong with what a prediction is made of, and by whom."""
        if not math.isfinite(values[self._settings.columns[0]]):
            return
        for name in self._versions:
            version = values[name]
            if math.isnan(version):
                yield _VERDICTS[self._settings.on_features], "a prediction that no version made"
            elif version < past.version:
                yield _VERDICTS[self._settings.on_order], "an older version than before"
            else:
                past.version = version
        unknown = [name for name in self._settings.features if math.isnan(values[name])]
        if unknown:
            yield _VERDICTS[self._settings.on_features], f"a prediction without {', '.join(unknown)}"

    def _agreement(self, predictions: Sequence[float]) -> Iterator[_Defect]:
        known, policy = sum(map(math.isfinite, predictions)), _VERDICTS[self._settings.on_disagreement]
        if 0 < known < self._settings.members:
            yield policy, f"{known} of {len(predictions)} columns predict, {self._settings.members} are needed"
        sides = [self._side(one) for one in predictions]
        up, down = sides.count(1), sides.count(-1)
        if max(up, down) < (self._settings.quorum - _ROUNDING) * (up + down):
            yield policy, f"{up} for a rise and {down} for a fall"

    def _flips(self, past: _Past, side: int) -> Iterator[_Defect]:
        if side:
            past.changed = [*past.changed, past.side not in (0, side)][-self._settings.rows :]
            past.side = side
            if sum(past.changed) > self._settings.flips:
                limit = f"{self._settings.flips} in {self._settings.rows} rows"
                yield _VERDICTS[self._settings.on_flips], f"more changes of side than {limit}"

    def _side(self, prediction: float) -> int:
        """1 for a rise, -1 for a fall, 0 for neither and for what is no number."""
        off = prediction - self._neutral
        return int(off > 0.0) - int(off < 0.0) if math.isfinite(off) else 0


def _worst(defects: Sequence[_Defect]) -> _Defect:
    """The most severe verdict, with every reason for it."""
    worst = max((verdict for verdict, _ in defects), default=Verdict.PASS)
    return worst, "; ".join(reason for verdict, reason in defects if verdict == worst)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"universe": "universe"}
    return [ComponentSpec("validator", "consistency_check", ConsistencyCheck, ConsistencyCheck.Settings, requires)]

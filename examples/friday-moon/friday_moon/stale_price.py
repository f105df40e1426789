"""Validator ``stale_price``: holds back bars of a feed that is stuck."""

from __future__ import annotations

import json

from friday_core.api import (
    PRICE_COLUMNS,
    Chunk,
    ComponentSpec,
    Judgement,
    PluginSettings,
    Validator,
    Verdict,
    hookimpl,
)
from pydantic import Field


class Settings(PluginSettings):
    most: int = Field(3, ge=1, description="Bars alike in a row that are still believed.")


class StalePrice(Validator):
    """Quarantines a bar that is like the ``most`` bars of its instrument before it.

    Alike are bars of equal open, high, low, close and volume; one whose volume is missing is like
    no other. Bars that are held back count on, so that a stuck feed stays out until it moves.
    """

    inputs = (*PRICE_COLUMNS, "volume")

    def __init__(self, settings: Settings) -> None:
        self._most = settings.most
        #: The last bar of each instrument, and how many in a row were like it.
        self._runs: dict[int, tuple[tuple[float, ...], int]] = {}

    def validate(self, chunk: Chunk) -> Judgement:
        bars = zip(*(chunk[name].tolist() for name in self.inputs), strict=True)
        instruments = chunk.inst.tolist()
        lengths = [self._run_length(instrument, bar) for instrument, bar in zip(instruments, bars, strict=True)]
        stale = [row for row, length in enumerate(lengths) if length > self._most]
        reason = f"more than {self._most} bars alike in a row"
        return Judgement.passing(chunk).marked(stale, Verdict.QUARANTINE, reason)

    def snapshot(self) -> bytes:
        return json.dumps({"stale_price": list(self._runs.items())}).encode()

    def restore(self, snapshot: bytes) -> None:
        runs = json.loads(snapshot)["stale_price"]
        self._runs = {instrument: (tuple(bar), length) for instrument, (bar, length) in runs}

    def _run_length(self, instrument: int, bar: tuple[float, ...]) -> int:
        """How many bars in a row, this one included, were like this one."""
        last, length = self._runs.get(instrument, ((), 0))
        length = length + 1 if bar == last else 1
        self._runs[instrument] = bar, length
        return length


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("validator", "stale_price", StalePrice, Settings)]

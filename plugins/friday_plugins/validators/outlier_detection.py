"""Validator ``outlier_detection``: holds back prices that the instrument's own past does not explain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple, Self

import msgspec
import numpy as np
from pydantic import Field, field_validator, model_validator

from friday_core.api import (
    PRICE_COLUMNS,
    Chunk,
    ComponentSpec,
    Gap,
    Instrument,
    Judgement,
    LikelyRatio,
    PluginSettings,
    Universe,
    Validator,
    Verdict,
    hookimpl,
    likely_ratio,
    spread_of,
    turnover_of,
)

#: Rows whose median turnover is the usual one.
_TURNOVERS = 20


class OutlierDetectionSettings(PluginSettings):
    """Settings of the validator ``outlier_detection``; returns are natural logarithms."""

    window: int = Field(60, ge=5, description="Believed returns of the instrument's own rows that count.")
    least: int = Field(20, ge=2, description="Returns that must be known; before that only wrong_ratio judges.")
    threshold: float = Field(15.0, gt=0, description="Median absolute deviations that a return may lie off the median.")
    floor: float = Field(
        0.25,
        gt=0,
        description="A return no farther than this from the median is never an outlier. The default lies beyond the "
        "widest circuit limit, for daily bars; bars of an hour bear 0.1, of minutes 0.05.",
    )
    night_floor: float = Field(
        0.25, gt=0, description="The same for the first bar of a session, which knows the news of the night."
    )
    wrong_ratio: float = Field(
        10.0, gt=1, description="Beyond this many times the last close it is another instrument."
    )
    lone_open: float = Field(
        0.4, gt=0, description="Share of that distance beyond which an open that stands alone is an outlier; 1 is off."
    )
    split_probability: float = Field(
        0.5, gt=0, le=1, description="A gap over night is taken for an unannounced split or bonus above this; 1 is off."
    )
    on_split: Literal["quarantine", "remark"] = Field(
        "quarantine",
        description="Rows behind such a gap are held back until it is announced, or believed with a remark on it.",
    )
    bands: tuple[float, ...] = Field(
        (0.02, 0.05, 0.1, 0.2), description="Circuit limits as shares of the close of the session before."
    )
    relearn: int = Field(3, ge=1, description="Bars in a row at a new level, after which it is believed.")
    patience: int = Field(20, ge=1, description="Bars held back in a row, after which the past is forgotten.")
    memory: int = Field(
        30, ge=1, description="Days after which the last believed close says nothing any more, a split included."
    )
    stale_after: int = Field(5, ge=2, description="Bars in a row at one price without volume that are stale.")

    @field_validator("bands")
    @classmethod
    def _shares_of_a_price(cls, bands: tuple[float, ...]) -> tuple[float, ...]:
        for band in bands:
            if not 0 < band < 1:
                raise ValueError(f"{band} is not a circuit limit: write a share of the price, for example 0.05")
        return bands

    @model_validator(mode="after")
    def _can_be_known(self) -> Self:
        if self.least > self.window:
            raise ValueError(f"least {self.least} is more than window {self.window}: nothing would ever be judged")
        return self


class _Bar(NamedTuple):
    """A row: prices in units, and the factor that makes them comparable."""

    open: int
    high: int
    low: int
    close: int
    volume: float
    session: float
    factor: float


class _Past(msgspec.Struct):
    """What is believed of one instrument, and the level that may replace it; prices times factor."""

    close: float = math.nan
    factor: float = math.nan
    session: float = math.nan
    #: Last believed close of the session before.
    base: float = math.nan
    returns: list[float] = []
    #: Close of the latest bar that was held back, and how many in a row agree with it.
    level: float = math.nan
    agreeing: int = 0
    held: int = 0
    #: The unannounced split behind which bars are held back, as ``2:1``, and the newest close there.
    split: str = ""
    behind: float = math.nan
    turnovers: list[float] = []
    #: Close of the newest bar, believed or not, and how many in a row stood still there without volume.
    newest: float = math.nan
    unmoved: int = 0

    def believe(self, bar: _Bar) -> None:
        if bar.session != self.session:
            self.base, self.session = self.close, bar.session
        self.close, self.factor = bar.close * bar.factor, bar.factor
        self.level, self.agreeing, self.held, self.split, self.behind = math.nan, 0, 0, "", math.nan
        if bar.volume > 0:
            self.turnovers.append(bar.close * bar.volume)
            del self.turnovers[:-_TURNOVERS]


class _Snapshot(msgspec.Struct, frozen=True, tag="outlier_detection 2"):
    pasts: dict[str, _Past]


class _Limits(NamedTuple):
    """Between which log returns a price is believed."""

    low: float
    high: float

    @property
    def reach(self) -> float:
        return (self.high - self.low) / 2

    def hold(self, bar: _Bar, reference: float) -> bool:
        return all(self.low <= math.log(price * bar.factor / reference) <= self.high for price in bar[:4])


class OutlierDetection(Validator):
    """Quarantines bars that are stale, of another instrument, or farther off than ever before.

    Each of open, high, low and close is compared with the instrument's last believed close, all
    adjusted by ``factor``, so that an announced corporate action is no jump. With the log returns
    ``r`` of the last ``window`` believed closes, a bar is an outlier if a price's return lies
    farther from ``median(r)`` than ``max(floor, threshold * median(|r - median(r)|))``, where the
    first bar of a session has ``night_floor``. Until ``least`` returns are known, and always, a
    price beyond ``wrong_ratio`` times the last close, or below its inverse, is one.

    An outlier, though not so far off: an open at the bar's edge that lies farther than ``lone_open``
    times that distance from the last close and, on the same side, from the bar's own. A first
    trade without an auction may be one share at any price, and a backtest would fill orders there.

    Not an outlier, though so far off, with the reason on the passing row: a bar whose close is
    locked at a circuit limit (within a tick of a band round the close of the session before, at
    the bar's extreme, no price beyond the band).

    A first bar of a session that opens farther below the last believed close than ``night_floor``,
    with no corporate action announced for it, may be behind a split or a bonus: above
    ``split_probability`` (``friday_core.api.likely_ratio``) it is held back at once with the likely
    ratio, and so is every bar that goes on from there, until the action is announced, the price is
    back, or ``memory`` days have passed. Nothing is adjusted by a guess: to trade the rows, announce
    the action. With ``on_split = "remark"`` they pass, and features see a fall that nobody suffered.

    An outlier changes nothing that is believed. But the ``relearn``-th bar in a row that keeps
    within the limits of the held one before is believed, a level shift; after ``patience`` outliers
    in a row the past is forgotten and the next bar believed, whatever it shows; and so is a
    bar that comes more than ``memory`` days after the last believed one. A bar
    that stands still at the last close without volume proves nothing and counts for neither; the
    ``stale_after``-th in a row is stale. A row without a positive price is not judged: it passes,
    and counts for nothing.

    It cannot tell a crash from an error by one source alone, and compares with no second one.

    Measured on 198,479 unadjusted daily bars of the NSE, 2000 to 2026, with the defaults: of 75
    known splits and bonuses beyond the limits 72 are held back as such, 68 of them with the right
    ratio, and nothing else is (``docs/corporate_actions.md``). 183 opens are held back as lone ones,
    all before 2013, with the opening auction not yet there or new, and the day's average price
    confirms each. Besides, 73 bars are held back on and after days on which a price moved by a quarter.
    """

    Settings = OutlierDetectionSettings
    inputs = (*PRICE_COLUMNS, "volume", "session", "factor")

    def __init__(self, settings: OutlierDetectionSettings, universe: Universe) -> None:
        self._settings = settings
        self._instruments = [(str(one.id), one) for one in universe]
        self._far = math.log(settings.wrong_ratio)
        self._pasts: dict[str, _Past] = {}

    def validate(self, chunk: Chunk) -> Judgement:
        columns = [chunk[name].tolist() for name in self.inputs]
        verdicts, reasons = np.zeros(len(chunk), np.uint8), {"": 0}
        places = np.zeros(len(chunk), np.uint16)
        for row, (inst, *values) in enumerate(zip(chunk.inst.tolist(), *columns, strict=True)):
            verdict, reason = self._judge(inst, _Bar(*values))
            if reason:
                verdicts[row], places[row] = verdict, reasons.setdefault(reason, len(reasons))
        return Judgement(verdicts, places, tuple(reasons))

    def snapshot(self) -> bytes:
        """The state after the rows so far, by the names of the instruments."""
        return msgspec.msgpack.encode(_Snapshot(self._pasts))

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot, also in a session of other instruments."""
        self._pasts = msgspec.msgpack.decode(snapshot, type=_Snapshot).pasts

    def _judge(self, inst: int, bar: _Bar) -> tuple[Verdict, str]:
        if min(bar[:4]) <= 0 or not bar.factor > 0:
            return Verdict.PASS, ""
        name, instrument = self._instruments[inst]
        past = self._pasts.setdefault(name, _Past())
        close = bar.close * bar.factor
        repeats = bar.volume == 0 and close == past.newest and bar.high == bar.low
        past.unmoved = past.unmoved + 1 if repeats else int(bar.volume == 0)
        past.newest = close
        if past.unmoved >= self._settings.stale_after:
            return Verdict.QUARANTINE, f"stale: {self._settings.stale_after} bars or more at one price without volume"
        absent = bar.session - past.session
        if math.isnan(past.close) or absent > self._settings.memory:
            past.believe(bar)
            return Verdict.PASS, f"believed: nothing was for {absent:.0f} days" if absent > 0 else ""
        return self._compared(bar, past, repeats, instrument)

    def _compared(self, bar: _Bar, past: _Past, repeats: bool, instrument: Instrument) -> tuple[Verdict, str]:
        """What is said of a bar in view of the past."""
        if self._is_calm(bar, past):
            return self._believe(bar, past, repeats)
        limits = self._limits(bar, past)
        behind = self._behind(bar, past, limits, instrument)
        if behind is not None:
            return behind
        if limits.hold(bar, past.close):
            if self._opens_alone(bar, past.close, limits):
                return self._hold_back(bar, past, limits, repeats, _lone_open(bar, past.close, instrument))
            return self._believe(bar, past, repeats)
        explained = self._band(bar, past, instrument)
        if explained:
            past.believe(bar)
            return Verdict.PASS, explained
        return self._hold_back(bar, past, limits, repeats, self._reason(bar, past.close, limits, instrument))

    def _opens_alone(self, bar: _Bar, believed: float, limits: _Limits) -> bool:
        """Whether only the open is far off, on one side of everything else that is known."""
        far = self._settings.lone_open * limits.reach
        off_last, off_own = math.log(bar.open * bar.factor / believed), math.log(bar.open / bar.close)
        return (bar.open >= bar.high and min(off_last, off_own) > far) or (
            bar.open <= bar.low and max(off_last, off_own) < -far
        )

    def _believe(self, bar: _Bar, past: _Past, repeats: bool) -> tuple[Verdict, str]:
        if not repeats:
            past.returns.append(math.log(bar.close * bar.factor / past.close))
            del past.returns[: -self._settings.window]
        past.believe(bar)
        return Verdict.PASS, ""

    def _is_calm(self, bar: _Bar, past: _Past) -> bool:
        """Whether the limits hold the bar wherever among the returns their median lies: most bars, and soon told."""
        returns, floor = past.returns, self._floor(bar, past)
        if len(returns) < self._settings.least:
            return False
        narrowest = _Limits(max(max(returns) - floor, -self._far), min(min(returns) + floor, self._far))
        off_last = abs(math.log(bar.open * bar.factor / past.close))
        return off_last <= self._settings.lone_open * narrowest.reach and narrowest.hold(bar, past.close)

    def _floor(self, bar: _Bar, past: _Past) -> float:
        return self._settings.floor if bar.session == past.session else self._settings.night_floor

    def _limits(self, bar: _Bar, past: _Past) -> _Limits:
        """Bounds of a believable return; those of another instrument while too little is known."""
        returns = past.returns
        if len(returns) < self._settings.least:
            return _Limits(-self._far, self._far)
        middle = _median(returns)
        deviation = _median([abs(one - middle) for one in returns])
        reach = max(self._floor(bar, past), self._settings.threshold * deviation)
        return _Limits(max(middle - reach, -self._far), min(middle + reach, self._far))

    def _band(self, bar: _Bar, past: _Past, instrument: Instrument) -> str:
        """Why a bar locked at a circuit limit is believed; empty if it is not locked."""
        base = (past.close if bar.session != past.session else past.base) / bar.factor
        up = bar.close > base
        if bar.close != (bar.high if up else bar.low):
            return ""
        for band in self._settings.bands:
            reach, tick = base * band, instrument.tick_size
            at_limit = abs(abs(bar.close - base) - reach) <= tick
            if at_limit and base - reach - tick <= bar.low and bar.high <= base + reach + tick:
                return f"locked at the {'upper' if up else 'lower'} circuit limit of {band:.4g}"
        return ""

    def _behind(self, bar: _Bar, past: _Past, limits: _Limits, instrument: Instrument) -> tuple[Verdict, str] | None:
        """What is said of a bar behind a split that nobody announced; ``None`` if it is behind none."""
        if past.split and self._stays(bar, past, limits):
            past.behind = bar.close * bar.factor
            return Verdict.QUARANTINE, f"behind a split {past.split} that nobody announced"
        likely = self._split(bar, past)
        if likely is None:
            return None
        opened, before = instrument.price(bar.open), instrument.price(round(past.close / bar.factor))
        reason = (
            f"as after a split {likely} that nobody announced: open {opened:.10g} after {before:.10g}, "
            f"probability {likely.probability:.2f}"
        )
        if self._settings.on_split == "remark":
            past.believe(bar)
            return Verdict.PASS, reason
        past.split, past.behind = str(likely), bar.close * bar.factor
        return Verdict.QUARANTINE, reason

    def _stays(self, bar: _Bar, past: _Past, limits: _Limits) -> bool:
        """Whether a bar goes on from the level behind the gap, and nothing was announced meanwhile."""
        close = bar.close * bar.factor
        is_nearer = abs(math.log(close / past.behind)) < abs(math.log(close / past.close))
        return bar.factor == past.factor and is_nearer and limits.hold(bar, past.behind)

    def _split(self, bar: _Bar, past: _Past) -> LikelyRatio | None:
        """The split or bonus that the gap before a bar looks like, if nothing is announced."""
        if bar.factor != past.factor or bar.session == past.session or self._has_left(past):
            return None
        close = past.close / bar.factor
        if math.log(close / bar.open) <= self._floor(bar, past):
            return None
        turnover, spread = turnover_of(bar.close * bar.volume, past.turnovers), spread_of(past.returns)
        days = bar.session - past.session
        likely = likely_ratio(Gap(close, bar.open, bar.high, bar.close, days, spread, turnover))
        return likely if likely is not None and likely.probability > self._settings.split_probability else None

    def _has_left(self, past: _Past) -> bool:
        """Whether the newest bar, held back, was not at the last believed level any more: the gap is older."""
        return past.held > 0 and abs(math.log(past.level / past.close)) > self._settings.night_floor

    def _hold_back(self, bar: _Bar, past: _Past, limits: _Limits, repeats: bool, reason: str) -> tuple[Verdict, str]:
        if repeats:
            return Verdict.QUARANTINE, reason
        close, held = bar.close * bar.factor, past.held
        if held >= self._settings.patience:
            past.returns = []
            past.believe(bar)
            return Verdict.PASS, f"believed after {held} bars held back in a row: the past is forgotten"
        agrees = past.agreeing > 0 and limits.hold(bar, past.level)
        past.agreeing = past.agreeing + 1 if agrees else 1
        past.held, past.level = held + 1, close
        if past.agreeing >= self._settings.relearn:
            past.believe(bar)
            return Verdict.PASS, f"new level believed after {self._settings.relearn} bars"
        return Verdict.QUARANTINE, reason

    def _reason(self, bar: _Bar, believed: float, limits: _Limits, instrument: Instrument) -> str:
        moves = {name: math.log(price * bar.factor / believed) for name, price in zip(PRICE_COLUMNS, bar, strict=False)}
        worst = max(moves, key=lambda name: max(moves[name] - limits.high, limits.low - moves[name]))
        price, before = instrument.price(getattr(bar, worst)), instrument.price(round(believed / bar.factor))
        what = "another instrument? " if abs(moves[worst]) > self._far else ""
        return (
            f"{what}{worst} {price:.10g} after {before:.10g}: log return {moves[worst]:+.4f} "
            f"is not in {limits.low:+.4f} to {limits.high:+.4f}"
        )


def _lone_open(bar: _Bar, believed: float, instrument: Instrument) -> str:
    opened, close, before = (instrument.price(units) for units in (bar.open, bar.close, round(believed / bar.factor)))
    return f"open {opened:.10g} stands alone: {before:.10g} before it and {close:.10g} at the close"


def _median(values: Sequence[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"universe": "universe"}
    return [ComponentSpec("validator", "outlier_detection", OutlierDetection, OutlierDetection.Settings, requires)]

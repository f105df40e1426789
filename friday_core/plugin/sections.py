"""The sections of a configuration that Friday itself reads; plugins bring their own."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.money import MINOR_DIGITS
from friday_core.plugin.spec import TimeZone


class Section(BaseModel):
    """Base of all sections: frozen, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class LastSession(Section):
    """``[[data.endings]]``: an instrument trades no more after a session; what is held then is settled."""

    instrument: str = Field(description="SYMBOL.EXCHANGE.")
    last: dt.date = Field(description="Its last session.")
    price: Decimal | None = Field(None, ge=0, description="What one then brings; default its last close.")

    @field_validator("instrument")
    @classmethod
    def _instrument_id(cls, name: str) -> str:
        InstrumentId.parse(name)
        return name


class DataSettings(Section):
    """``[data]``: which part of what the source offers."""

    timezone: TimeZone = Field("Asia/Kolkata", description="Zone of naive time stamps, and of the session's date.")
    instruments: tuple[str, ...] = Field((), description="SYMBOL.EXCHANGE to keep; empty keeps all.")
    start: dt.date | None = Field(None, description="First session to keep.")
    end: dt.date | None = Field(None, description="Last session to keep.")
    calendar: str | None = Field(None, description="Name of a calendar; without one every date may be a session.")
    listing: str | None = Field(
        None,
        description="Name of a connection whose list of today has ticks, lots and kinds; default: the source's word.",
    )
    lists: Path | None = Field(
        None, description="A file of dated lists of symbols: index,symbol,from,to; CSV or Parquet, docs/instruments.md."
    )
    universe: str | None = Field(None, description="The list of lists whose members may be entered; default all.")
    endings: tuple[LastSession, ...] = Field(
        (), description="Last sessions of shares and contracts: { instrument, last, price }; those by rule come after."
    )
    delistings: Path | None = Field(
        None, description="A file of shares that are listed no more: symbol,last,price; endings go before its lines."
    )
    session_open: dt.time = Field(dt.time(9, 15), description="Opens the session where no calendar does.")
    session_close: dt.time = Field(dt.time(15, 30), description="Closes the session where no calendar does.")

    @field_validator("instruments")
    @classmethod
    def _instrument_ids(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            InstrumentId.parse(name)
        return names


class StreamSettings(Section):
    """``[streams.<name>]``: where rows come from and what they pass, in this order."""

    source: str = Field(description='Name of a source, or "stream:<name>" for the slices of another stream.')
    backpressure: Literal["block", "conflate", "fail"] = Field(
        "block",
        description="What happens when more rows wait than may: the source waits, of quotes only the latest of each "
        "instrument is kept, or the run fails. Past data is always made to wait.",
    )
    capacity_rows: int = Field(200_000, gt=0, description="Rows of the source that may wait; one record always may.")
    lateness: float = Field(0.0, ge=0, description="Seconds that rows may come out of order; they wait so long.")
    stale_after: float | None = Field(
        None,
        gt=0,
        description="Seconds of a session without a row of live data, after which nothing is added to positions; "
        "default two bars, and at least 10.",
    )
    bars: str | None = Field(None, description="Bars to make of the rows that passed the transformers: 1m, 1d, v1000.")
    validators: tuple[str, ...] = Field((), description="Run before the transformers, in order.")
    transformers: tuple[str, ...] = Field((), description="Run in order.")
    model: str | None = Field(None, description="Name of a model that predicts each row, before the validators.")
    feature_sets: tuple[str, ...] = Field((), description="Run on whole slices, in order; not on a source's rows.")
    validators_after: tuple[str, ...] = Field((), description="Run after the transformers, in order.")


class ModelSettings(Section):
    """``[model]``: how the model of a stream learns, walking forward on what was known at each time."""

    features: tuple[str, ...] = Field((), description="Columns that it reads; empty means all of its source's stream.")
    horizon: int = Field(20, ge=1, description="Bars of an instrument from a prediction to its label.")
    refit_every: Literal["month", "quarter", "year"] | int = Field(
        "quarter", description="A calendar period, or a number of sessions; fitted at the close of the last one."
    )
    min_rows: int = Field(250, ge=1, description="Labelled rows that the first fit needs.")
    window: int | None = Field(None, ge=1, description="Latest sessions that a fit learns from; left out means all.")
    embargo: float = Field(0.0, ge=0, description="Days between the end of the last label learned from and the fit.")
    train_latency: float = Field(0.0, ge=0, description="Seconds from the fit until the version is effective.")
    max_age: float | None = Field(None, gt=0, description="Days after which a version no longer predicts.")
    processes: int = Field(1, ge=1, description="Processes that fit at the same time; the result is the same.")

    @field_validator("refit_every")
    @classmethod
    def _some_sessions(cls, every: str | int) -> str | int:
        if isinstance(every, int) and every < 1:
            raise ValueError("write month, quarter, year, or at least 1 session")
        return every


class AccountSettings(Section):
    """``[account]``: whose money."""

    currency: str = Field("INR", description="The one currency of all books.")
    capital: int = Field(1_000_000, gt=0, description="Whole units of the currency, shared by the strategies.")
    charges: str = Field("flat_bps", description="Name of a charges plan.")
    charges_scale: float = Field(1.0, ge=0, le=1_000, description="Every charge is the plan's times this.")
    max_order_value: int | None = Field(
        None, gt=0, description="Whole units of the currency that an order may open, whatever strategies it is for."
    )
    max_gross_exposure: float | None = Field(
        None, gt=0, description="Of the account's equity, all positions and working orders of the books together."
    )

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, code: str) -> str:
        if code not in MINOR_DIGITS:
            raise ValueError(f"unknown currency {code!r}; known are {', '.join(MINOR_DIGITS)}")
        return code


class StrategyEntry(Section):
    """``[[trading.active_strategies]]``: one running strategy with its own book."""

    id: str = Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+$", description="Unique; names the book.")
    use: str = Field(description="Name of a strategy plugin.")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="The plugin's settings; stronger than [plugins.strategy.<name>]."
    )
    capital: int | None = Field(None, gt=0, description="Whole units of the currency; default an equal share.")
    instruments: tuple[str, ...] = Field((), description="Instruments it sees; empty means all.")
    product: Literal["", "delivery", "intraday", "normal", "mtf"] = Field(
        "", description="How it holds positions: see docs/products.md; empty leaves it to the charges plan."
    )


class TradingSettings(Section):
    """``[trading]``: what decides."""

    sizer: str = Field("fixed_fraction", description="Name of the sizer that turns signals into targets.")
    allow_grade_c: bool = Field(False, description="Whether components of parity grade C may trade live.")
    netting: bool = Field(True, description="Whether what several strategies order at market goes out as one order.")
    square_off: dt.time | None = Field(
        None,
        description="When intraday positions are closed, on the clock of [data] timezone; "
        "default ten minutes before the session closes.",
    )
    last_entry: dt.time | None = Field(
        None, description="From when on no intraday position is opened; default the square-off."
    )
    active_strategies: tuple[StrategyEntry, ...] = Field((), description="Strategies, in order.")

    @field_validator("active_strategies")
    @classmethod
    def _unique_ids(cls, entries: tuple[StrategyEntry, ...]) -> tuple[StrategyEntry, ...]:
        ids = [entry.id for entry in entries]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"two strategies share the id {', '.join(twice)}")
        return entries


class DrawdownTier(Section):
    """``[[risk.drawdown_tiers]]``: one step down."""

    drawdown: float = Field(gt=0, le=1, description="Share of the peak of equity from which on it holds.")
    scale: float = Field(ge=0, lt=1, description="Share of the wished position that may be built; 0: only reductions.")


class RiskSettings(Section):
    """``[risk]``: limits per book. Every refusal stands in the decisions with its code."""

    rules: tuple[str, ...] = Field((), description="Risk rules asked after the limits below, in order.")
    max_order_value: int | None = Field(None, gt=0, description="Whole units of the currency an order may be worth.")
    min_order_value: int | None = Field(
        None, gt=0, description="Whole units of the currency an order that opens a position must be worth."
    )
    max_position_weight: float | None = Field(None, gt=0, description="Of equity, per instrument, long or short.")
    max_gross_exposure: float | None = Field(1.0, gt=0, description="Of equity, all positions and working orders.")
    max_net_exposure: float | None = Field(None, ge=0, description="Of equity, longs less shorts, either way.")
    max_concentration: float | None = Field(
        None, gt=0, description="Of equity, the largest positions together; how many says concentration_positions."
    )
    concentration_positions: int = Field(5, ge=1, description="Positions that count for max_concentration.")
    allow_short: bool = Field(
        False, description="Whether what is delivered for cash, such as shares, may be sold short; derivatives may."
    )
    shortable: str | None = Field(
        None, description="The list of [data] lists with what may be sold short; without one everything may."
    )
    borrow_fee_ppm: int = Field(
        0, ge=0, le=1_000_000, description="A year of short positions but in contracts, of their value; 0 is no fee."
    )
    max_drawdown: float | None = Field(None, gt=0, le=1, description="From the peak of equity; then only reductions.")
    drawdown_tiers: tuple[DrawdownTier, ...] = Field(
        (), description="Smaller positions in a drawdown, until the peak is reached again: { drawdown, scale }."
    )
    max_day_loss: float | None = Field(None, gt=0, le=1, description="Of the day's first equity; then only reductions.")
    max_orders_per_session: int | None = Field(None, gt=0, description="Orders a strategy may send in one session.")
    max_orders_per_minute: int | None = Field(None, gt=0, description="Orders in any minute of event time.")
    max_orders_per_second: int | None = Field(None, gt=0, description="Orders in any second of event time.")
    max_open_orders: int | None = Field(None, gt=0, description="Orders of a strategy that may work at the same time.")
    cash_buffer: float = Field(0.02, ge=0, lt=1, description="Added to a buy's price when cash is reserved for it.")
    margin_buffer: float = Field(0.1, ge=0, lt=1, description="Share of the equity that margin_check keeps free.")
    allow_refusals: tuple[str, ...] = Field(
        (), description="Codes of refusals that do not make a run an error; ALL stands for every code."
    )

    @field_validator("drawdown_tiers")
    @classmethod
    def _ever_stricter(cls, tiers: tuple[DrawdownTier, ...]) -> tuple[DrawdownTier, ...]:
        for before, after in pairwise(tiers):
            if after.drawdown <= before.drawdown or after.scale >= before.scale:
                raise ValueError("each tier needs a larger drawdown and a smaller scale than the one before")
        return tiers

    @field_validator("allow_refusals")
    @classmethod
    def _codes(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
        for code in allowed:
            if not re.fullmatch(r"[A-Z][A-Z0-9_]*", code):
                raise ValueError(f"{code!r} is no code; codes are written as in the decisions, such as CLIPPED_CASH")
        return allowed


class BrokerSettings(Section):
    """``[broker]``: the one line that swaps brokers."""

    use: str = Field("paper", description="Name of a broker.")
    slippage_scale: float = Field(
        1.0, ge=0, le=1_000, description="The slippage of a simulated broker times this, up to whole ticks."
    )
    in_doubt: Literal["abandon", "resend"] = Field(
        "abandon",
        description="What becomes of an order that is proven not to have reached a broker: it ends, or is sent again.",
    )
    settle: float = Field(
        10.0, gt=0, description="Seconds in which whatever was sent has reached the broker, or never will."
    )
    read_every: float = Field(30.0, gt=0, description="Seconds between two readings of the broker's whole book.")


class ClockSettings(Section):
    """``[clock]``: the mode follows from it and from the broker's account."""

    kind: Literal["historical", "wall"] = Field("historical", description="Historical data or the clock on the wall.")
    speed: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Seconds of past data that pass in one second; needed where they are played on the wall clock.",
    )
    skip_gaps: bool = Field(
        True, description="Whether more than 30 minutes, or two bars, without a row take no time when data are played."
    )


class JournalSettings(Section):
    """``[journal]``: every input of a session and every intent, on disk, so that it goes on after a crash."""

    folder: Path | None = Field(
        None,
        description="Sessions are journaled in here; default journals beside [run] folder where the clock is on the "
        "wall, and nowhere in a backtest.",
    )


class NotifySettings(Section):
    """``[notify]``: who is told."""

    use: tuple[str, ...] = Field(("log",), description="Names of notifiers.")


class RunSettings(Section):
    """``[run]``: how the host runs."""

    folder: Path = Field(Path("runs"), description="Run folders are made in here.")
    chunk_rows: int = Field(10_000, gt=0, description="Most rows of one record; the result does not depend on it.")
    bars_table: bool = Field(True, description="Whether to write every bar that strategies saw; 64 bytes each.")
    observers: tuple[str, ...] = Field(("activity",), description="Observers of the run.")
    executor: Literal["compiled", "python"] = Field(
        "compiled",
        description="What runs columns: compiled operators, or plain Python, slower and with the same numbers; "
        "it serves by itself where nothing can be compiled.",
    )
    until: Literal["stopped", "close"] = Field(
        "stopped",
        description="Whether a session on live data goes on until Ctrl-C, or ends when the exchange has closed.",
    )
    step_timeout: float = Field(30.0, gt=0, description="Seconds a component may take to be built, start or stop.")
    record_timeout: float = Field(60.0, gt=0, description="Seconds the components may take over one record.")
    slow_record: float = Field(1.0, gt=0, description="Seconds after which a record is counted as slow in the summary.")
    source_timeout: float = Field(60.0, gt=0, description="Seconds a source may take over one chunk, or one answer.")
    import_timeout: float = Field(10.0, gt=0, description="Seconds a third-party plugin may take to be imported.")

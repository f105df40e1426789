"""The sections of a configuration that Friday itself reads; plugins bring their own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.money import MINOR_DIGITS


class Section(BaseModel):
    """Base of all sections: frozen, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class DataSettings(Section):
    """``[data]``: which part of what the source offers."""

    timezone: str = Field("Asia/Kolkata", description="Zone of naive time stamps, and of the session's date.")
    instruments: tuple[str, ...] = Field((), description="SYMBOL.EXCHANGE to keep; empty keeps all.")
    start: dt.date | None = Field(None, description="First session to keep.")
    end: dt.date | None = Field(None, description="Last session to keep.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{name!r} is not a time zone; write for example Asia/Kolkata") from error
        return name

    @field_validator("instruments")
    @classmethod
    def _instrument_ids(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            InstrumentId.parse(name)
        return names


class StreamSettings(Section):
    """``[streams.<name>]``: where rows come from and what they pass, in this order."""

    source: str = Field(description="Name of a source.")
    validators: tuple[str, ...] = Field((), description="Run before the transformers, in order.")
    transformers: tuple[str, ...] = Field((), description="Run in order.")
    validators_after: tuple[str, ...] = Field((), description="Run after the transformers, in order.")


class AccountSettings(Section):
    """``[account]``: whose money."""

    currency: str = Field("INR", description="The one currency of all books.")
    capital: int = Field(1_000_000, gt=0, description="Whole units of the currency, shared by the strategies.")
    charges: str = Field("flat_bps", description="Name of a charges plan.")

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


class TradingSettings(Section):
    """``[trading]``: what decides."""

    sizer: str = Field("fixed_fraction", description="Name of the sizer that turns signals into targets.")
    active_strategies: tuple[StrategyEntry, ...] = Field((), description="Strategies, in order.")

    @field_validator("active_strategies")
    @classmethod
    def _unique_ids(cls, entries: tuple[StrategyEntry, ...]) -> tuple[StrategyEntry, ...]:
        ids = [entry.id for entry in entries]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"two strategies share the id {', '.join(twice)}")
        return entries


class RiskSettings(Section):
    """``[risk]``: limits per book. Every refusal stands in the decisions with its code."""

    rules: tuple[str, ...] = Field((), description="Risk rules asked after the limits below, in order.")
    max_order_value: int | None = Field(None, gt=0, description="Whole units of the currency an order may be worth.")
    max_position_weight: float | None = Field(None, gt=0, description="Of equity, per instrument, long or short.")
    max_gross_exposure: float | None = Field(1.0, gt=0, description="Of equity, all positions and working orders.")
    max_drawdown: float | None = Field(None, gt=0, le=1, description="From the peak of equity; then only reductions.")
    max_day_loss: float | None = Field(None, gt=0, le=1, description="Of the day's first equity; then only reductions.")
    max_orders_per_session: int | None = Field(None, gt=0, description="Orders a strategy may send in one session.")
    cash_buffer: float = Field(0.02, ge=0, lt=1, description="Added to a buy's price when cash is reserved for it.")


class BrokerSettings(Section):
    """``[broker]``: the one line that swaps brokers."""

    use: str = Field("paper", description="Name of a broker.")


class ClockSettings(Section):
    """``[clock]``: the mode follows from it and from the broker's account."""

    kind: Literal["historical", "wall"] = Field("historical", description="Historical data or the clock on the wall.")


class NotifySettings(Section):
    """``[notify]``: who is told."""

    use: tuple[str, ...] = Field(("log",), description="Names of notifiers.")


class RunSettings(Section):
    """``[run]``: how the host runs."""

    folder: Path = Field(Path("runs"), description="Run folders are made in here.")
    chunk_rows: int = Field(10_000, gt=0, description="Most rows of one record; the result does not depend on it.")
    observers: tuple[str, ...] = Field(("activity",), description="Observers of the run.")
    step_timeout: float = Field(30.0, gt=0, description="Seconds a component may take to initialize, start or stop.")
    record_timeout: float = Field(60.0, gt=0, description="Seconds the components may take over one record.")
    import_timeout: float = Field(10.0, gt=0, description="Seconds a third-party plugin may take to be imported.")

"""Settings of the broker ``zerodha``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from friday_core.api import PluginSettings


def _cut_offs() -> dict[str, dt.time]:
    """Of shares an assumption: Zerodha has named no time since their day ends by an auction."""
    return {"NSE": dt.time(15, 10), "BSE": dt.time(15, 10), "NFO": dt.time(15, 25), "BFO": dt.time(15, 25)}


class ZerodhaBrokerSettings(PluginSettings):
    """Settings of the broker ``zerodha``."""

    product: Literal["delivery", "intraday", "normal", "mtf"] = Field(
        "intraday", description="How what is traded is held where neither order nor strategy says."
    )
    market_protection: float = Field(
        -1.0, le=100, description="Percent that market orders may trade beyond the latest price; -1 lets Kite choose."
    )
    chase_after: float = Field(
        5.0, ge=1, description="Seconds after which a market order that rests gets another price."
    )
    chase_percent: float = Field(1.0, gt=0, le=20, description="How far beyond the latest price that one is.")
    poll: float = Field(1.0, ge=0.2, description="Seconds between two looks at the book while an order works.")
    refusals_in_a_row: int = Field(5, ge=1, description="So many, and entries rest for a minute.")
    freeze_quantities: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description="By underlying, where the dated facts say nothing: { NIFTY = 1800 }."
    )
    market_hours: bool = Field(
        True, description="Send nothing while the exchange is closed; a sandbox has a time of its own, and is sent all."
    )
    after_market: bool = Field(
        False, description="What is decided while the exchange is closed waits for its next open at Kite (AMO)."
    )
    intraday_until: dict[str, dt.time] = Field(
        default_factory=_cut_offs, description="Times of India's clock after which no intraday position is opened."
    )
    check_margins: bool = Field(
        False, description="Ask Kite for the margin of each entry, which takes two requests, and send none above it."
    )
    postback_port: int | None = Field(
        None, ge=0, le=65_535, description="Where postbacks are heard on the loopback: a further hint beside sockets."
    )
    check_charges: bool = Field(
        True, description="At the end, hold what the orders cost against Kite's virtual contract note."
    )
    stale: float | None = Field(
        None,
        gt=0,
        description="Seconds without news of an instrument's price, where zerodha_websocket follows it, after which "
        "nothing is added in it; without it all of them together count, as an outage.",
    )
    sandbox: bool = Field(
        False, description="Kite's root is a sandbox: no money is at stake, and past data may be played to it."
    )

"""Instruments, quotes and candles over HTTP."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable, Mapping
from typing import Any

from friday_core.sandbox.kite.refusals import bad_input
from friday_core.sandbox.kite.server.calls import Call, Csv, Route, seconds_of, stamp
from friday_core.sandbox.kite.server.limits import Category
from friday_core.sandbox.kite.server.parts import Bar, Market
from friday_core.sandbox.kite.values import IST, SECOND, Level, Listed, Snapshot

#: Days of one request, by the name of the interval.
SPANS: Mapping[str, int] = {
    "minute": 60, "3minute": 100, "5minute": 100, "10minute": 100, "15minute": 200, "30minute": 200,
    "60minute": 400, "hour": 400, "day": 2000,
}  # fmt: skip
#: What the official client's integration tests still assume.
LEGACY_SPANS: Mapping[str, int] = {
    "minute": 30, "3minute": 90, "5minute": 90, "10minute": 90, "15minute": 180, "30minute": 180,
    "60minute": 365, "hour": 365, "day": 2000,
}  # fmt: skip
_MOST_QUOTES, _MOST_PRICES = 500, 1_000
_LEVELS = 5
_DAY = 86_400 * SECOND
#: Per cent about the last price within which a cover order's trigger stands.
_TRIGGER_BAND = 3.0
_NOBODY = {"price": 0, "quantity": 0, "orders": 0}


class Quotes:
    """Answers about prices; an instrument that nobody knows, or that has no price yet, is left out of a quote.

    ``look`` is how an instrument is seen from outside, with faults of clocks in it.
    """

    def __init__(self, market: Market, look: Callable[[int], Snapshot | None], *, legacy: bool = False) -> None:
        self._market, self._look = market, look
        self._spans = LEGACY_SPANS if legacy else SPANS

    def routes(self) -> list[Route]:
        quote, other = Category.QUOTE, Category.OTHER
        return [
            Route("GET", "/quote", self._quote, quote),
            Route("GET", "/quote/ohlc", self._ohlc, quote),
            Route("GET", "/quote/ltp", self._ltp, quote),
            Route("GET", "/instruments", self._instruments, other),
            Route("GET", "/instruments/{exchange}", self._instruments, other),
            Route("GET", "/instruments/trigger_range/{transaction_type}", self._trigger_range, other),
            Route("GET", "/instruments/historical/{token}/{interval}", self._candles, Category.HISTORICAL),
        ]

    def _instruments(self, call: Call) -> Csv:
        exchange = call.parts.get("exchange")
        listed = [*self._market.listing.rows(exchange)]
        seen = {one.token: self._market.snapshot(one.token) for one in listed}
        prices = {token: one.last_price for token, one in seen.items() if one is not None}
        return Csv(gzip.compress(self._market.listing.csv(exchange, prices), 1, mtime=0))

    def _quote(self, call: Call) -> dict[str, Any]:
        return {key: _quote_of(*found) for key, found in self._asked(call, _MOST_QUOTES).items()}

    def _ohlc(self, call: Call) -> dict[str, Any]:
        return {
            key: {**_price_of(listed, one), "ohlc": _ohlc_of(listed, one)}
            for key, (listed, one) in self._asked(call, _MOST_PRICES).items()
        }

    def _ltp(self, call: Call) -> dict[str, Any]:
        return {key: _price_of(*found) for key, found in self._asked(call, _MOST_PRICES).items()}

    def _trigger_range(self, call: Call) -> dict[str, Any]:
        side = call.parts["transaction_type"]
        if side not in ("buy", "sell"):
            raise bad_input("Invalid `transaction_type`.")
        found = {}
        for key, (listed, one) in self._asked(call, _MOST_PRICES).items():
            price, band = listed.rupees(one.last_price), _TRIGGER_BAND / 100
            lower, upper = (1 - band, 1.0) if side == "buy" else (1.0, 1 + band)
            found[key] = {
                "instrument_token": listed.token, "lower": round(price * lower, 4), "upper": round(price * upper, 4),
            }  # fmt: skip
        return found

    def _asked(self, call: Call, most: int) -> dict[str, tuple[Listed, Snapshot]]:
        keys = call.query.get("i", ())
        if not keys:
            raise bad_input("Missing or empty field `i`")
        if len(keys) > most:
            raise bad_input(f"Maximum of {most} instruments allowed in one request.")
        found = {}
        for key in keys:
            listed = self._market.listing.by_key(key)
            if listed is None and key.isascii() and key.isdigit():
                listed = self._market.listing.by_token(int(key))
            snapshot = None if listed is None else self._look(listed.token)
            if listed is not None and snapshot is not None:
                found[key] = (listed, snapshot)
        return found

    def _candles(self, call: Call) -> dict[str, Any]:
        listed = self._market.listing.by_token(call.number("token"))
        interval = call.parts["interval"]
        if listed is None:
            raise bad_input("invalid token")
        if interval not in self._spans:
            raise bad_input("invalid interval")
        first, last = (seconds_of(call.form.get(name, ""), name) for name in ("from", "to"))
        if first > last:
            raise bad_input("invalid from date: it is after the to date")
        if last - first > self._spans[interval] * _DAY:
            raise bad_input(f"interval exceeds max limit: {self._spans[interval]} days")
        name = "60minute" if interval == "hour" else interval
        continuous, with_oi = (call.form.get(flag) in ("1", "true") for flag in ("continuous", "oi"))
        bars = self._market.candles(listed.token, name, first, last, continuous=continuous)
        return {"candles": [_candle(listed, bar, with_oi=with_oi) for bar in bars]}


def _candle(listed: Listed, bar: Bar, *, with_oi: bool) -> list[Any]:
    begin = dt.datetime.fromtimestamp(bar.ts // SECOND, IST)
    prices = [listed.rupees(one) for one in (bar.open, bar.high, bar.low, bar.close)]
    return [f"{begin:%Y-%m-%dT%H:%M:%S}+0530", *prices, bar.volume, *([bar.oi] if with_oi else [])]


def _price_of(listed: Listed, one: Snapshot) -> dict[str, Any]:
    return {"instrument_token": listed.token, "last_price": listed.rupees(one.last_price)}


def _ohlc_of(listed: Listed, one: Snapshot) -> dict[str, float]:
    return {name: listed.rupees(getattr(one, name)) for name in ("open", "high", "low", "close")}


def _quote_of(listed: Listed, one: Snapshot) -> dict[str, Any]:
    rupees = listed.rupees
    quote = {
        **_price_of(listed, one), "timestamp": stamp(one.ts), "ohlc": _ohlc_of(listed, one),
        "net_change": rupees(one.last_price - one.close) if listed.is_index else 0,
    }  # fmt: skip
    if listed.is_index:
        return quote
    return {
        **quote, "last_trade_time": stamp(one.last_trade_ts) if one.last_trade_ts else None,
        "last_quantity": one.last_quantity,
        "buy_quantity": one.buy_quantity, "sell_quantity": one.sell_quantity, "volume": one.volume,
        "average_price": rupees(one.average_price), "oi": one.oi, "oi_day_high": one.oi_high,
        "oi_day_low": one.oi_low, "lower_circuit_limit": rupees(one.lower_limit),
        "upper_circuit_limit": rupees(one.upper_limit),
        "depth": {"buy": _depth(listed, one.bids), "sell": _depth(listed, one.asks)},
    }  # fmt: skip


def _depth(listed: Listed, levels: tuple[Level, ...]) -> list[dict[str, Any]]:
    shown = [{"price": listed.rupees(one.price), "quantity": one.quantity, "orders": one.orders} for one in levels]
    return shown + [_NOBODY] * (_LEVELS - len(shown))

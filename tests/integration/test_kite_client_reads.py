"""The calls of the official client's own suites that change nothing, by their names, against a running sandbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.kite_client import KEY, SHARE, opened, priced, settled
from kiteconnect import KiteConnect
from kiteconnect import exceptions as told

from friday_core.testing.kite_sandbox import KiteSandbox

#: Of the docs: what a row of each list has at least.
ORDER = {
    "placed_by", "order_id", "exchange_order_id", "parent_order_id", "status", "status_message", "status_message_raw",
    "order_timestamp", "exchange_update_timestamp", "exchange_timestamp", "variety", "modified", "exchange",
    "tradingsymbol", "instrument_token", "order_type", "transaction_type", "validity", "validity_ttl", "product",
    "quantity", "disclosed_quantity", "price", "trigger_price", "average_price", "filled_quantity",
    "pending_quantity", "cancelled_quantity", "market_protection", "meta", "tag", "guid",
}  # fmt: skip
TRADE = {
    "trade_id", "order_id", "exchange", "tradingsymbol", "instrument_token", "product", "average_price", "quantity",
    "exchange_order_id", "transaction_type", "fill_timestamp", "order_timestamp", "exchange_timestamp",
}  # fmt: skip
POSITION = {
    "tradingsymbol", "exchange", "instrument_token", "product", "quantity", "overnight_quantity", "multiplier",
    "average_price", "close_price", "last_price", "value", "pnl", "m2m", "unrealised", "realised", "buy_quantity",
    "buy_price", "buy_value", "buy_m2m", "sell_quantity", "sell_price", "sell_value", "sell_m2m", "day_buy_quantity",
    "day_buy_price", "day_buy_value", "day_sell_quantity", "day_sell_price", "day_sell_value",
}  # fmt: skip
HOLDING = {
    "tradingsymbol", "exchange", "instrument_token", "isin", "product", "price", "quantity", "used_quantity",
    "t1_quantity", "realised_quantity", "authorised_quantity", "authorised_date", "opening_quantity",
    "collateral_quantity", "collateral_type", "discrepancy", "average_price", "last_price", "close_price", "pnl",
    "day_change", "day_change_percentage",
}  # fmt: skip
INSTRUMENT = {
    "instrument_token", "exchange_token", "tradingsymbol", "name", "last_price", "expiry", "strike", "tick_size",
    "lot_size", "instrument_type", "segment", "exchange",
}  # fmt: skip
QUOTE = {
    "instrument_token", "timestamp", "last_trade_time", "last_price", "last_quantity", "buy_quantity",
    "sell_quantity", "volume", "average_price", "oi", "oi_day_high", "oi_day_low", "net_change",
    "lower_circuit_limit", "upper_circuit_limit", "ohlc", "depth",
}  # fmt: skip
#: Longest span in days of one request.
SPANS = {
    "minute": 60, "hour": 400, "day": 2000, "3minute": 100, "5minute": 100, "10minute": 100, "15minute": 200,
    "30minute": 200, "60minute": 400,
}  # fmt: skip


@pytest.fixture(scope="module")
def at_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[KiteSandbox, Any, str]]:
    """One share has been bought already."""
    with opened(tmp_path_factory.mktemp("kite")) as (sandbox, kite):
        bought = kite.place_order("regular", product="MIS", order_type="MARKET", market_protection=-1, **SHARE)
        settled(kite, bought, "COMPLETE")
        yield sandbox, kite, bought


@pytest.fixture
def sandbox(at_sandbox: tuple[KiteSandbox, Any, str]) -> KiteSandbox:
    return at_sandbox[0]


@pytest.fixture
def kite(at_sandbox: tuple[KiteSandbox, Any, str]) -> Any:
    return at_sandbox[1]


@pytest.fixture
def bought(at_sandbox: tuple[KiteSandbox, Any, str]) -> str:
    return at_sandbox[2]


@pytest.fixture
def stranger(sandbox: KiteSandbox) -> Any:
    """A client with a token that is none."""
    return KiteConnect(sandbox.api_key, "invalid_token", root=sandbox.root)


# tests/unit/test_kite_object.py, tests/unit/test_exceptions.py ---------------------------------------


def test_generate_session(sandbox: KiteSandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    with opened(tmp_path_factory.mktemp("session")) as (other, first):
        kite = KiteConnect(other.api_key, root=other.root)
        token = other.control("login")["request_token"]
        session = kite.generate_session(token, other.api_secret)
        assert (session["user_id"], session["access_token"]) == ("AB1234", kite.access_token)
        assert isinstance(session["login_time"], dt.datetime)
        assert kite.profile()["user_id"] == "AB1234"
        with pytest.raises(told.TokenException, match="Incorrect `api_key` or `access_token`"):
            first.profile()
        with pytest.raises(told.TokenException, match="invalid or has expired"):
            kite.generate_session(token, other.api_secret)


def test_invalidate_token(tmp_path_factory: pytest.TempPathFactory) -> None:
    with opened(tmp_path_factory.mktemp("logout")) as (_, kite):
        assert kite.invalidate_access_token() is True
        with pytest.raises(told.TokenException, match="Incorrect"):
            kite.orders()


def test_set_access_token(stranger: Any) -> None:
    with pytest.raises(told.TokenException, match="Incorrect"):
        stranger.positions()


def test_set_session_expiry_hook(stranger: Any) -> None:
    called = []
    stranger.set_session_expiry_hook(lambda: called.append("expired"))
    with pytest.raises(told.TokenException, match="Incorrect"):
        stranger.orders()
    assert called == ["expired"]


def test_wrong_json_response(sandbox: KiteSandbox, kite: Any) -> None:
    sandbox.fail("html", method="GET", path="/portfolio/positions", nth=1)
    with pytest.raises(told.DataException, match="Unknown Content-Type"):
        kite.positions()


def test_wrong_content_type(sandbox: KiteSandbox, kite: Any) -> None:
    sandbox.fail("empty_answer", method="GET", path="/portfolio/holdings", nth=1)
    with pytest.raises(KeyError, match="content-type"):
        kite.holdings()


@pytest.mark.parametrize(
    ("error_type", "code"),
    [("PermissionException", 403), ("OrderException", 400), ("InputException", 400), ("NetworkException", 503),
     ("CustomException", 500)],
)  # fmt: skip
def test_native_exceptions(sandbox: KiteSandbox, kite: Any, error_type: str, code: int) -> None:
    sandbox.fail("error", path="/user/profile", times=1, code=code, error_type=error_type, words=f"oops! {error_type}")
    with pytest.raises(getattr(told, error_type, told.GeneralException), match=f"oops! {error_type}") as caught:
        kite.profile()
    assert caught.value.code == code


# tests/unit/test_connect.py, tests/integration/test_connect_read.py ------------------------------------


def test_profile(kite: Any) -> None:
    profile = kite.profile()
    assert (profile["user_id"], profile["broker"]) == ("AB1234", "ZERODHA")
    assert {"NSE", "NFO", "MCX"} <= {*profile["exchanges"]}


def test_positions(kite: Any) -> None:
    positions = kite.positions()
    for kind in ("net", "day"):
        (row,) = positions[kind]
        assert row.keys() >= POSITION
        assert (row["tradingsymbol"], row["product"], row["quantity"], row["buy_quantity"]) == ("RELIANCE", "MIS", 1, 1)


def test_holdings(kite: Any) -> None:
    (row,) = kite.holdings()
    assert row.keys() >= HOLDING
    assert (row["tradingsymbol"], row["quantity"], row["average_price"]) == ("SBIN", 10, 500.0)


def test_auction_instruments(kite: Any) -> None:
    assert kite.get_auction_instruments() == []


def test_margins(kite: Any) -> None:
    margins = kite.margins()
    assert margins.keys() == {kite.MARGIN_EQUITY, kite.MARGIN_COMMODITY}
    assert 0 < margins["equity"]["net"] < 10_000_000
    assert margins["equity"]["utilised"]["debits"] > 0


def test_margins_segmentwise(kite: Any) -> None:
    commodity = kite.margins(segment=kite.MARGIN_COMMODITY)
    assert (commodity["net"], commodity["available"]["cash"]) == (1_000_000, 1_000_000)


def test_orders(kite: Any, bought: str) -> None:
    (row,) = kite.orders()
    assert row.keys() >= ORDER
    assert (row["order_id"], row["status"], row["filled_quantity"]) == (bought, "COMPLETE", 1)


def test_order_history(kite: Any, bought: str) -> None:
    states = kite.order_history(order_id=bought)
    assert [row["status"] for row in states] == [
        "PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN", "COMPLETE",
    ]  # fmt: skip
    assert all(row.keys() >= ORDER and isinstance(row["order_timestamp"], dt.datetime) for row in states)


def test_trades(kite: Any, bought: str) -> None:
    (row,) = kite.trades()
    assert row.keys() == TRADE
    assert (row["order_id"], row["quantity"], row["tradingsymbol"]) == (bought, 1, "RELIANCE")


def test_order_trades(kite: Any, bought: str) -> None:
    assert kite.order_trades(order_id=bought) == kite.trades()


def test_all_instruments(kite: Any) -> None:
    rows = kite.instruments()
    assert all(row.keys() == INSTRUMENT for row in rows)
    assert {"NSE", "BSE", "NFO", "BFO", "CDS", "MCX"} == {row["exchange"] for row in rows}
    assert all(row["instrument_token"] >> 8 == int(row["exchange_token"]) for row in rows)
    assert {type(row["expiry"]) for row in rows} == {str, dt.date}


def test_exchange_instruments(kite: Any) -> None:
    rows = kite.instruments(exchange=kite.EXCHANGE_NSE)
    assert rows == [row for row in kite.instruments() if row["exchange"] == "NSE"]
    assert next(row["instrument_token"] for row in rows if row["tradingsymbol"] == "INFY") == 408_065


def test_mf_orders(kite: Any) -> None:
    number = kite.place_mf_order("INF000S01011", "BUY", amount=5_000, tag="fund")["order_id"]
    assert [(row["order_id"], row["amount"]) for row in kite.mf_orders()] == [(number, 5_000.0)]
    assert kite.mf_orders(order_id=number)["status"] == "OPEN"  # test_mf_individual_order, test_mf_order_info
    kite.cancel_mf_order(number)
    assert kite.mf_orders(order_id=number)["status"] == "CANCELLED"


def test_mf_sips(kite: Any) -> None:
    number = kite.place_mf_sip("INF000S01011", 1_000, 6, "monthly")["sip_id"]
    assert [row["sip_id"] for row in kite.mf_sips()] == [number]
    kite.modify_mf_sip(number, amount=2_000)
    assert kite.mf_sips(sip_id=number)["instalment_amount"] == 2_000.0  # test_mf_individual_sip
    kite.cancel_mf_sip(number)
    assert kite.mf_sips(sip_id=number)["status"] == "CANCELLED"


def test_mf_holdings(kite: Any) -> None:
    assert kite.mf_holdings() == []


def test_mf_instruments(kite: Any) -> None:
    assert {row["tradingsymbol"]: type(row["last_price_date"]) for row in kite.mf_instruments()} == {
        "INF000S01011": dt.date, "INF000S01029": dt.date,
    }  # fmt: skip


@pytest.mark.parametrize(("interval", "most"), SPANS.items())
def test_historical_data_intervals(kite: Any, interval: str, most: int) -> None:
    upto = dt.datetime(2026, 11, 23, 10, 0, 0)  # noqa: DTZ001 - the client drops a zone
    rows = kite.historical_data(256_265, upto - dt.timedelta(days=most // 3), upto, interval, oi=True)
    assert rows[0].keys() == {"date", "open", "high", "low", "close", "volume", "oi"}
    assert all(row["low"] <= min(row["open"], row["close"]) <= row["high"] for row in rows)
    assert [row["date"] for row in rows] == sorted({row["date"] for row in rows})
    with pytest.raises(told.InputException, match="interval exceeds max limit"):
        kite.historical_data(256_265, upto - dt.timedelta(days=most + 1), upto, interval)


def test_quote(kite: Any) -> None:
    for asked in (([KEY],), (KEY,)):
        quote = kite.quote(*asked)[KEY]
        assert quote.keys() == QUOTE
        assert [len(quote["depth"][side]) for side in ("buy", "sell")] == [5, 5]
        assert quote["lower_circuit_limit"] < quote["last_price"] < quote["upper_circuit_limit"]


def test_quote_ohlc(kite: Any) -> None:
    for asked in (([KEY, "NSE:NIFTY 50"],), (KEY, "NSE:NIFTY 50")):
        found = kite.ohlc(*asked)
        assert found.keys() == {KEY, "NSE:NIFTY 50"}
        assert found[KEY].keys() == {"instrument_token", "last_price", "ohlc"}


def test_quote_ltp(kite: Any) -> None:
    for asked in (([KEY],), (KEY,)):
        assert kite.ltp(*asked)[KEY].keys() == {"instrument_token", "last_price"}
    assert kite.ltp(KEY, "NSE:NOBODY").keys() == {KEY}


def test_trigger_range(kite: Any) -> None:
    keys = ["NSE:INFY", KEY]
    for side, beyond in ((kite.TRANSACTION_TYPE_BUY, "upper"), (kite.TRANSACTION_TYPE_SELL, "lower")):
        found = kite.trigger_range(side, keys)
        assert found.keys() == {*keys} == kite.trigger_range(side, *keys).keys()
        assert found[KEY][beyond] == pytest.approx(priced(kite, 0), rel=0.01)


# What orders would cost --------------------------------------------------------------------------------


def test_order_margins(kite: Any) -> None:
    order = {**SHARE, "variety": "regular", "product": "MIS", "order_type": "LIMIT", "quantity": 2, "price": 1_400}
    (margin,) = kite.order_margins([order])
    assert (margin["type"], margin["leverage"], margin["total"]) == ("equity", 5, 560.0)
    assert margin["charges"]["gst"]["total"] > 0
    sold = kite.order_margins([{**order, "transaction_type": "SELL"}])[0]["charges"]
    assert (sold["transaction_tax_type"], sold["transaction_tax"]) == ("stt", pytest.approx(2 * 1_400 * 0.00025))


def test_basket_order_margins(kite: Any) -> None:
    bought = {
        "exchange": "NFO", "tradingsymbol": "NIFTY26NOVFUT", "transaction_type": "BUY", "variety": "regular",
        "product": "MIS", "order_type": "MARKET", "quantity": 65,
    }  # fmt: skip
    basket = kite.basket_order_margins([bought, {**bought, "transaction_type": "SELL"}])
    assert [one["exposure"] > 0 and one["type"] == "equity" for one in basket["orders"]] == [True, True]
    assert basket["final"]["total"] < basket["initial"]["total"]


def test_virtual_contract_note(kite: Any) -> None:
    common = {"variety": "regular", "product": "NRML", "order_type": "LIMIT"}
    notes = kite.get_virtual_contract_note([
        {**SHARE, **common, "order_id": "1", "product": "CNC", "average_price": 560},
        {**common, "order_id": "2", "exchange": "MCX", "tradingsymbol": "GOLDM26DECFUT", "transaction_type": "SELL",
         "quantity": 1, "average_price": 120_000},
        {**common, "order_id": "3", "exchange": "NFO", "tradingsymbol": "NIFTY26NOV24000PE",
         "transaction_type": "BUY", "quantity": 65, "average_price": 1.5},
    ])  # fmt: skip
    assert [one["charges"]["transaction_tax_type"] for one in notes] == ["stt", "ctt", "stt"]
    assert notes[0]["charges"]["brokerage"] == 0
    assert notes[0]["charges"]["transaction_tax"] == pytest.approx(0.56)
    assert notes[2]["charges"]["brokerage"] == 20
    assert all(one["charges"]["total"] > 0 for one in notes)

"""Requests of the official client at the server's edge, and what goes wrong with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from fakes.kite_rooms import INFY, NIFTY, ORDER, START, Served, fail
from kiteconnect import KiteConnect
from kiteconnect import exceptions as ex

from friday_core.sandbox.kite.account.rules import ORDINARY
from friday_core.sandbox.kite.faults.fault import Do
from friday_core.sandbox.kite.server.settings import API_KEY
from friday_core.sandbox.kite.values import SECOND


def test_an_order_is_placed_with_the_form_that_was_sent(served: Served, kite: Any) -> None:
    assert kite.place_order(**ORDER) == "000000000000001"
    name, variety, form, fate, app = served.account.asked[0]
    assert (name, variety, form["tradingsymbol"], form["quantity"], form["tag"]) == (
        "place",
        "regular",
        "INFY",
        "1",
        "A",
    )
    assert fate == ORDINARY
    assert app == API_KEY


def test_a_variety_that_there_is_not_is_refused_with_the_nearest(kite: Any) -> None:
    with pytest.raises(ex.InputException, match=r"Invalid `variety`\. Write regular\."):
        kite.place_order(**{**ORDER, "variety": "reguler"})


def test_a_dead_token_is_403_and_calls_the_hook_of_the_client(served: Served) -> None:
    heard: list[bool] = []
    client = KiteConnect(API_KEY, "0" * 32, root=served.root)
    client.set_session_expiry_hook(lambda: heard.append(True))
    with pytest.raises(ex.TokenException, match="Incorrect `api_key` or `access_token`"):
        client.orders()
    assert heard == [True]
    assert [one["token_ok"] for one in served.audit.of("request")] == [False]
    assert [(one["code"], one["error_type"]) for one in served.audit.of("answer")] == [(403, "TokenException")]


def test_an_unknown_path_and_method_are_answered_in_json(served: Served) -> None:
    unknown = requests.get(served.root + "/nowhere", timeout=5)
    assert (unknown.status_code, unknown.json()["error_type"]) == (404, "GeneralException")
    wrong = requests.put(served.root + "/trades", timeout=5)
    assert (wrong.status_code, wrong.json()["message"]) == (405, "Method not allowed")


def test_a_lost_answer_ends_the_connection_and_the_order_stands(served: Served, kite: Any) -> None:
    fail(served, Do.LOST_ANSWER, method="POST", path="/orders")
    with pytest.raises(requests.ConnectionError, match=r"aborted|reset"):
        kite.place_order(**ORDER)
    assert [row["tag"] for row in kite.orders()] == ["A"]
    assert served.audit.of("answer")[0]["code"] == 0
    assert served.audit.of("answer")[0]["order_id"] == "000000000000001"


def test_a_lost_request_ends_the_connection_and_no_order_stands(served: Served, kite: Any) -> None:
    fail(served, Do.LOST_REQUEST, tag="A")
    with pytest.raises(requests.ConnectionError, match=r"aborted|reset"):
        kite.place_order(**ORDER)
    assert kite.orders() == []


@pytest.mark.parametrize(
    ("rule", "raised", "words", "stands"),
    [
        ({"do": Do.ERROR, "code": 503}, ex.NetworkException, "Service unavailable", 0),
        ({"do": Do.ERROR_AFTER, "code": 400}, ex.OrderException, "Order request timed out", 1),
        ({"do": Do.HTML}, ex.DataException, "502", 0),
        ({"do": Do.HTML_AFTER, "code": 504}, ex.DataException, "504", 1),
        ({"do": Do.ERROR, "code": 403, "words": "IP"}, ex.PermissionException, "IP", 0),
        ({"do": Do.LATE_ACCEPT, "seconds": 8.0}, ex.NetworkException, "Gateway timed out", 1),
    ],
)  # fmt: skip
def test_an_error_is_said_as_the_fault_wants_before_or_after_the_order_is_done(
    served: Served, kite: Any, *, rule: dict[str, Any], raised: type[Exception], words: str, stands: int
) -> None:
    fail(served, **rule, method="POST", nth=1)
    with pytest.raises(raised, match=words):
        kite.place_order(**ORDER)
    assert len(kite.orders()) == stands


def test_an_order_that_is_accepted_late_is_known_to_the_account_as_such(served: Served, kite: Any) -> None:
    fail(served, Do.LATE_ACCEPT, seconds=8.0)
    with pytest.raises(ex.NetworkException, match="Gateway timed out"):
        kite.place_order(**ORDER)
    assert served.account.asked[0][3].accept_after == 8.0


def test_faults_of_orders_reach_the_account(served: Served, kite: Any) -> None:
    fail(served, Do.PARTIAL, symbol="INFY", parts=2)
    fail(served, Do.IGNORE_CANCEL, tag="A")
    kite.cancel_order("regular", kite.place_order(**ORDER))
    assert [one[3].parts if one[0] == "place" else one[3].ignore_cancel for one in served.account.asked] == [2, True]


def test_half_of_an_answer_is_no_json(served: Served, kite: Any) -> None:
    fail(served, Do.CUT_ANSWER, path="/portfolio/positions")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError), match="IncompleteRead"):
        kite.positions()


def test_an_empty_answer_has_no_content_type(served: Served, kite: Any) -> None:
    fail(served, Do.EMPTY_ANSWER, path="/orders")
    with pytest.raises(KeyError, match="content-type"):
        kite.place_order(**ORDER)
    assert len(served.account.rows) == 1


def test_a_slow_answer_comes_after_the_patience_of_the_client_and_the_order_stands(served: Served) -> None:
    fail(served, Do.SLOW, method="POST", seconds=0.6)
    client = KiteConnect(API_KEY, served.session(), root=served.root, timeout=0.2)
    with pytest.raises(requests.ReadTimeout, match="timed out"):
        client.place_order(**ORDER)
    assert len(served.account.rows) == 1


def test_a_stale_book_lacks_what_is_newer_and_shows_what_was_older(served: Served, kite: Any) -> None:
    number = kite.place_order(**ORDER)
    time.sleep(0.3)
    kite.cancel_order("regular", number)
    kite.place_order(**{**ORDER, "tag": "B"})
    fail(served, Do.STALE_BOOK, seconds=0.2, nth=1)
    assert [(row["tag"], row["status"]) for row in kite.orders()] == [("A", "COMPLETE")]
    assert [(row["tag"], row["status"]) for row in kite.orders()] == [("A", "CANCELLED"), ("B", "COMPLETE")]


def test_the_second_quote_within_a_second_is_429_and_the_next_second_is_free(serve: Callable[..., Served]) -> None:
    served = serve(quotes_per_second=1)
    client = KiteConnect(API_KEY, served.session(), root=served.root)
    time.sleep(1.02 - time.time() % 1.0)
    assert client.ltp("NSE:INFY")["NSE:INFY"]["last_price"] == 100.0
    with pytest.raises(ex.NetworkException, match="Too many requests") as caught:
        client.ltp("NSE:INFY")
    assert caught.value.code == 429
    time.sleep(1.02 - time.time() % 1.0)
    assert client.ltp("NSE:INFY")["NSE:INFY"]["instrument_token"] == INFY


def test_a_rate_limit_by_a_fault_holds_for_its_seconds(served: Served, kite: Any) -> None:
    fail(served, Do.RATE_LIMITED, method="POST", nth=1, seconds=0.4)
    for _ in range(2):
        with pytest.raises(ex.NetworkException, match="Too many requests"):
            kite.place_order(**ORDER)
    time.sleep(0.45)
    assert kite.place_order(**ORDER) == "000000000000001"


def test_quotes_leave_out_what_nobody_knows(kite: Any) -> None:
    found = kite.quote("NSE:INFY", "NSE:NOBODY", "NSE:NIFTY 50")
    assert [*found] == ["NSE:INFY", "NSE:NIFTY 50"]
    infy = found["NSE:INFY"]
    assert (infy["last_price"], infy["ohlc"]["close"], infy["upper_circuit_limit"]) == (100.0, 99.0, 118.8)
    assert infy["depth"]["buy"][0] == {"price": 99.95, "quantity": 50, "orders": 2}
    assert infy["depth"]["sell"][1:] == [{"price": 0, "quantity": 0, "orders": 0}] * 4
    assert infy["timestamp"].isoformat() == "2026-11-23T10:00:00"
    assert "depth" not in found["NSE:NIFTY 50"]
    assert found["NSE:NIFTY 50"]["net_change"] == 1.0


def test_more_than_five_hundred_instruments_in_a_quote_are_refused(kite: Any) -> None:
    with pytest.raises(ex.InputException, match="Maximum of 500"):
        kite.quote([f"NSE:S{place}" for place in range(501)])


def test_instruments_come_as_gzipped_csv_with_the_last_prices(served: Served, kite: Any) -> None:
    rows = kite.instruments("NSE")
    found = rows[0]["tradingsymbol"], rows[0]["instrument_token"], rows[0]["last_price"]
    assert found == ("INFY", INFY, 100.0)
    raw = requests.get(
        served.root + "/instruments", headers={"Authorization": f"token {API_KEY}:{kite.access_token}"}, timeout=5
    )
    assert raw.headers["Content-Encoding"] == "gzip"


def test_candles_carry_the_zone_and_are_asked_for_within_their_span(served: Served, kite: Any) -> None:
    (candle,) = kite.historical_data(INFY, "2026-11-23 09:15:00", "2026-11-23 10:00:00", "5minute", oi=True)
    assert (candle["date"].isoformat(), candle["high"], candle["oi"]) == ("2026-11-23T09:15:00+05:30", 102.0, 7)
    assert served.market.asked == [(INFY, "5minute", START - 2700 * SECOND, START, False)]
    with pytest.raises(ex.InputException, match="interval exceeds max limit: 60 days"):
        kite.historical_data(NIFTY, "2026-09-01", "2026-11-23", "minute")
    with pytest.raises(ex.InputException, match="invalid interval"):
        kite.historical_data(NIFTY, "2026-11-01", "2026-11-23", "2minute")
    with pytest.raises(ex.InputException, match="Invalid `from` date: 'tomorrow'"):
        kite.historical_data(NIFTY, "tomorrow", "2026-11-23", "minute")


def test_a_basket_takes_its_switches_from_the_query_and_its_rows_from_json(served: Served, kite: Any) -> None:
    kite.basket_order_margins([{"exchange": "NSE"}], consider_positions=False, mode="compact")
    assert served.account.asked == [("basket", [{"exchange": "NSE"}], False, "compact")]
    broken = requests.post(
        served.root + "/margins/orders",
        data="{",
        headers={"Authorization": f"token {API_KEY}:{kite.access_token}"},
        timeout=5,
    )
    assert (broken.status_code, broken.json()["error_type"]) == (400, "InputException")


def test_a_gtt_answers_with_its_number(kite: Any) -> None:
    legs = [{"transaction_type": "BUY", "quantity": 1, "order_type": "LIMIT", "product": "CNC", "price": 90}]
    assert kite.place_gtt("single", "INFY", "NSE", [95.0], 100.0, legs) == {"trigger_id": 123}


def test_every_request_is_in_the_audit_with_its_answer_and_no_secret(served: Served, kite: Any) -> None:
    kite.place_order(**ORDER)
    (asked,), (answer,) = served.audit.of("request"), served.audit.of("answer")
    assert (asked["n"], asked["path"], asked["symbol"], asked["tag"]) == (1, "/orders/regular", "NSE:INFY", "A")
    assert (answer["n"], answer["code"], answer["order_id"]) == (1, 200, "000000000000001")
    assert [one["order"]["status"] for one in served.audit.of("state")] == ["COMPLETE"]
    assert kite.access_token not in str(served.audit.lines)


def test_a_defect_behind_the_edge_is_500_and_the_server_lives(
    served: Served, kite: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ex.GeneralException, match="The sandbox failed: AttributeError"):
        kite.holdings()
    assert "holdings" in capfd.readouterr().err
    assert kite.orders() == []

"""Control calls, what befalls a market by them, postbacks, funds, and the end of an audit."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from fakes.kite_rooms import INFY, ORDER, START, Served, fail, kite_of, wait
from kiteconnect import exceptions as ex

from friday_core.sandbox.kite.faults.fault import Do
from friday_core.sandbox.kite.server.settings import API_SECRET
from friday_core.sandbox.kite.server.sockets import EVER
from friday_core.sandbox.kite.server.tail import last_lines
from friday_core.sandbox.kite.values import SECOND


def control(served: Served, name: str, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = requests.post(f"{served.root}/sandbox/{name}", json=asked, timeout=5).json()
    return answer


def test_the_clock_is_set_forth_and_never_back(served: Served) -> None:
    assert control(served, "clock", advance_to="2026-11-23 10:05:00")["data"]["ts"] == START + 300 * SECOND
    assert control(served, "clock", advance_by=1.5)["data"]["ts"] == START + 301_500_000
    refused = control(served, "clock", advance_to="2026-11-23 10:00:00")
    assert refused["message"] == "It is 2026-11-23 10:05:01 already: the market does not go back."
    assert control(served, "clock", sped=2)["message"] == "write advance_to, advance_by or speed, not sped"


def test_a_speed_moves_the_market_with_the_wall_clock(served: Served) -> None:
    control(served, "clock", speed=600)
    wait(lambda: served.market.now > START + 60 * SECOND)
    control(served, "clock", speed=0)
    assert served.market.now < START + 3_600 * SECOND


@pytest.mark.parametrize(
    ("asked", "call"),
    [
        ({"do": "halt", "symbol": "INFY", "seconds": 60}, ("halt", ["NSE:INFY"], START + 60 * SECOND)),
        ({"do": "halt", "seconds": 60}, ("halt", None, START + 60 * SECOND)),
        ({"do": "freeze", "symbol": "NSE:INFY", "side": "SELL"}, ("freeze", "NSE:INFY", "upper", EVER)),
        (
            {"do": "freeze", "symbol": "TCS", "side": "BUY", "seconds": 5},
            ("freeze", "NSE:TCS", "lower", START + 5 * SECOND),
        ),
        ({"do": "gap", "symbol": "INFY", "percent": -3}, ("gap", "NSE:INFY", -3)),
        ({"do": "spike", "symbol": "INFY", "percent": 8, "seconds": 2}, ("spike", "NSE:INFY", 8, 2)),
        ({"do": "stale_prices", "seconds": 9}, ("stale", None, START + 9 * SECOND)),
    ],
)
def test_what_befalls_prices_reaches_the_market(served: Served, asked: dict[str, Any], call: tuple[Any, ...]) -> None:
    assert control(served, "happen", **asked) == {"status": "success", "data": True}
    assert served.market.asked == [call]


def test_a_word_that_is_no_fault_is_refused_with_the_nearest(served: Served) -> None:
    assert "halt" in control(served, "happen", do="hold")["message"]
    assert "befalls requests, orders or frames" in control(served, "happen", do="lost_answer")["message"]
    assert (
        "There is no instrument 'NOBODY'" in control(served, "happen", do="gap", symbol="NOBODY", percent=1)["message"]
    )


def test_a_timed_fault_befalls_when_its_time_has_come(served: Served) -> None:
    fail(served, Do.HALT, at="10:03:00", seconds=60.0)
    control(served, "clock", advance_to="2026-11-23 10:02:59")
    assert served.market.asked == []
    control(served, "clock", advance_to="2026-11-23 10:10:00")
    assert served.market.asked == [("halt", None, START + 240 * SECOND)]


def test_a_skewed_clock_shows_in_the_stamps_until_faults_are_cleared(served: Served, kite: Any) -> None:
    control(served, "happen", do="clock_skew", seconds=-30)
    assert kite.quote("NSE:INFY")["NSE:INFY"]["timestamp"].isoformat() == "2026-11-23T09:59:30"
    requests.delete(f"{served.root}/sandbox/faults", timeout=5)
    assert kite.quote("NSE:INFY")["NSE:INFY"]["timestamp"].isoformat() == "2026-11-23T10:00:00"
    assert served.market.asked == [("clear",)]


def test_a_token_that_is_reissued_is_known_by_its_new_number(served: Served, kite: Any) -> None:
    control(served, "happen", do="reissue_token", symbol="INFY")
    assert kite.ltp("NSE:INFY") == {} or kite.ltp("NSE:INFY")["NSE:INFY"]["instrument_token"] != INFY
    with pytest.raises(ex.InputException, match="invalid token"):
        kite.historical_data(INFY, "2026-11-23", "2026-11-23", "minute")


def test_an_expired_token_is_403_and_a_foreign_order_has_the_form_of_the_fault(served: Served, kite: Any) -> None:
    control(served, "happen", do="foreign_order", symbol="INFY", side="SELL", quantity=3, price=99.5, product="CNC")
    assert served.account.asked[0][1] == {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "SELL", "quantity": "3", "product": "CNC",
        "validity": "DAY", "order_type": "LIMIT", "price": "99.5",
    }  # fmt: skip
    control(served, "expire")
    with pytest.raises(ex.TokenException, match="Incorrect"):
        kite.orders()


def test_a_restart_ends_the_process_after_the_request_that_met_it(served: Served, kite: Any) -> None:
    fail(served, Do.RESTART, method="POST", seconds=2.0)
    assert kite.place_order(**ORDER)
    assert served.stopped.is_set()
    assert served.kite.happenings.restart_after == 2.0


def test_the_state_shows_clock_sessions_orders_and_faults(served: Served, kite: Any) -> None:
    kite.place_order(**ORDER)
    fail(served, Do.SLOW, seconds=1.0, path="/trades")
    state = requests.get(f"{served.root}/sandbox/state", timeout=5).json()["data"]
    assert (state["time"], state["speed"], state["logged_in"]) == ("2026-11-23 10:00:00", 0.0, ["sandbox"])
    assert ([row["tag"] for row in state["orders"]], state["faults"][0]["fault"]["do"]) == (["A"], "slow")
    assert state["requests"] == 1


def test_the_page_offers_every_fault_that_there_is(served: Served) -> None:
    page = requests.get(f"{served.root}/sandbox/page/page.js", timeout=5).text
    assert [word for word in Do if not re.search(rf"^    {word}: \[", page, re.MULTILINE)] == []


def test_prices_are_those_of_the_listing_as_they_are_seen(served: Served) -> None:
    rows = requests.get(f"{served.root}/sandbox/prices", timeout=5).json()["data"]
    assert [row["instrument"] for row in rows] == ["NSE:INFY", "NSE:TCS", "NSE:NIFTY 50"]
    assert (rows[0]["last_price"], rows[0]["bid"], rows[0]["ask"]) == (100.0, 99.95, 100.05)


def test_a_postback_is_signed_with_the_secret_of_the_app(serve: Callable[..., Served]) -> None:
    heard: list[dict[str, Any]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Ear) as ear:
        threading.Thread(target=ear.serve_forever, args=(0.01,), daemon=True).start()
        served = serve(postback_url=f"http://127.0.0.1:{ear.server_port}/")
        served.session()
        kite_of(served).place_order(**ORDER)
        wait(lambda: bool(served.audit.of("postback")))
        ear.shutdown()
    (told,) = heard
    signed = hashlib.sha256((told["order_id"] + told["order_timestamp"] + API_SECRET).encode()).hexdigest()
    assert (told["checksum"], told["status"], told["user_id"]) == (signed, "COMPLETE", "AB1234")
    assert served.audit.of("postback")[0]["code"] == 200


def test_a_postback_to_nobody_is_noted_and_stops_nothing(serve: Callable[..., Served]) -> None:
    served = serve(postback_url="http://127.0.0.1:9/")
    served.session()
    kite_of(served).place_order(**ORDER)
    wait(lambda: bool(served.audit.of("postback")))
    assert served.audit.of("postback")[0]["code"] == 0


def test_a_fund_is_bought_and_the_order_cancelled(kite: Any) -> None:
    fund = kite.mf_instruments()[0]
    with pytest.raises(ex.InputException, match="Minimum purchase amount is 1000"):
        kite.place_mf_order(tradingsymbol=fund["tradingsymbol"], transaction_type="BUY", amount=500)
    number = kite.place_mf_order(tradingsymbol=fund["tradingsymbol"], transaction_type="BUY", amount=5000)["order_id"]
    assert [(row["order_id"], row["status"], row["amount"]) for row in kite.mf_orders()] == [(number, "OPEN", 5000.0)]
    kite.cancel_mf_order(number)
    assert kite.mf_orders(number)["status"] == "CANCELLED"


def test_a_plan_is_made_changed_and_ended(kite: Any) -> None:
    fund = kite.mf_instruments()[0]["tradingsymbol"]
    number = kite.place_mf_sip(fund, 1000, 12, "monthly", instalment_day=5)["sip_id"]
    kite.modify_mf_sip(number, status="paused", amount=2000)
    plan = kite.mf_sips(number)
    assert (plan["status"], plan["instalment_amount"], plan["instalments"]) == ("PAUSED", 2000.0, 12)
    kite.cancel_mf_sip(number)
    assert [one["status"] for one in kite.mf_sips()] == ["CANCELLED"]


def test_the_last_lines_of_a_file_are_those_that_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    assert last_lines(path, 5) == []
    path.write_text("".join(f'{{"n": {place}, "x": "{"y" * 500}"}}\n' for place in range(1_000)) + '{"n": 10', "utf-8")
    assert [line["n"] for line in last_lines(path, 300)] == list(range(700, 1_000))
    assert last_lines(path, 0) == []

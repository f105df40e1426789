"""What nobody should send to a Kite sandbox, nor start it with."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from fakes.kite_client import KEY, SHARE, opened
from kiteconnect import KiteConnect
from kiteconnect import exceptions as told

from friday_core.testing.kite_sandbox import KiteSandbox, SandboxRefusal

LIMIT = {**SHARE, "variety": "regular", "product": "MIS", "order_type": "LIMIT", "price": 1_300}


def client(sandbox: KiteSandbox) -> Any:
    return KiteConnect(sandbox.api_key, sandbox.login(), root=sandbox.root)


def refusal(answer: requests.Response) -> tuple[int, str]:
    said = answer.json()
    assert (said["status"], said["data"]) == ("error", None)
    return answer.status_code, said["error_type"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"\xff\xfe=\x00&quantity", "application/x-www-form-urlencoded"),
        (b"exchange=NSE&exchange", "application/x-www-form-urlencoded"),
        (b'{"exchange": "NSE"}', "application/json"),
        (b"quantity=1" * 10_000, "text/plain"),
    ],
)
def test_a_malformed_form_is_400_and_places_nothing(kite_sandbox: KiteSandbox, body: bytes, kind: str) -> None:
    headers = {"Authorization": f"token {kite_sandbox.api_key}:{kite_sandbox.login()}", "Content-Type": kind}
    answer = requests.post(f"{kite_sandbox.root}/orders/regular", body, headers=headers, timeout=10)
    assert refusal(answer) == (400, "InputException")
    assert kite_sandbox.state()["orders"] == []


def test_rows_that_are_no_json_are_400(kite_sandbox: KiteSandbox) -> None:
    headers = {"Authorization": f"token {kite_sandbox.api_key}:{kite_sandbox.login()}"}
    for body in (b"[{]", b'{"exchange": "NSE"}', b"[1]", b""):
        answer = requests.post(f"{kite_sandbox.root}/margins/orders", body, headers=headers, timeout=10)
        assert refusal(answer) == (400, "InputException")


def test_a_wrong_checksum_opens_no_session(kite_sandbox: KiteSandbox) -> None:
    token = kite_sandbox.control("login")["request_token"]
    kite = KiteConnect(kite_sandbox.api_key, root=kite_sandbox.root)
    with pytest.raises(told.TokenException, match="Invalid `checksum`"):
        kite.generate_session(token, "another secret")
    assert kite_sandbox.state()["logged_in"] == []
    signed = hashlib.sha256(f"{kite_sandbox.api_key}{token}{kite_sandbox.api_secret}".encode()).hexdigest()
    form = {"api_key": kite_sandbox.api_key, "request_token": token, "checksum": signed.upper()}
    answer = requests.post(f"{kite_sandbox.root}/session/token", form, timeout=10)
    assert refusal(answer) == (403, "TokenException")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"tradingsymbol": "NOBODY"}, "either expired or does not exist"),
        ({"exchange": "NASDAQ"}, "either expired or does not exist"),
        ({"tradingsymbol": "NIFTY 50"}, "not allowed in indices"),
        ({"tag": "t" * 21}, "Invalid `tag`"),
        ({"quantity": 1.5}, "Invalid `quantity`"),
        ({"quantity": "10.0"}, "Invalid `quantity`"),
        ({"quantity": -1}, "Invalid `quantity`"),
        ({"quantity": "१"}, "Invalid `quantity`"),
        ({"quantity": "1" * 400}, "Invalid `quantity`"),
        ({"price": "nan"}, "Invalid `price`"),
        ({"price": 1_300.0000001}, "multiple of tick size"),
        ({"price": 1}, "lower than the current lower circuit limit"),
        ({"transaction_type": "HOLD"}, "Invalid `transaction_type`"),
        ({"product": "NRML"}, "not allowed for NSE"),
    ],
)
def test_an_order_that_cannot_be_is_refused_in_words(
    shared: tuple[KiteSandbox, Any], changed: dict[str, Any], words: str
) -> None:
    sandbox, kite = shared
    with pytest.raises(told.InputException, match=words):
        kite.place_order(**{**LIMIT, **changed})
    assert sandbox.state()["orders"] == []


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with opened(tmp_path_factory.mktemp("shared")) as both:
        yield both


def test_an_instrument_that_nobody_knows_is_left_out_or_refused(shared: tuple[KiteSandbox, Any]) -> None:
    _, kite = shared
    assert kite.quote("NSE:NOBODY", KEY).keys() == {KEY}
    with pytest.raises(told.InputException, match="invalid token"):
        kite.historical_data(1, "2026-11-20 09:15:00", "2026-11-20 10:15:00", "minute")
    with pytest.raises(told.InputException, match="Invalid `token`"):
        kite.historical_data("INFY", "2026-11-20 09:15:00", "2026-11-20 10:15:00", "minute")


def test_two_clients_with_one_token_are_one_account_with_one_limit(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path, "[market]\nalways_open = true\n") as sandbox:
        one = client(sandbox)
        two = KiteConnect(sandbox.api_key, one.access_token, root=sandbox.root)
        number = one.place_order(**LIMIT, tag="ONE")
        time.sleep(1.0)
        assert [row["tag"] for row in two.orders()] == ["ONE"]
        assert two.cancel_order("regular", number) == number
        with pytest.raises(told.NetworkException, match="Too many requests"):
            [kite.orders() for kite in [one, two] * 30]
        time.sleep(1.1)
        client(sandbox)
        for kite in (one, two):
            with pytest.raises(told.TokenException, match="Incorrect"):
                kite.orders()


def test_control_calls_out_of_order_are_refused_and_change_nothing(kite_sandbox: KiteSandbox) -> None:
    before = kite_sandbox.state()
    for call, asked, words in (
        ("clock", {"advance_to": "2001-01-01"}, "does not go back"),
        ("clock", {"advance_by": -1}, "does not go back"),
        ("clock", {"speed": -1}, "speed"),
        ("clock", {"advance": 5}, "write advance_to, advance_by or speed, not advance"),
        ("clock", {}, "write advance_to, advance_by or speed"),
        ("happen", {"do": "lost_answer"}, "set it with POST /sandbox/faults"),
        ("happen", {"do": "gap", "symbol": "NOBODY", "percent": 1}, "There is no instrument 'NOBODY'"),
        ("happen", {"what": "trade", "order_id": "7"}, "Couldn't find that `order_id`"),
        ("approve", {"request_id": "none"}, "Invalid `request_id`"),
        ("faults", {"faults": [{"do": "lost_answr"}]}, "lost_answer"),
        ("faults", {"faults": [{"do": "drop", "nht": 2}]}, "write nth"),
        ("login", {"api_key": "another"}, "Invalid `api_key`"),
        ("external", {"exchange": "NSE"}, "Missing or empty field"),
    ):  # fmt: skip
        with pytest.raises(SandboxRefusal, match=words):
            kite_sandbox.control(call, **asked)
    after = kite_sandbox.state()
    assert {name: after[name] for name in ("orders", "faults", "speed", "logged_in")} == {
        name: before[name] for name in ("orders", "faults", "speed", "logged_in")
    }


def test_a_session_that_was_never_begun_may_do_nothing(kite_sandbox: KiteSandbox) -> None:
    kite = KiteConnect(kite_sandbox.api_key, root=kite_sandbox.root)
    for call in (kite.orders, kite.positions, kite.margins, kite.profile, kite.instruments):
        with pytest.raises(told.TokenException, match="Incorrect"):
            call()


def test_a_file_with_holes_trades_where_it_has_prices_and_begins_with_its_first_moment(tmp_path: Path) -> None:
    rows = ["timestamp,symbol,open,high,low,close,volume"]
    for minute in (*range(3), *range(30, 33)):
        rows.append(f"2026-11-20 09:{15 + minute}:00+05:30,INFY,{100 + minute},{101 + minute},{99 + minute},"
                    f"{100 + minute},1000")  # fmt: skip
    rows.insert(3, "2026-11-20 09:16:30+05:30,INFY,,,,,")
    prices = tmp_path / "bars.csv"
    prices.write_text("\n".join(rows), encoding="utf-8")
    scenario = f'[market]\nspeed = 0.0\n[prices]\npath = "{prices}"\ninterval = "1m"\n'
    with KiteSandbox(tmp_path / "kite", scenario) as sandbox:
        assert sandbox.state()["time"] == "2026-11-20 09:15:00"
        sandbox.advance(25 * 60)
        kite = client(sandbox)
        assert kite.quote("NSE:INFY")["NSE:INFY"]["last_price"] == 102
        with pytest.raises(SandboxRefusal, match="already: the market does not go back"):
            sandbox.control("clock", advance_to="2026-11-20 09:20:00")
        sandbox.advance(10 * 60)
        token = next(row["instrument_token"] for row in kite.instruments("NSE") if row["tradingsymbol"] == "INFY")
        found = kite.historical_data(token, "2026-11-20 09:15:00", "2026-11-20 15:30:00", "minute")
        assert [row["date"].minute for row in found] == [15, 16, 17, 45, 46, 47]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timestamp,symbol,open,high,low,close,volume\n", "there are no rows"),
        ("when,open\n1,2\n", "symbol|timestamp"),
        ("timestamp,symbol,open,high,low,close,volume\nsoon,INFY,1,1,1,1,1\n", "soon|timestamp"),
    ],
)
def test_a_file_that_cannot_be_read_ends_the_start(tmp_path: Path, text: str, words: str) -> None:
    prices = tmp_path / "bars.csv"
    prices.write_text(text, encoding="utf-8")
    with pytest.raises(RuntimeError, match=words):
        KiteSandbox(tmp_path / "kite", f'[prices]\npath = "{prices}"\ninterval = "1m"\n').start()


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("[markets]\nspeed = 1.0\n", "write market"),
        ("[market]\nsped = 1.0\n", "write speed"),
        ("[rules]\nlegcy = true\n", "write legacy"),
        ('[[faults]]\ndo = "lost_answr"\n', "lost_answer"),
        ('[[faults]]\ndo = "drop"\nsecond = 3\n', "write seconds"),
        ("[market\nspeed = 1.0\n", "scenario.toml"),
        ("lost_answer", "write lost_answers"),
        ("[market]\nspeed = -1.0\n", "speed"),
        ('[market]\nstart = "soon"\n', "soon"),
    ],
)
def test_a_misspelt_scenario_ends_the_start_with_the_nearest_word(tmp_path: Path, scenario: str, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        KiteSandbox(tmp_path, scenario).start()

"""Logins: request tokens, checksums, and how long a session lives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from fakes.kite_rooms import START, Served, StandInBook
from kiteconnect import KiteConnect
from kiteconnect import exceptions as ex

from friday_core.sandbox.kite.refusals import KiteRefusal
from friday_core.sandbox.kite.server.sessions import Sessions
from friday_core.sandbox.kite.server.settings import API_KEY, API_SECRET, SessionSettings
from friday_core.sandbox.kite.values import SECOND

HOUR = 3_600 * SECOND
WALL = 1_000 * SECOND


def form(request_token: str, secret: str = API_SECRET) -> dict[str, str]:
    checksum = hashlib.sha256((API_KEY + request_token + secret).encode()).hexdigest()
    return {"api_key": API_KEY, "request_token": request_token, "checksum": checksum}


def logged_in(sessions: Sessions, ts: int = START) -> str:
    return str(sessions.exchange(form(sessions.log_in(API_KEY, WALL)), ts, WALL)["access_token"])


def is_alive(sessions: Sessions, token: str, ts: int) -> bool:
    try:
        sessions.check(API_KEY, token, ts)
    except KiteRefusal as refusal:
        return (refusal.code, refusal.error_type) != (403, "TokenException")
    return True


@pytest.fixture
def sessions() -> Sessions:
    return Sessions(StandInBook(), SessionSettings())


def test_a_request_token_is_good_once(sessions: Sessions) -> None:
    token = sessions.log_in(API_KEY, WALL)
    sessions.exchange(form(token), START, WALL)
    with pytest.raises(KiteRefusal, match="Token is invalid or has expired"):
        sessions.exchange(form(token), START, WALL)


def test_a_request_token_lives_five_minutes_of_the_wall_clock(sessions: Sessions) -> None:
    tokens = [sessions.log_in(API_KEY, WALL) for _ in range(2)]
    sessions.exchange(form(tokens[0]), START, WALL + 300 * SECOND)
    with pytest.raises(KiteRefusal, match="Token is invalid or has expired"):
        sessions.exchange(form(tokens[1]), START, WALL + 301 * SECOND)


def test_a_wrong_checksum_is_refused_and_the_request_token_is_still_good(sessions: Sessions) -> None:
    token = sessions.log_in(API_KEY, WALL)
    with pytest.raises(KiteRefusal, match="Invalid `checksum`"):
        sessions.exchange(form(token, "another secret"), START, WALL)
    assert sessions.exchange(form(token), START, WALL)["api_key"] == API_KEY


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"api_key": ""}, "Missing or empty field `api_key`"),
        ({"checksum": ""}, "Missing or empty field `checksum`"),
        ({"api_key": "nobody"}, "Invalid `api_key`"),
    ],
)
def test_a_malformed_exchange_is_bad_input(sessions: Sessions, changed: dict[str, str], words: str) -> None:
    with pytest.raises(KiteRefusal, match=words) as caught:
        sessions.exchange({**form(sessions.log_in(API_KEY, WALL)), **changed}, START, WALL)
    assert caught.value.code == 400


def test_a_session_ends_at_six_in_the_morning_of_the_market(sessions: Sessions) -> None:
    token = logged_in(sessions)
    assert is_alive(sessions, token, START + 20 * HOUR - 1)
    assert not is_alive(sessions, token, START + 20 * HOUR)


def test_a_login_before_six_lives_until_six_of_the_same_day(sessions: Sessions) -> None:
    token = logged_in(sessions, START - 5 * HOUR)
    assert is_alive(sessions, token, START - 4 * HOUR - 1)
    assert not is_alive(sessions, token, START - 4 * HOUR)


def test_one_login_kills_the_one_before(sessions: Sessions) -> None:
    first, second = logged_in(sessions), logged_in(sessions)
    assert (is_alive(sessions, first, START), is_alive(sessions, second, START)) == (False, True)


def test_a_token_of_another_alphabet_is_dead_and_breaks_nothing(sessions: Sessions) -> None:
    logged_in(sessions)
    assert not is_alive(sessions, "ключ", START)


def test_sessions_outlive_the_process() -> None:
    book = StandInBook()
    token = logged_in(Sessions(book, SessionSettings()))
    assert is_alive(Sessions(book, SessionSettings()), token, START)


def test_the_official_client_logs_in_and_out(served: Served) -> None:
    client = KiteConnect(API_KEY, root=served.root)
    given = requests.post(f"{served.root}/sandbox/login", json={}, timeout=5).json()["data"]["request_token"]
    session = client.generate_session(given, API_SECRET)
    assert (session["user_id"], session["refresh_token"], session["login_time"].hour) == ("AB1234", "", 10)
    assert client.profile()["user_id"] == "AB1234"
    assert client.invalidate_access_token() is True
    with pytest.raises(ex.TokenException, match="Incorrect `api_key`"):
        client.profile()


def test_a_refresh_token_gives_another_session_until_it_is_invalidated(serve: Callable[..., Served]) -> None:
    served = serve(refresh=True)
    client = KiteConnect(API_KEY, root=served.root)
    session = client.generate_session(served.kite.sessions.log_in(API_KEY, 1 << 62), API_SECRET)
    renewed = client.renew_access_token(session["refresh_token"], API_SECRET)
    assert renewed["access_token"] not in ("", session["access_token"])
    assert client.invalidate_refresh_token(session["refresh_token"]) is True
    with pytest.raises(ex.TokenException, match="Token is invalid"):
        client.renew_access_token(session["refresh_token"], API_SECRET)


def test_the_login_page_sends_the_request_token_to_the_app(serve: Callable[..., Served]) -> None:
    served = serve(redirect_url="http://127.0.0.1:9/done?mine=1")
    url = f"{served.root}/connect/login?v=3&api_key={API_KEY}"
    assert 'id="login"' in requests.get(url, timeout=5).text
    sent = requests.post(url, allow_redirects=False, timeout=5)
    assert sent.status_code == 302
    address = sent.headers["Location"]
    assert address.startswith("http://127.0.0.1:9/done?mine=1&action=login&type=login&status=success&request_token=")
    client: Any = KiteConnect(API_KEY, root=served.root)
    assert client.generate_session(address.rpartition("=")[2], API_SECRET)["access_token"]


def test_the_login_page_of_an_unknown_app_is_refused_and_repeats_nothing_of_it(served: Served) -> None:
    answer = requests.get(f"{served.root}/connect/login?api_key=<script>", timeout=5)
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid `api_key`.")

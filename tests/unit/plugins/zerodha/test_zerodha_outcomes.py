"""What an exception of Kite's client means, by class, code and words."""

from __future__ import annotations

import pytest
import requests
from kiteconnect import exceptions as kite

from friday_core.api import InDoubt, Refused
from friday_plugins.zerodha.outcomes import Meaning, TokenDead, TooFast, Unanswered, meaning_of, of_write, words_of

TIMED_OUT = "Order request timed out. Please check the order book and confirm before placing again."
DOUBT, REFUSED = Meaning.DOUBT, Meaning.REFUSED


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (requests.ReadTimeout("read timed out"), DOUBT),
        (requests.ConnectionError("reset"), DOUBT),
        (KeyError("content-type"), DOUBT),
        (kite.DataException("Unknown Content-Type (text/html)", 502), DOUBT),
        (kite.NetworkException("Gateway timed out.", 504), DOUBT),
        (kite.OrderException(TIMED_OUT, 400), DOUBT),
        (kite.GeneralException("Something went wrong", 500), DOUBT),
        (kite.OrderException("Something odd", 500), DOUBT),
        (kite.GeneralException("Insufficient funds", 400), REFUSED),
        (kite.InputException("Invalid quantity", 400), REFUSED),
        (kite.GeneralException("Route not found", 404), REFUSED),
        (kite.PermissionException("Insufficient permission for that call.", 403), REFUSED),
        (kite.PermissionException("Request from this IP is not allowed", 403), Meaning.BAD_ADDRESS),
        (kite.TokenException("Incorrect `api_key` or `access_token`.", 403), Meaning.DEAD_TOKEN),
        (kite.NetworkException("Too many requests", 429), Meaning.TOO_FAST),
    ],
)
def test_an_exception_means(error: Exception, meaning: Meaning) -> None:
    assert meaning_of(error) is meaning


def test_a_write_raises_what_a_session_can_act_on() -> None:
    assert isinstance(of_write(kite.InputException("no", 400), "place"), Refused)
    assert isinstance(of_write(kite.TokenException("no"), "place"), TokenDead)
    assert isinstance(of_write(kite.NetworkException("Too many requests", 429), "place"), TooFast)
    assert isinstance(of_write(requests.ReadTimeout(), "place"), InDoubt)


def test_an_answer_that_cannot_be_read_is_not_repeated_in_words() -> None:
    error = kite.DataException(
        "Couldn't parse the JSON response received from the server: {'access_token': 'SECRET", 502
    )
    assert "SECRET" not in words_of(error)


def test_silence_is_a_connection_error_and_an_error_of_the_broker() -> None:
    with pytest.raises(ConnectionError, match="nobody"):
        raise Unanswered("nobody")

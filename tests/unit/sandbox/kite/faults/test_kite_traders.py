"""What a careful trader makes of the answers of the official client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kiteconnect import KiteConnect
from kiteconnect import exceptions as told

from friday_core.sandbox.kite.traders.desk import Desk, Outcome

TIMED_OUT = "Order request timed out. Please check the order book and confirm before placing again."


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """One for which no time passes."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    return Desk(KiteConnect("key", root="http://127.0.0.1:9"), lambda: "token")


def raising(*errors: Exception) -> Callable[[], Any]:
    """A request that meets these one after the other, and is then answered."""
    left = [*errors]

    def request() -> str:
        if left:
            raise left.pop(0)
        return "answer"

    return request


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (TimeoutError("read"), Outcome.UNKNOWN),
        (KeyError("content-type"), Outcome.UNKNOWN),
        (told.DataException("<html>"), Outcome.UNKNOWN),
        (told.GeneralException("?", code=500), Outcome.UNKNOWN),
        (told.NetworkException("gateway", code=504), Outcome.UNKNOWN),
        (told.OrderException(TIMED_OUT, code=400), Outcome.UNKNOWN),
        (told.NetworkException("Too many requests", code=429), Outcome.NOT_DONE),
        (told.TokenException("dead", code=403), Outcome.NOT_DONE),
        (told.PermissionException("IP", code=403), Outcome.REFUSED),
        (told.InputException("tick", code=400), Outcome.REFUSED),
        (told.GeneralException("Insufficient funds", code=400), Outcome.REFUSED),
    ],
)
def test_what_is_known_of_an_order_depends_on_the_code_and_the_words(
    desk: Desk, error: Exception, outcome: Outcome
) -> None:
    assert desk.send(raising(error)) is outcome
    assert desk.send(raising()) is Outcome.DONE


def test_a_read_is_repeated_until_it_is_answered(desk: Desk) -> None:
    errors = (TimeoutError("read"), told.DataException("<html>"), told.NetworkException("slow down", code=429))
    assert desk.ask("others", raising(*errors)) == "answer"
    assert desk.sessions == 1


def test_a_dead_token_is_replaced_at_once(desk: Desk) -> None:
    assert desk.ask("others", raising(told.TokenException("dead"))) == "answer"
    assert desk.sessions == 2
    desk.send(raising(told.TokenException("dead")))
    assert desk.sessions == 3


def test_a_login_that_nobody_answers_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert Desk(KiteConnect("key"), raising(OSError("down"), OSError("down"))).sessions == 1

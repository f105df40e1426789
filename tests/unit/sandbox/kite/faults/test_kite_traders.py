"""What a careful trader makes of the answers of the official client, and of a book that it reads again and again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kiteconnect import exceptions as told

from friday_core.sandbox.kite.traders import careful
from friday_core.sandbox.kite.traders.careful import Careful

TOKEN, ASK, BID = 408065, 1500.1, 1500.0
TIMED_OUT = "Order request timed out. Please check the order book and confirm before placing again."
#: Whatever is answered to an order: it may stand all the same.
ANSWERS = [
    TimeoutError("read"),
    KeyError("content-type"),
    told.DataException("<html>"),
    told.GeneralException("?", code=500),
    told.NetworkException("gateway", code=504),
    told.OrderException(TIMED_OUT, code=400),
    told.NetworkException("Too many requests", code=429),
    told.PermissionException("IP", code=403),
    told.InputException("tick", code=400),
]


class FakeKite:
    """An account in which each order of one symbol is filled at once. ``answers`` are raised after that, one by one."""

    api_key = "key"
    access_token: str | None = None

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.answers: list[Exception | None] = []
        self.arrives = True
        self.token = TOKEN
        self.cancelled: list[str] = []

    def set_access_token(self, token: str | None) -> None:
        self.access_token = token

    def orders(self) -> list[dict[str, Any]]:
        return [{**row} for row in self.rows]

    def quote(self, keys: list[str]) -> dict[str, Any]:
        depth = {
            "buy": [{"price": round(BID - level / 10, 1)} for level in range(5)],
            "sell": [{"price": round(ASK + level / 10, 1)} for level in range(5)],
        }
        return {key: {"instrument_token": self.token, "last_price": BID, "depth": depth} for key in keys}

    def place_order(self, *terms: Any, **more: Any) -> None:
        names = ("variety", "exchange", "tradingsymbol", "transaction_type", "quantity", "product", "order_type")
        answer = self.answers.pop(0) if self.answers else None
        if self.arrives:
            row = {**dict(zip(names, terms, strict=True)), **more, "order_id": f"{len(self.rows)}"}
            self.rows.append({**row, "status": "COMPLETE", "filled_quantity": row["quantity"], "placed_by": "AB1234"})
        if answer is not None:
            raise answer

    def cancel_order(self, _: str, order_id: str) -> None:
        self.cancelled.append(order_id)

    def sent(self) -> list[tuple[str, int, float]]:
        return [(row["transaction_type"], row["quantity"], row["price"]) for row in self.rows]


class FakeTicker:
    """A socket of which tests say what it brings."""

    MODE_FULL = "full"

    def __init__(self, _: str, token: str, root: str) -> None:
        self.token, self.root = token, root

    def connect(self, *, threaded: bool) -> None:
        assert threaded

    def close(self, code: int) -> None:
        assert code == 1000


class FakeReactor:
    running = True

    def callFromThread(self, call: Callable[..., None], *given: Any, **named: Any) -> None:  # noqa: N802 - twisted's
        call(*given, **named)


@pytest.fixture
def kite(monkeypatch: pytest.MonkeyPatch) -> FakeKite:
    """One for which no time passes between looks."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(careful, "KiteTicker", FakeTicker)
    monkeypatch.setattr(careful, "reactor", FakeReactor())
    return FakeKite()


def trader(kite: FakeKite, journal: Path, log_in: Callable[[], str] = lambda: "token") -> Careful:
    return Careful(kite, log_in, "ws://nowhere", ("INFY",), journal)


def tick(one: Careful, price: float = BID) -> None:
    one._hear(one._ticker, [{"instrument_token": TOKEN, "last_price": price}])


def looked(one: Careful, times: int, *, buying: bool = True) -> bool:
    """What the last of several looks says; an answer that is none is met as in ``trade``."""
    done = False
    for _ in range(times):
        try:
            done = one.step(buying=buying)
        except Exception:  # noqa: BLE001 - as there
            done = False
        tick(one)
    return done


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_order_that_stands_is_found_whatever_was_answered_and_sold_again(
    kite: FakeKite, tmp_path: Path, answer: Exception
) -> None:
    one = trader(kite, tmp_path / "journal")
    kite.answers = [answer]
    looked(one, 2)
    assert kite.sent() == [("BUY", 10, ASK)]
    looked(one, 1, buying=False)
    assert kite.sent() == [("BUY", 10, ASK), ("SELL", 10, BID)]
    assert looked(one, 1, buying=False)


@pytest.mark.parametrize("answer", [*ANSWERS, None])
def test_an_order_that_is_not_in_the_book_is_sent_again_after_a_dozen_looks_and_not_as_it_was(
    kite: FakeKite, tmp_path: Path, answer: Exception | None
) -> None:
    one = trader(kite, tmp_path / "journal")
    kite.answers, kite.arrives = [answer], False
    looked(one, 2)
    kite.arrives = True
    looked(one, 11)
    assert kite.sent() == []
    looked(one, 1)
    assert kite.sent() == [("BUY", 10, round(ASK + 0.1, 1))]


def test_an_order_that_appears_late_is_counted(kite: FakeKite, tmp_path: Path) -> None:
    one = trader(kite, tmp_path / "journal")
    looked(one, 2)
    late, kite.rows = kite.rows, []
    assert looked(one, 12, buying=False)
    kite.rows = late
    looked(one, 1, buying=False)
    assert kite.sent()[1:] == [("SELL", 10, BID)]


def test_a_stale_read_takes_nothing_back(kite: FakeKite, tmp_path: Path) -> None:
    one = trader(kite, tmp_path / "journal")
    looked(one, 2)
    (row,) = kite.rows
    looked(one, 1, buying=False)
    kite.rows[0] = {**row, "status": "OPEN", "filled_quantity": 0}
    assert looked(one, 1, buying=False)
    assert kite.cancelled == []


def test_what_a_part_left_is_cancelled_after_a_while_and_the_part_is_sold(kite: FakeKite, tmp_path: Path) -> None:
    one = trader(kite, tmp_path / "journal")
    looked(one, 2)
    kite.rows[0] |= {"status": "OPEN", "filled_quantity": 4}
    looked(one, 3)
    assert kite.cancelled == []
    looked(one, 1)
    assert kite.cancelled == ["0"]
    kite.rows[0]["status"] = "CANCELLED"
    looked(one, 1)
    assert kite.sent()[1:] == [("SELL", 4, BID)]


def test_orders_of_others_are_none_of_its_business_and_those_of_the_broker_are(kite: FakeKite, tmp_path: Path) -> None:
    one = trader(kite, tmp_path / "journal")
    looked(one, 2)
    theirs = {**kite.rows[0], "order_id": "theirs", "tag": "byhand"}
    closed = {**kite.rows[0], "order_id": "closed", "tag": None, "placed_by": "ADMINSQF", "transaction_type": "SELL"}
    kite.rows += [theirs, closed]
    assert looked(one, 1, buying=False)


def test_nothing_is_bought_without_a_tick_that_says_the_same(kite: FakeKite, tmp_path: Path) -> None:
    one = trader(kite, tmp_path / "journal")
    one.step(buying=True)
    one.step(buying=True)
    tick(one, BID * 1.02)
    one.step(buying=True)
    assert kite.sent() == []
    tick(one)
    one.step(buying=True)
    assert kite.sent() == [("BUY", 10, ASK)]


def test_another_session_and_another_instrument_token_have_another_socket(kite: FakeKite, tmp_path: Path) -> None:
    one = trader(kite, tmp_path / "journal", iter(["first", "second"]).__next__)
    tickers: list[Any] = []
    for access_token, instrument_token in ((None, 7), (None, 7), ("second", 8), ("second", 8)):
        kite.access_token, kite.token = access_token, instrument_token
        one.step(buying=False)
        tickers.append(one._ticker)
    assert [ticker.token for ticker in tickers] == ["first", "second", "second", "second"]
    assert len({id(ticker) for ticker in tickers}) == 3


def test_a_dead_token_is_used_once_and_a_login_that_fails_is_tried_again(
    kite: FakeKite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Exception | str] = [OSError("down"), "first", OSError("down"), "second"]
    refused = [told.TokenException("dead", code=403)]

    def log_in() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def orders() -> list[dict[str, Any]]:
        if refused:
            raise refused.pop()
        return []

    monkeypatch.setattr(kite, "orders", orders)
    trader(kite, tmp_path / "journal", log_in).trade(0.0)
    assert (kite.access_token, answers, refused) == ("second", [], [])


def test_another_process_finds_its_orders_by_the_journal(kite: FakeKite, tmp_path: Path) -> None:
    looked(trader(kite, tmp_path / "journal"), 2)
    assert looked(trader(kite, tmp_path / "journal"), 2, buying=False)
    assert [side for side, *_ in kite.sent()] == ["BUY", "SELL"]

"""The calls of the official client's own suites that change something, by their names, against a running sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fakes.kite_client import SHARE, opened, priced, settled
from kiteconnect import exceptions as told

MIS = {**SHARE, "variety": "regular", "product": "MIS"}
LEG = {"transaction_type": "BUY", "quantity": 1, "order_type": "LIMIT", "product": "CNC"}


@pytest.fixture(scope="module")
def kite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with opened(tmp_path_factory.mktemp("kite")) as (_, client):
        yield client


@pytest.fixture(scope="module")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """With the rules of the days in which the suites were written."""
    with opened(tmp_path_factory.mktemp("legacy"), "legacy = true") as (_, client):
        yield client


def resting(kite: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    """An order that waits below the market."""
    number = kite.place_order(**{**MIS, "order_type": "LIMIT", "price": priced(kite, -1), **more})
    return number, settled(kite, number)


def test_place_order_market_regular(kite: Any) -> None:
    row = settled(kite, kite.place_order(**MIS, order_type="MARKET", market_protection=-1), "COMPLETE")
    assert (row["product"], row["variety"], row["filled_quantity"]) == ("MIS", "regular", 1)
    assert (row["order_type"], row["tags"][0]) == ("LIMIT", "mktp")


def test_market_protection(kite: Any) -> None:
    assert settled(
        kite, kite.place_order(**MIS, order_type="MARKET", market_protection=kite.MARKET_PROTECTION_AUTO), "COMPLETE"
    )
    with pytest.raises(told.InputException, match="Market orders without market protection are not allowed via API"):
        kite.place_order(**MIS, order_type="MARKET")


def test_place_order_limit_regular(kite: Any) -> None:
    number, row = resting(kite)
    assert (row["product"], row["variety"], row["status"]) == ("MIS", "regular", "OPEN")
    kite.cancel_order("regular", number)


def test_place_order_sl_regular(kite: Any) -> None:
    trigger = priced(kite, 2)
    number = kite.place_order(**MIS, order_type="SL", trigger_price=trigger, price=trigger + 5)
    row = settled(kite, number)
    assert (row["status"], row["trigger_price"], row["price"]) == ("TRIGGER PENDING", trigger, trigger + 5)
    kite.cancel_order("regular", number)


def test_place_order_slm_regular(kite: Any, legacy: Any) -> None:
    trigger = priced(kite, 2)
    row = settled(
        kite, kite.place_order(**MIS, order_type="SL-M", trigger_price=trigger, market_protection=-1), "TRIGGER PENDING"
    )
    assert (row["order_type"], row["trigger_price"]) == ("SL", trigger)
    kite.cancel_order("regular", row["order_id"])
    row = settled(legacy, legacy.place_order(**MIS, order_type="SL-M", trigger_price=trigger), "TRIGGER PENDING")
    assert (row["order_type"], row["trigger_price"], row["price"]) == ("SL-M", trigger, 0)


def test_place_order_tag(kite: Any) -> None:
    number, row = resting(kite, tag="mytag")
    assert kite.order_history(order_id=number)[0]["tag"] == "mytag"
    assert row["tags"] == ["mytag"]
    kite.cancel_order("regular", number)


def test_place_order_co_market(kite: Any, legacy: Any) -> None:
    for client, protection, product in ((kite, -1, "MIS"), (legacy, None, "CO")):
        order = {**MIS, "variety": "co", "order_type": "MARKET", "trigger_price": priced(client, -1)}
        row = settled(client, client.place_order(**order, market_protection=protection), "COMPLETE")
        assert (row["product"], row["variety"]) == (product, "co")


def test_place_order_co_limit(legacy: Any) -> None:
    number = legacy.place_order(**{**MIS, "variety": "co", "order_type": "LIMIT", "trigger_price": priced(legacy, -1)})
    assert (settled(legacy, number)["product"], settled(legacy, number)["variety"]) == ("CO", "co")


def test_place_autoslice_order(kite: Any) -> None:
    order = {**MIS, "exchange": "NFO", "tradingsymbol": "NIFTY26NOVFUT", "order_type": "MARKET"}
    answer = kite.place_autoslice_order(**{**order, "quantity": 65 * 40, "market_protection": -1})
    assert len(answer["children"]) == 2
    rows = [kite.order_history(one["order_id"])[-1] for one in answer["children"]]
    assert [row["quantity"] for row in rows] == [1_755, 845]
    assert all(f"autoslice:{answer['order_id']}" in row["tags"] for row in rows)
    with pytest.raises(told.InputException, match="Autoslice is allowed only for orders above the freeze quantity"):
        kite.place_autoslice_order(**{**order, "quantity": 65, "market_protection": -1})


def test_order_cancel_regular(kite: Any) -> None:
    number, row = resting(kite)
    assert kite.cancel_order("regular", number) == number
    row = settled(kite, number, "CANCELLED")
    assert (row["cancelled_quantity"], row["filled_quantity"]) == (1, 0)
    with pytest.raises(told.OrderException, match="already cancelled"):
        kite.cancel_order("regular", number)


def test_order_modify_limit_regular(kite: Any) -> None:
    number, row = resting(kite)
    assert kite.modify_order("regular", number, quantity=2, price=row["price"] - 1) == number
    after = settled(kite, number, "OPEN")
    statuses = [one["status"] for one in kite.order_history(number)]
    assert statuses[4:] == ["MODIFY VALIDATION PENDING", "MODIFY PENDING", "MODIFIED", "OPEN"]
    assert (after["quantity"], after["price"], after["modified"]) == (2, row["price"] - 1, True)
    kite.cancel_order("regular", number)


def test_modify_order_market_protection(kite: Any) -> None:
    number, _ = resting(kite)
    with pytest.raises(told.InputException, match="without market protection"):
        kite.modify_order("regular", number, order_type="MARKET")
    assert kite.modify_order("regular", number, order_type="MARKET", market_protection=-1) == number
    assert settled(kite, number, "COMPLETE")["filled_quantity"] == 1


def test_order_cancel_amo(legacy: Any, kite: Any) -> None:
    number, row = resting(legacy, variety="amo")
    assert row["variety"] == "amo"
    assert legacy.cancel_order("amo", number) == number
    settled(legacy, number, "CANCELLED")
    with pytest.raises(told.OrderException, match=r"\(AMO\) cannot be placed during market hours"):
        resting(kite, variety="amo")


def test_order_modify_limit_amo(legacy: Any) -> None:
    number, row = resting(legacy, variety="amo")
    legacy.modify_order("amo", number, quantity=2, price=row["price"] - 1)
    after = settled(legacy, number, "OPEN")
    while after["quantity"] == 1:
        after = settled(legacy, number, "OPEN")
    assert (after["quantity"], after["price"]) == (2, row["price"] - 1)
    legacy.cancel_order("amo", number)


def test_exit_order_co_market_leg(kite: Any) -> None:
    order = {**MIS, "variety": "co", "order_type": "MARKET", "trigger_price": priced(kite, -1), "market_protection": -1}
    main = kite.place_order(**order)
    settled(kite, main, "COMPLETE")
    leg = next(row for row in kite.orders() if row["parent_order_id"] == main)
    settled(kite, leg["order_id"], "TRIGGER PENDING")
    kite.exit_order("co", leg["order_id"], parent_order_id=main)
    assert settled(kite, leg["order_id"], "COMPLETE")["transaction_type"] == "SELL"


def test_cancel_order_co_limit(kite: Any) -> None:
    stop = priced(kite, -2)
    number, row = resting(kite, variety="co", trigger_price=stop)
    assert row["status"] == "OPEN"
    kite.cancel_order("co", number)
    assert settled(kite, number, "CANCELLED")["filled_quantity"] == 0


def test_convert_position(kite: Any) -> None:
    before = {row["product"]: row["quantity"] for row in kite.positions()["net"] if row["tradingsymbol"] == "RELIANCE"}
    settled(kite, kite.place_order(**MIS, order_type="MARKET", market_protection=-1), "COMPLETE")
    assert kite.convert_position("NSE", "RELIANCE", "BUY", "day", 1, "MIS", "CNC") is True
    after = {row["product"]: row["quantity"] for row in kite.positions()["net"] if row["tradingsymbol"] == "RELIANCE"}
    assert (after["MIS"], after["CNC"]) == (before.get("MIS", 0), 1)


# GTT ---------------------------------------------------------------------------------------------------


@pytest.fixture
def trigger(kite: Any) -> Iterator[int]:
    """A trigger that nothing meets."""
    last, price = priced(kite, 0), priced(kite, -5)
    placed = kite.place_gtt(kite.GTT_TYPE_SINGLE, "RELIANCE", "NSE", [price], last, [{**LEG, "price": price}])
    yield placed["trigger_id"]
    if any(row["id"] == placed["trigger_id"] and row["status"] == "active" for row in kite.get_gtts()):
        kite.delete_gtt(placed["trigger_id"])


def test_place_gtt(trigger: int) -> None:
    assert trigger > 0


def test_get_gtts(kite: Any, trigger: int) -> None:
    assert trigger in {row["id"] for row in kite.get_gtts() if row["status"] == "active"}


def test_get_gtt(kite: Any, trigger: int) -> None:
    row = kite.get_gtt(trigger)
    assert (row["id"], row["type"], row["condition"]["tradingsymbol"]) == (trigger, "single", "RELIANCE")
    assert row["orders"][0]["quantity"] == 1


def test_modify_gtt(kite: Any, trigger: int) -> None:
    last, price = priced(kite, 0), priced(kite, -6)
    changed = kite.modify_gtt(
        trigger, kite.GTT_TYPE_SINGLE, "RELIANCE", "NSE", [price], last, [{**LEG, "price": price, "quantity": 3}]
    )
    assert changed["trigger_id"] == trigger
    row = kite.get_gtt(trigger)
    assert (row["condition"]["trigger_values"], row["orders"][0]["quantity"]) == ([price], 3)


def test_delete_gtt(kite: Any, trigger: int) -> None:
    assert kite.delete_gtt(trigger)["trigger_id"] == trigger
    assert trigger not in {row["id"] for row in kite.get_gtts() if row["status"] == "active"}

"""The account at Zerodha's sandbox: what is held and can be spent, what orders cost, what triggers leave behind."""

from __future__ import annotations

import csv
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from fakes.zerodha import OPEN, Trader, intent, trading, until

from friday_core.api import ExecutedOrder, InDoubt, InstrumentId, OrderType, Outcome, Product, Refused, Side
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha.commands import JOURNAL, commands_of
from friday_plugins.zerodha.gtt import Gtt, Gtts, Leg, standing_of
from friday_plugins.zerodha.margins import funds_of, required_for
from friday_plugins.zerodha.notes import DayNotes, compared, executed, zerodha_estimate

LIMIT = OrderType.LIMIT
INFY = InstrumentId("INFY", "NSE")
#: Settled and on their way, as the day begins.
HELD = """[market]
always_open = true
[sessions]
quotes_per_second = 1000
[rules]
parts = 3
cash = 500000.0
commodity_cash = 100000.0
holdings = [
    { key = "NSE:INFY", quantity = 10, average = 1400.0, t1 = 5 },
    { key = "NSE:SBIN", quantity = 0, average = 800.0, t1 = 4 },
    { key = "NSE:ITC", quantity = 100, average = 400.0 },
]
"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KiteSandbox]:
    with KiteSandbox(tmp_path_factory.mktemp("bank"), HELD) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def trader(bank: KiteSandbox) -> Iterator[Trader]:
    with trading(bank, product="delivery", check_margins=True) as one:
        yield one


def held(trader: Trader) -> dict[str, int]:
    return {str(name): quantity for name, quantity in trader.broker.positions().items()}


def last_price(trader: Trader, symbol: str = "INFY") -> Decimal:
    """In rupees."""
    return Decimal(str(trader.connection.api().ltp(f"NSE:{symbol}")[f"NSE:{symbol}"]["last_price"]))


def asked(trader: Trader, *words: str) -> tuple[int, str]:
    """``friday vendor zerodha`` with these words."""
    group = click.Group("zerodha", commands={str(one.name): one for one in commands_of(trader.connection)})
    result = CliRunner().invoke(group, words)
    return result.exit_code, result.output


def test_settled_and_unsettled_shares_count_and_what_is_sold_of_them_no_more(trader: Trader) -> None:
    assert held(trader) == {"INFY.NSE": 15, "SBIN.NSE": 4, "ITC.NSE": 100}
    trader.send(1, "INFY.NSE", Side.SELL, quantity=12)
    trader.wait(1, "filled")
    assert held(trader)["INFY.NSE"] == 3
    trader.send(2, "TCS.NSE", quantity=2)
    trader.send(3, "TCS.NSE", Side.SELL, quantity=1, product="intraday")
    for number in (2, 3):
        trader.wait(number, "filled")
    assert held(trader) == {"INFY.NSE": 3, "SBIN.NSE": 4, "ITC.NSE": 100, "TCS.NSE": 1}
    trader.send(4, "TCS.NSE", quantity=1, product="intraday")  # what is spent does not change with the next tick
    trader.wait(4, "filled")
    assert held(trader)["TCS.NSE"] == 2


def test_fault_17_no_more_shares_are_sold_than_there_are(trader: Trader) -> None:
    before = len(trader.requests("POST", "/orders"))
    with pytest.raises(Refused, match="5 of SBIN are to be delivered as CNC, and 4 are there"):
        trader.send(10, "SBIN.NSE", Side.SELL, quantity=5)
    assert len(trader.requests("POST", "/orders")) == before
    far = int(last_price(trader, "SBIN") * 105 / 100) * 100
    trader.send(11, "SBIN.NSE", Side.SELL, quantity=3, type=LIMIT, limit_price=far)
    trader.wait(11, "open")
    with pytest.raises(Refused, match="2 of SBIN are to be delivered as CNC, and 1 are there"):
        trader.send(12, "SBIN.NSE", Side.SELL, quantity=2, type=LIMIT, limit_price=far)
    trader.cancel(11)
    trader.wait(11, "cancelled")
    trader.send(13, "SBIN.NSE", Side.SELL, quantity=4)
    trader.wait(13, "filled")


def test_an_entry_above_what_can_be_spent_is_not_sent(trader: Trader) -> None:
    before = len(trader.requests("POST", "/orders"))
    with pytest.raises(Refused, match=r"its margin is [0-9,.]+ rupees, and [0-9,.]+ can be spent"):
        trader.send(20, quantity=1_000)
    assert len(trader.requests("POST", "/orders")) == before
    trader.sandbox.fail("error", path="/margins", code=400, error_type="InputException", words="No.", times=1)
    with pytest.raises(Refused, match="basket_order_margins"):
        trader.send(21, quantity=1)


def test_funds_and_margins_are_those_of_kite(trader: Trader) -> None:
    funds, state = funds_of(trader.connection), trader.sandbox.state()["margins"]["equity"]
    assert funds.net == round(state["net"] * 100) == trader.broker.cash()
    form = {
        "variety": "regular", "exchange": "NSE", "tradingsymbol": "TCS", "transaction_type": "BUY", "quantity": 10,
        "product": "CNC", "order_type": "LIMIT", "price": "3000.50",
    }  # fmt: skip
    assert required_for(trader.connection, [form]).together == 10 * 300_050
    found = {one.check: one for one in trader.broker.preflight()}
    assert (found["money"].outcome, found["money"].evidence) == (Outcome.OK, str(funds))
    assert "ITC.NSE +100" in found["holdings"].evidence
    code, told = asked(trader, "funds")
    assert (code, "ITC.NSE: +100" in told, f"{funds.net / 100:,.2f} rupees" in told) == (0, True, True)
    code, told = asked(trader, "margin", "buy", "10", "TCS.NSE", "--product", "delivery", "--price", "3000.50")
    assert (code, told.startswith("30,005.00 rupees")) == (0, True)


def test_commodities_are_refused_with_a_word(trader: Trader) -> None:
    listing = trader.connection.instruments()
    gold = next(row for row in listing._by_key.values() if row.exchange == "MCX")
    with pytest.raises(Refused, match=r"what a lot on MCX is worth is in no list of Kite's: orders go to BFO, BSE"):
        trader.broker.send([intent(30, f"{gold.symbol}.MCX", quantity=1, product="normal")])


def test_charges_agree_with_the_contract_note_to_the_paisa(trader: Trader, tmp_path: Path) -> None:
    trader.send(40, "ITC.NSE", quantity=37, product="intraday")
    trader.wait(40, "filled")
    notes = DayNotes(trader.connection, trader.broker._listed_of, None, tmp_path)
    charges = notes.take()
    assert len(charges) >= 6 * 4
    assert [str(one) for one in charges if one.differs] == []
    assert sum(one.kite for one in charges) > 0
    with (tmp_path / "charges_at_kite.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), {row["differs"] for row in rows}) == (len(charges), {"false"})
    assert notes.files == {"charges beside Kite's": str(tmp_path / "charges_at_kite.csv")}
    code, told = asked(trader, "charges")
    assert (code, f"0 of {len(charges)} lines differ" in told) == (0, True)


def test_a_line_that_is_a_paisa_off_is_told(trader: Trader) -> None:
    exact = zerodha_estimate()

    def dearer(order: ExecutedOrder) -> dict[str, Decimal]:
        lines = dict(exact(order))
        if order.instrument.id.symbol == "TCS" and order.quantity == 2:
            lines["stamp"] += Decimal("0.01")
        return lines

    found = compared(
        trader.connection, executed(trader.connection), trader.broker._listed_of, estimate=dearer
    )  # fmt: skip
    (one,) = [one for one in found if one.differs]
    assert (one.line, one.instrument.symbol, one.ours) == ("stamp_duty", "TCS", one.kite + Decimal("0.01"))
    assert "stamp_duty" in str(one)


def gtt_of(trader: Trader, *percents: int, side: Side = Side.SELL, quantity: int = 3) -> Gtt:
    """Triggers so many per cent off the latest price, and their limits a rupee worse."""
    last = last_price(trader)
    triggers = [(last * (100 + percent) / 100) // 1 for percent in percents]
    legs = tuple(Leg(one, one - side.sign * -1) for one in triggers)
    return Gtt(INFY, side, quantity, Product.DELIVERY, legs)


@pytest.fixture
def gtts(trader: Trader, tmp_path: Path) -> Gtts:
    return Gtts(trader.connection, tmp_path / JOURNAL, pause=0.2)


def noted(tmp_path: Path) -> list[str]:
    return [json.loads(line)["what"] for line in (tmp_path / JOURNAL).read_text("utf-8").splitlines()]


def test_a_trigger_is_placed_changed_listed_and_deleted(trader: Trader, gtts: Gtts, tmp_path: Path) -> None:
    one, both = gtts.place(gtt_of(trader, -5)), gtts.place(gtt_of(trader, -5, 6))
    assert [row["type"] for row in gtts.rows()] == ["single", "two-leg"]
    gtts.modify(one, gtt_of(trader, -7, quantity=2))
    assert gtts.row(one)["orders"][0]["quantity"] == 2
    code, told = asked(trader, "gtt", "list")
    assert (code, f"{both} INFY.NSE: sell 3 at" in told, ": active" in told) == (0, True, True)
    for number in (one, both):
        gtts.delete(number)
    assert gtts.rows() == []
    with pytest.raises(Refused, match="deleted"):
        gtts.delete(one)
    wanted = ["place", "done"] * 2 + ["modify", "done"] + ["delete", "done"] * 2 + ["delete", "refused"]
    assert noted(tmp_path) == wanted
    assert (tmp_path / JOURNAL).stat().st_mode & 0o777 == 0o600


def test_a_person_places_and_deletes_by_commands(trader: Trader) -> None:
    last = last_price(trader)
    stop, target = (last * 95 / 100) // 1, (last * 105 / 100) // 1
    terms = ["sell", "2", "INFY.NSE", "--leg", str(target), str(target), "--leg", str(stop), str(stop - 1)]
    code, told = asked(trader, "gtt", "place", *terms)
    assert (code, told.startswith("placed ")) == (0, True)
    number = told.split()[1]
    assert trader.connection.read("get_gtt", int(number))["condition"]["trigger_values"] == [float(stop), float(target)]
    code, told = asked(trader, "gtt", "delete", number)
    assert (code, told) == (0, f"deleted {number}\n")
    code, told = asked(trader, "gtt", "place", "sell", "2", "INFY.NSE", "--leg", "free", "1")
    assert (code, "is not a valid" in told or "Invalid value" in told) == (2, True)


def test_a_trigger_that_kite_would_refuse_is_not_sent(trader: Trader, gtts: Gtts) -> None:
    last, before = last_price(trader), len(trader.requests("POST", "/gtt"))
    near = Gtt(INFY, Side.SELL, 1, Product.DELIVERY, (Leg(last, last),))
    with pytest.raises(Refused, match=r"nearer than 0\.25%"):
        gtts.place(near)
    with pytest.raises(Refused, match="one lies below and one above"):
        gtts.place(gtt_of(trader, 5, 6))
    with pytest.raises(Refused, match="intraday positions do not live"):
        gtts.place(gtt_of(trader, -5)._replace(product=Product.INTRADAY))
    with pytest.raises(Refused, match="no multiple of the tick"):
        gtts.place(gtt_of(trader, -5)._replace(legs=(Leg(Decimal("1000.003"), Decimal(1000)),)))
    assert len(trader.requests("POST", "/gtt")) == before


def test_a_trigger_whose_answer_is_lost_is_found_and_not_placed_again(
    trader: Trader, gtts: Gtts, tmp_path: Path
) -> None:
    before = len(trader.requests("POST", "/gtt"))
    trader.sandbox.fail("lost_answer", method="POST", path="/gtt", times=1)
    number = gtts.place(gtt_of(trader, -8))
    assert [row["id"] for row in gtts.rows()] == [number]
    trader.sandbox.fail("lost_request", method="POST", path="/gtt", times=1)
    with pytest.raises(InDoubt, match="it is not in Kite's list"):
        gtts.place(gtt_of(trader, -9))
    assert len(trader.requests("POST", "/gtt")) == before + 2
    assert noted(tmp_path) == ["place", "done", "place", "in doubt"]
    gtts.delete(number)


def test_fault_16_a_trigger_that_was_met_tells_whether_its_order_stands(trader: Trader, gtts: Gtts) -> None:
    bought = gtts.place(gtt_of(trader, 2, side=Side.BUY, quantity=1))
    beyond = gtt_of(trader, 2, side=Side.BUY, quantity=1)
    wild = gtts.place(beyond._replace(legs=(Leg(beyond.legs[0].trigger, beyond.legs[0].trigger * 3),)))
    trader.sandbox.happen("gap", symbol="INFY", percent=3)
    until(trader.sandbox, lambda: {gtts.row(one)["status"] for one in (bought, wild)} == {"triggered"})
    good, bad = (standing_of(gtts.row(one)) for one in (bought, wild))
    assert (good.failed, len(good.orders)) == ("", 1)
    assert ("circuit limit" in bad.failed, bad.orders) == (True, ())
    assert "its order FAILED" in asked(trader, "gtt", "list")[1]
    # What traded is nobody's of Friday's, and stands in the account.
    until(trader.sandbox, lambda: any(row["order_id"] == good.orders[0] for row in trader.sandbox.state()["orders"]))
    assert [one.tag for one in trader.broker.orders() if one.number == good.orders[0]] == [""]


def test_postbacks_are_hints_and_those_of_others_are_turned_away(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with KiteSandbox(tmp_path / "told", f'{OPEN}[sessions]\npostback_url = "{url}"\n') as sandbox:
        with trading(sandbox, poll=60.0, postback_port=port) as trader:
            listener = trader.broker._postbacks
            assert listener is not None
            trader.send(1)
            trader.wait(1, "filled", 8.0)
            until(sandbox, lambda: listener.taken >= 1)
            for body in (b"", b"{}", b'{"order_id":"1","order_timestamp":"x","checksum":"00"}', b"\xff" * 70_000):
                with pytest.raises(urllib.error.HTTPError, match="403"):
                    urllib.request.urlopen(urllib.request.Request(url, body, method="POST"), timeout=5)
            assert listener.wrong == 2
        with pytest.raises(urllib.error.URLError, match="refused"):
            urllib.request.urlopen(url, timeout=2)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])

"""No order in derivatives is larger than the exchange takes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes.schedules import day

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, Side
from friday_core.interfaces.risk_rule import Proposal, Ruling
from friday_core.testing.doubles import book_view
from friday_plugins.risk_rules.freeze_quantity import FreezeQuantity


def asked(
    quantity: int, symbol: str = "NIFTY25NOVFUT", *, held: int = 0, on: str = "2025-11-10", **settings: Any
) -> Ruling:
    exchange, kind = ("NFO", "future") if symbol.endswith("FUT") else ("NSE", "equity")
    instrument = Instrument(InstrumentId(symbol, exchange), "INR", kind=kind)
    order = Order(instrument.id, Side.BUY, quantity)
    proposal = Proposal(order, instrument, 100_00, held, held + quantity, day(on))
    return FreezeQuantity(FreezeQuantity.Settings(**settings)).check(proposal, book_view())


@pytest.mark.parametrize(
    ("symbol", "on", "most"),
    [
        ("NIFTY25NOVFUT", "2025-11-10", 1800),
        ("BANKNIFTY25NOVFUT", "2025-11-10", 600),
        ("BANKNIFTY25SEPFUT", "2025-09-10", 900),
    ],
)
def test_an_order_is_cut_to_the_quantity_of_its_day(symbol: str, on: str, most: int) -> None:
    assert asked(most, symbol, on=on) == Ruling(most)
    ruling = asked(most + 1, symbol, on=on)
    assert (ruling.quantity, ruling.code) == (most, "FREEZE_QUANTITY")
    assert ruling.detail == f"the exchange takes {most} of {symbol.partition('2')[0]} at once"


def test_a_month_that_nobody_read_about_adds_nothing() -> None:
    ruling = asked(75, "NIFTY25OCTFUT", on="2025-10-10")
    assert (ruling.quantity, ruling.code) == (0, "FREEZE_UNKNOWN")
    assert "no freeze quantity of NIFTY on 2025-10-10" in ruling.detail
    assert ruling.detail.endswith("or write NIFTY into otherwise")


def test_such_a_month_can_be_assumed() -> None:
    assert asked(1000, "NIFTY25OCTFUT", on="2025-10-10", otherwise={"NIFTY": 900}).quantity == 900
    assert asked(2000, on="2025-11-10", otherwise={"NIFTY": 900}).quantity == 1800


def test_what_reduces_passes_whole() -> None:
    assert asked(2000, held=-2000) == Ruling(2000)
    assert asked(2500, held=-2000).quantity == 2000
    assert asked(2500, held=-1000).quantity == 1800
    assert asked(75, "NIFTY25OCTFUT", on="2025-10-10", held=-50).quantity == 50


def test_shares_pass() -> None:
    assert asked(1_000_000, "INFY") == Ruling(1_000_000)


def test_a_contract_whose_symbol_says_nothing_is_asked_for_by_its_symbol() -> None:
    assert asked(10, "ODDFUT").code == "FREEZE_UNKNOWN"
    assert asked(10, "ODDFUT", otherwise={"ODDFUT": 10}) == Ruling(10)


def test_a_file_of_ones_own_goes_before_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "facts.toml"
    own.write_text(
        'name = "mine"\nchecked = 2025-10-01\nknown_until = 2025-10-31\n[[freeze]]\nquantities = { NIFTY = 1200 }\n'
        'from = 2025-10-01\nuntil = 2025-10-31\nsource = "a circular"\ncertainty = "certain"\n'
    )
    assert asked(1500, "NIFTY25OCTFUT", on="2025-10-10", file=own).quantity == 1200

"""Lots, ticks and freeze quantities as of a day; what no row answers for is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from friday_core.errors import DataError, DataSourceError
from friday_core.market.instruments.dated_facts import InstrumentFacts, instrument_facts, instrument_tables
from friday_core.market.instruments.dated_file import read_facts
from friday_core.market.instruments.dated_rows import TickKind

HEAD = 'name = "own"\nchecked = 2026-11-20\nknown_until = 2027-12-31\n'
SOURCE = 'source = "a circular"\ncertainty = "certain"\n'


@pytest.fixture(scope="module")
def facts() -> InstrumentFacts:
    return instrument_facts()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def own(folder: Path, *tables: str, head: str = HEAD) -> Path:
    path = folder / "own.toml"
    path.write_text(head + "".join(f"\n{table}\n{SOURCE}" for table in tables))
    return path


@pytest.mark.parametrize(
    ("underlying", "on", "expiry", "lot"),
    [
        ("NIFTY", "2021-04-01", "2021-07-15", 75),
        ("NIFTY", "2021-05-03", "2021-07-29", 50),
        ("NIFTY", "2021-06-24", "2021-12-30", 75),
        ("NIFTY", "2021-06-25", "2021-12-30", 50),
        ("NIFTY", "2024-04-25", "2024-05-02", 50),
        ("NIFTY", "2024-04-26", "2024-05-02", 25),
        ("NIFTY", "2024-12-18", "2024-12-19", 25),
        ("NIFTY", "2024-12-18", "2025-01-02", 75),
        ("NIFTY", "2025-01-20", "2025-01-30", 25),
        ("NIFTY", "2024-12-18", "2025-02-27", 75),
        ("NIFTY", "2024-12-26", "2025-03-27", 25),
        ("NIFTY", "2024-12-27", "2025-03-27", 75),
        ("NIFTY", "2025-11-14", "2025-12-30", 75),
        ("NIFTY", "2025-11-14", "2026-01-27", 65),
        ("NIFTY", "2025-11-14", "2026-03-31", 75),
        ("NIFTY", "2026-08-21", "2026-08-25", 65),
        ("BANKNIFTY", "2023-05-02", "2023-07-27", 15),
        ("BANKNIFTY", "2023-07-20", "2023-07-20", 25),
        ("BANKNIFTY", "2025-06-02", "2025-06-26", 30),
        ("BANKNIFTY", "2025-06-02", "2025-07-31", 35),
        ("BANKNIFTY", "2026-08-21", "2026-08-25", 30),
        ("FINNIFTY", "2024-08-01", "2024-08-06", 25),
        ("FINNIFTY", "2026-08-21", "2026-08-25", 60),
        ("MIDCPNIFTY", "2025-11-14", "2026-01-27", 120),
        ("MIDCPNIFTY", "2025-11-14", "2025-12-30", 140),
        ("NIFTYNXT50", "2026-08-21", "2026-08-25", 25),
        ("SENSEX", "2025-01-02", "2025-01-03", 10),
        ("SENSEX", "2025-01-02", "2025-01-07", 20),
        ("SENSEX", "2026-08-21", "2026-08-27", 20),
        ("BANKEX", "2025-06-02", "2025-06-24", 30),
    ],
)
def test_a_lot_is_that_of_the_contract_on_the_day(
    facts: InstrumentFacts, underlying: str, on: str, expiry: str, lot: int
) -> None:
    assert facts.lot_size(underlying, day(expiry), day(on)) == lot


@pytest.mark.parametrize(
    ("kind", "close", "on", "tick"),
    [
        ("share", "100", "2024-06-09", "0.05"),
        ("share", "249.99", "2024-06-10", "0.01"),
        ("share", "250", "2024-06-10", "0.05"),
        ("share", "30000", "2025-04-14", "0.05"),
        ("share", "1000", "2025-04-15", "0.05"),
        ("share", "1000.01", "2025-04-15", "0.10"),
        ("share", "5000.01", "2025-04-15", "0.50"),
        ("share", "10000.01", "2025-04-15", "1"),
        ("share", "20000.01", "2025-04-15", "5"),
        ("stock_future", "100", "2024-07-07", "0.05"),
        ("stock_future", "100", "2024-07-08", "0.01"),
        ("index_future", "15000", "2026-08-21", "0.05"),
        ("index_future", "25000", "2026-08-21", "0.10"),
        ("index_future", "55000", "2026-08-21", "0.20"),
        ("index_future", "55000", "2025-04-14", "0.05"),
        ("option", "55000", "2026-08-21", "0.05"),
        ("etf", "300", "2026-08-21", "0.01"),
    ],
)
def test_a_tick_is_that_of_the_close_and_the_day(
    facts: InstrumentFacts, kind: TickKind, close: str, on: str, tick: str
) -> None:
    assert facts.tick_size(kind, close, day(on)) == Decimal(tick)


@pytest.mark.parametrize(
    ("underlying", "on", "quantity"),
    [
        ("BANKNIFTY", "2025-08-31", 600),
        ("BANKNIFTY", "2025-09-01", 900),
        ("FINNIFTY", "2025-12-15", 1200),
        ("MIDCPNIFTY", "2026-02-28", 2800),
    ],
)
def test_a_freeze_quantity_is_that_of_the_month(
    facts: InstrumentFacts, underlying: str, on: str, quantity: int
) -> None:
    assert facts.freeze_quantity(underlying, day(on)) == quantity
    assert facts.known_freeze_quantity(underlying, day(on)) == quantity


def test_a_month_of_which_nobody_knows_the_freeze_quantity_is_refused(facts: InstrumentFacts) -> None:
    assert facts.known_freeze_quantity("NIFTY", day("2026-03-02")) is None
    message = (
        "no freeze quantity of NIFTY on 2026-03-02 in freeze_quantities, which answers for 2024-08-01 to 2024-08-31; "
        "2025-07-01 to 2025-09-30; 2025-11-03 to 2025-11-30; 2026-02-01 to 2026-02-28\n    mend: read it in the day's"
    )
    with pytest.raises(DataError, match=message):
        facts.freeze_quantity("NIFTY", day("2026-03-02"))


def test_a_day_that_no_row_covers_is_refused_and_not_answered_with_the_nearest(facts: InstrumentFacts) -> None:
    with pytest.raises(
        DataError, match="no lot of NIFTY contracts that expire on 2015-01-29 on 2015-01-02 in lot_sizes, "
    ):
        facts.lot_size("NIFTY", day("2015-01-29"), day("2015-01-02"))
    with pytest.raises(
        DataError, match="no tick of kind share at 100 on 2027-06-01 in tick_sizes, which answers for 200"
    ):
        facts.tick_size("share", "100", day("2027-06-01"))


def test_a_contract_that_no_row_covers_on_a_day_of_others_is_refused(facts: InstrumentFacts) -> None:
    with pytest.raises(DataError, match="which has rows for that day, but none for this"):
        facts.lot_size("SENSEX", day("2025-03-25"), day("2024-12-02"))


def test_an_underlying_that_there_is_not_is_answered_with_the_nearest(facts: InstrumentFacts) -> None:
    with pytest.raises(DataError, match="in lot_sizes; did you mean BANKNIFTY"):
        facts.lot_size("BANKNIFT", day("2026-08-25"), day("2026-08-21"))


def test_a_file_of_one_s_own_goes_before_what_is_shipped(tmp_path: Path) -> None:
    quantities = "[[freeze]]\nquantities = { NIFTY = 900 }\nfrom = 2026-02-01\nuntil = 2026-03-31"
    facts = instrument_facts(own(tmp_path, quantities))
    assert facts.freeze_quantity("NIFTY", day("2026-02-02")) == 900
    assert facts.freeze_quantity("NIFTY", day("2026-03-02")) == 900
    assert facts.freeze_quantity("BANKNIFTY", day("2026-02-02")) == 600


def test_two_rows_that_answer_for_the_same_are_a_fault_with_both_lines(tmp_path: Path) -> None:
    first = '[[lots]]\nunderlying = "X"\nlot = 5\nfrom = 2026-01-01'
    second = '[[lots]]\nunderlying = "X"\nlot = 6\nexpiry_from = 2026-06-01\nfrom = 2026-03-01'
    with pytest.raises(
        DataSourceError, match=r"own\.toml is not a file of facts about instruments:\n  line 12: lot X: the row of l"
    ):
        read_facts(own(tmp_path, first, second))


def test_rows_about_other_expiries_prices_or_days_are_no_fault(tmp_path: Path) -> None:
    lots = [
        f'[[lots]]\nunderlying = "X"\nlot = {lot}\n{expiries}\nfrom = {first}'
        for lot, expiries, first in (
            (5, "expiry_until = 2026-05-31", "2026-01-01"),
            (6, "expiry_from = 2026-06-01\nexpiry_until = 2026-06-30", "2026-01-01"),
        )
    ]
    ticks = [
        '[[ticks]]\nkinds = ["share"]\ntick = 0.05\nmost = 250\nfrom = 2026-01-01',
        '[[ticks]]\nkinds = ["share"]\ntick = 0.10\nleast = 250.01\nfrom = 2026-01-01',
    ]
    assert len(read_facts(own(tmp_path, *lots, *ticks)).lots) == 2


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[[lots]]\nunderlying = "X"\nlot = 0\nfrom = 2026-01-01', "line 7: lots.lot: .*greater than or equal to 1"),
        ('[[lots]]\nunderlying = "X"\nlot = 5\nfrom = 2028-01-01', "line 8: from 2028-01-01 is after known_until 2027"),
        (
            '[[lots]]\nunderlying = "X"\nlot = 5\nfrom = 2026-01-01\n'
            "expiry_from = 2026-02-01\nexpiry_until = 2026-01-01",
            "line 5: lots: expiry_until 2026-01-01 is before expiry_from 2026-02-01",
        ),
        ('[[ticks]]\nkinds = ["share"]\ntick = 0\nfrom = 2026-01-01', "line 7: ticks.tick: .*greater than 0"),
        (
            '[[ticks]]\nkinds = ["share"]\ntick = 1\nleast = 5\nmost = 4\nfrom = 2026-01-01',
            "line 5: ticks: most 4 is below least 5",
        ),
        (
            '[[ticks]]\nkinds = ["bond"]\ntick = 1\nfrom = 2026-01-01',
            "line 6: ticks.kinds: Input should be 'share', 'etf'",
        ),
        (
            '[[expiry_days]]\nunderlyings = ["X"]\ncycle = "weekly"\nweekday = "sunday"\nfrom = 2026-01-01',
            "line 8: expiry_days.weekday: Input should be 'monday'",
        ),
        (
            "[[freeze]]\nquantities = { X = 0 }\nfrom = 2026-01-01",
            "line 6: freeze.quantities.X: .*greater than or equal",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(DataSourceError, match=message):
        read_facts(own(tmp_path, table))


def test_a_file_of_one_s_own_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"nothing\.toml cannot be read: No such file"):
        instrument_facts(tmp_path / "nothing.toml")


def test_the_shipped_tables_say_what_they_cover_and_how_far(facts: InstrumentFacts) -> None:
    tables = {table.name: table for table in instrument_tables()}
    assert sorted(tables) == ["expiry days", "freeze quantities", "lot sizes", "symbol changes", "tick sizes"]
    freeze = tables["freeze quantities"]
    assert (freeze.known_from, freeze.known_until) == (day("2024-08-01"), day("2026-02-28"))
    assert (freeze.path.name, freeze.gaps[1]) == ("freeze_quantities.toml", "2025-10")
    assert freeze.source == "see each row (secondary, uncertain); looked up on 2026-11-20"

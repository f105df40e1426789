"""What a list has that the one before it had not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from fakes.kite_lists import DAY, Row, future, row, snapshot

from friday_core.market.instruments.changes import Changes, changes
from friday_core.market.instruments.series import share

NEXT = dt.date(2026, 8, 26)


def between(folder: Path, before: list[Row], after: list[Row]) -> Changes:
    return changes(snapshot(folder, before, DAY), snapshot(folder, after, NEXT))


def test_the_same_list_has_no_changes(tmp_path: Path) -> None:
    rows = [row(1, "INFY"), future(2, "NIFTY26SEPFUT", "NIFTY", "2026-09-29")]
    assert between(tmp_path, rows, rows) == Changes((), (), 0, (), (), (), ())


def test_new_and_gone_are_named_and_expired_contracts_counted(tmp_path: Path) -> None:
    august, september = (future(n, f"NIFTY26{m}FUT", "NIFTY", day) for n, m, day in MONTHS)
    found = between(tmp_path, [row(1, "OLD"), august], [row(2, "NEW"), september])
    assert (found.new, found.gone, found.expired) == (("NFO:NIFTY26SEPFUT", "NSE:NEW"), ("NSE:OLD",), 1)


MONTHS = ((3, "AUG", "2026-08-25"), (4, "SEP", "2026-09-29"))


def test_a_contract_that_is_gone_before_its_expiry_is_told(tmp_path: Path) -> None:
    found = between(tmp_path, [row(1, "INFY"), future(2, "NIFTY26SEPFUT", "NIFTY", "2026-09-29")], [row(1, "INFY")])
    assert (found.gone, found.expired) == (("NFO:NIFTY26SEPFUT",), 0)


def test_a_share_that_keeps_its_token_under_another_symbol_is_renamed(tmp_path: Path) -> None:
    found = between(tmp_path, [row(1, "ZOMATO")], [row(1, "ETERNAL")])
    assert found == Changes((), (), 0, (("NSE:ZOMATO", "NSE:ETERNAL"),), (), (), ())


def test_a_contract_that_has_a_used_token_is_not_a_renamed_one(tmp_path: Path) -> None:
    found = between(
        tmp_path,
        [future(2, "NIFTY26AUGFUT", "NIFTY", "2026-08-25")],
        [future(2, "INFY26OCTFUT", "INFY", "2026-09-29")],
    )
    assert (found.new, found.renamed, found.expired) == (("NFO:INFY26OCTFUT",), (), 1)


@pytest.mark.parametrize("number", [1, 2])
def test_a_share_in_another_series_is_neither_new_nor_gone(tmp_path: Path, number: int) -> None:
    found = between(tmp_path, [row(1, "DCW")], [row(number, "DCW-BE")])
    assert found == Changes((), (), 0, (), (("NSE:DCW", "NSE:DCW-BE"),), (), ())


def test_other_lots_and_ticks_are_told_with_both_values(tmp_path: Path) -> None:
    before = [row(1, "INFY"), future(2, "NIFTY26SEPFUT", "NIFTY", "2026-09-29", lot_size=75)]
    after = [row(1, "INFY", tick_size=0.1), future(2, "NIFTY26SEPFUT", "NIFTY", "2026-09-29", lot_size=65)]
    found = between(tmp_path, before, after)
    assert (found.lots, found.ticks) == ((("NFO:NIFTY26SEPFUT", 75, 65),), (("NSE:INFY", 0.05, 0.1),))


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [("DCW-BE", "DCW"), ("BAJAJ-AUTO", "BAJAJ-AUTO"), ("HUDCO-N8", "HUDCO-N8"), ("DCW-BL", "DCW-BL"), ("-BE", "-BE")],
)
def test_only_the_series_of_the_share_itself_is_taken_off(symbol: str, expected: str) -> None:
    assert share(symbol) == expected

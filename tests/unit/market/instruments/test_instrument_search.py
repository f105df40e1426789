"""Instruments by words, the likeliest first."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from fakes.kite_lists import future, index, nifty_rows, row, snapshot

from friday_core.errors import DataError
from friday_core.market.instruments.search import require_found, search
from friday_core.market.instruments.snapshot import Snapshot


@pytest.fixture
def listed(tmp_path: Path) -> Snapshot:
    rows = [
        row(1, "TATASTEEL", name="TATA STEEL"),
        row(2, "TATACHEM", name="TATA CHEMICALS"),
        row(3, "INFY", name="INFOSYS"),
        row(4, "INFY", name="INFOSYS", exchange="BSE", segment="BSE"),
        row(5, "NIFTYBEES", name="NIPPON ETF"),
        index(6, "NIFTY 50"),
        future(7, "INFY26AUGFUT", "INFY", "2026-08-25"),
        *nifty_rows(),
    ]
    return snapshot(tmp_path, rows)


def found(listed: Snapshot, text: str, **options: object) -> list[str]:
    return [str(one) for one in search(listed, text, **options)[0]]  # type: ignore[arg-type]


def test_every_word_must_be_in_symbol_or_name_or_be_the_type(listed: Snapshot) -> None:
    assert found(listed, "tata steel") == ["NSE:TATASTEEL"]
    assert found(listed, "nifty 25000 ce")[:2] == ["NFO:NIFTY26AUG25000CE", "NFO:NIFTY2690125000CE"]
    assert found(listed, "nifty fut") == ["NFO:NIFTY26AUGFUT", "NFO:NIFTY26SEPFUT"]


def test_a_symbol_comes_before_its_contracts_and_nse_before_bse(listed: Snapshot) -> None:
    assert found(listed, "infy") == ["NSE:INFY", "BSE:INFY", "NFO:INFY26AUGFUT"]


def test_indices_come_first_then_shares_futures_and_options_by_expiry(listed: Snapshot) -> None:
    assert found(listed, "NIFTY", limit=5) == [
        "NSE:NIFTY 50",
        "NSE:NIFTYBEES",
        "NFO:NIFTY26AUGFUT",
        "NFO:NIFTY26SEPFUT",
        "NFO:NIFTY26AUG24900CE",
    ]


def test_a_name_that_begins_so_comes_before_one_that_has_it_somewhere(listed: Snapshot) -> None:
    assert found(listed, "steel") == ["NSE:TATASTEEL"]
    assert found(listed, "infosys") == ["NSE:INFY", "BSE:INFY"]
    assert found(listed, "tata c") == ["NSE:TATACHEM"]


def test_exchange_and_expiries_narrow_it(listed: Snapshot) -> None:
    assert found(listed, "infy", exchange="bse") == ["BSE:INFY"]
    september = (dt.date(2026, 9, 1), dt.date(2026, 9, 30))
    assert found(listed, "nifty", expiries=september)[0] == "NFO:NIFTY26SEPFUT"
    assert found(listed, "tata", expiries=september) == []


def test_all_that_match_are_counted_beyond_the_limit(listed: Snapshot) -> None:
    rows, count = search(listed, "nifty", limit=3)
    assert (len(rows), count) == (3, 28)


def test_nothing_found_is_refused_with_the_nearest(listed: Snapshot) -> None:
    with pytest.raises(
        DataError, match=r"no instrument has 'infosis' in symbol, name or type .*; did you mean INFOSYS\?"
    ):
        require_found(listed, "infosis", 0)
    require_found(listed, "infy", 1)

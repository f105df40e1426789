"""Corporate actions on real lists and prices of the NSE and of Kite: every figure of docs/corporate_actions.md.

The files are not part of the project: ``MARKET_DATA_DIR`` says where they are.
"""

from __future__ import annotations

import datetime as dt
import math
import os
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from friday_core.domain.sessions import to_date, to_days
from friday_core.market.corporate_actions.action_file import read_actions
from friday_core.market.corporate_actions.adjustment import Adjustment, Columns, adjusted
from friday_core.market.corporate_actions.announcement import Announcement
from friday_core.market.corporate_actions.causes import Cause
from friday_core.market.corporate_actions.comparison import Comparison, compare
from friday_core.market.corporate_actions.finding import LONGEST_ABSENCE, FoundGap, find_gaps
from friday_core.market.corporate_actions.nse_lists import ActionList, read_list
from friday_core.market.corporate_actions.price_check import contradictions
from friday_core.market.corporate_actions.price_table import read_prices
from friday_core.market.corporate_actions.recognition import turnover_of
from friday_core.market.corporate_actions.terms import Kind, ShareChange

FOLDER = os.environ.get("MARKET_DATA_DIR")
DATA = Path(FOLDER or "nowhere").resolve()

pytestmark = pytest.mark.skipif(FOLDER is None, reason="MARKET_DATA_DIR names no folder of market data")

EOD, BHAV, KITE = (
    "daily/nse_eod_raw_2000_2020.parquet",
    "daily/nse_bhav_eq_2019_2026.parquet",
    "daily/kite_adjusted_day_2020_2026.parquet",
)
RAW = (EOD, BHAV)
#: What NSE published and Kite adjusted for, 2021 to 2025, besides splits and bonuses.
PUBLISHED = """symbol,ex_date,kind,ratio,amount
BHARTIARTL,2021-09-27,rights,1:14,535
RELIANCE,2023-07-20,demerger,,0.9532
ONGC,2023-11-21,interim_dividend,,5.75
COALINDIA,2024-11-05,interim_dividend,,15.75
ONGC,2024-11-19,interim_dividend,,6
ITC,2025-01-06,demerger,,0.8649
WIPRO,2025-01-28,interim_dividend,,6
TATASTEEL,2025-06-06,dividend,,3.60
TATAMOTORS,2025-10-14,demerger,,0.6885
COALINDIA,2025-11-04,interim_dividend,,10.25
ONGC,2025-11-14,interim_dividend,,6
"""
#: A row of a file: symbol and ex-date.
Row = tuple[str, str, str]


@cache
def prices(name: str) -> Mapping[str, Columns]:
    """By the symbols that lists use."""
    table = read_prices(DATA / name, {"symbol": "file"} if name == EOD else {})
    return {"M&M" if symbol == "MM" else symbol: rows for symbol, rows in table.items()}


def read(name: str) -> ActionList:
    return read_list(DATA / "corporate_actions" / name)


@cache
def events() -> tuple[Announcement, ...]:
    return read("price_factor_events.csv").announcements


# Lists


@pytest.mark.parametrize(
    ("name", "lines"),
    [("nse_purpose_text_2026-08_A_L.csv", 114), ("nse_api_split_bonus_2020_2023_other_symbols.csv", 249)],
)
def test_every_line_of_the_lists_of_nse_is_understood(name: str, lines: int) -> None:
    found = read(name)
    assert (found.lines, found.not_understood) == (lines, ())


def test_what_a_month_of_purposes_says() -> None:
    kinds = Counter(str(one.terms.kind) for one in read("nse_purpose_text_2026-08_A_L.csv").announcements)
    assert kinds == {
        "dividend": 88, "interim_dividend": 11, "distribution": 8, "buyback": 2, "split": 2,
        "bonus": 1, "rights": 1, "special_dividend": 1, "interest": 1,
    }  # fmt: skip


def test_of_the_known_events_only_demergers_without_terms_are_not_understood() -> None:
    found = read("price_factor_events.csv")
    assert (found.lines, len(found.announcements)) == (80, 76)
    assert all(one.text.startswith("demerger") for one in found.not_understood)


@pytest.mark.parametrize("name", RAW)
def test_no_known_event_is_contradicted_by_its_prices(name: str) -> None:
    found = [
        one
        for symbol, rows in prices(name).items()
        for one in contradictions(rows, [each for each in events() if each.symbol == symbol])
    ]
    assert found == []


@pytest.mark.parametrize("factor", [Fraction(3, 2), Fraction(15)])
def test_an_entry_like_the_wrong_ones_of_the_list_is_contradicted_by_the_prices_of_every_share(
    factor: Fraction,
) -> None:
    """DVL 2021-08-05 and DANGEE 2022-09-06 are in the list with these factors; nothing happened so."""
    for symbol, rows in prices(BHAV).items():
        wrong = Announcement(symbol, to_date(int(rows["session"][200])), ShareChange(Kind.BONUS_AND_SPLIT, factor))
        assert len(list(contradictions(rows, [wrong]))) == 1


# Gaps that nobody announced


@cache
def found() -> Mapping[Row, FoundGap]:
    return {
        (name, symbol, to_date(one.session).isoformat()): one
        for name in RAW
        for symbol, rows in prices(name).items()
        for one in find_gaps(rows)
    }


@cache
def known() -> Mapping[Row, Fraction]:
    """The factor of every known event of 1.28 and more in every file with rows about it."""
    there = {}
    for name in RAW:
        for symbol, rows in prices(name).items():
            days = np.diff(rows["session"], prepend=rows["session"][0] - 999)
            near = {to_date(int(one)) for one in rows["session"][days <= LONGEST_ABSENCE]}
            for one in events():
                if one.symbol == symbol and one.ex_date in near and one.terms.shares >= Fraction(128, 100):
                    there[name, symbol, one.ex_date.isoformat()] = one.terms.shares
    return there


def half(symbol: str) -> int:
    """Thresholds were chosen on half 0: every second share in the order of the alphabet."""
    symbols = sorted({one for name in RAW for one in prices(name)})
    assert len(symbols) == 32
    return symbols.index(symbol) % 2


@pytest.mark.parametrize(("which", "events_there", "recognised", "right"), [(0, 43, 41, 38), (1, 32, 31, 30)])
def test_known_splits_and_bonuses_are_recognised(which: int, events_there: int, recognised: int, right: int) -> None:
    rows = {row: factor for row, factor in known().items() if half(row[1]) == which}
    hits = {row: found()[row].likely.ratio for row in rows if row in found()}
    exact = [row for row, ratio in hits.items() if ratio == rows[row]]
    assert (len(rows), len(hits), len(exact)) == (events_there, recognised, right)


def test_nothing_else_is_taken_for_one() -> None:
    assert sum(len(rows["session"]) for name in RAW for rows in prices(name).values()) == 198_479
    assert set(found()) - set(known()) == set()


def fall(row: Row) -> tuple[float, float, float]:
    """To which part the price fell, at the open and at the close, and how many times the usual turnover was."""
    name, symbol, day = row
    rows = prices(name)[symbol]
    at = int(np.searchsorted(rows["session"], to_days(dt.date.fromisoformat(day))))
    opened, close, before = (float(one) for one in (rows["open"][at], rows["close"][at], rows["close"][at - 1]))
    turnover = rows["close"] * rows["volume"]
    times = math.exp(turnover_of(turnover[at], turnover[at - 20 : at].tolist()))
    return round(before / opened, 2), round(before / close, 2), round(times, 1)


def test_these_are_missed() -> None:
    assert {row[1:]: fall(row) for row in set(known()) - set(found())} == {
        ("BRITANNIA", "2010-09-08"): (4.93, 4.40, 11.8),
        ("GAIL", "2017-03-09"): (1.38, 1.37, 4.5),
        ("WIPRO", "2019-03-06"): (1.33, 1.31, 4.9),
    }


def test_these_get_another_ratio() -> None:
    wrong = {row[1:]: str(one.likely) for row, one in found().items() if one.likely.ratio != known()[row]}
    assert wrong == {
        ("ASIANPAINT", "2000-08-02"): "5:3",
        ("ITC", "2005-09-21"): "14:1",
        ("KOTAKBANK", "2005-08-25"): "2:1",
        ("WIPRO", "2010-06-15"): "3:2",
    }


def test_every_one_of_them_stays_in_the_second_stage() -> None:
    assert {one.stays for one in found().values()} == {True}


def test_nothing_is_found_in_adjusted_prices() -> None:
    assert [one for rows in prices(KITE).values() for one in find_gaps(rows)] == []


# Adjustment


@pytest.mark.parametrize("name", RAW)
def test_adjusted_prices_become_raw_again_to_the_paisa(name: str) -> None:
    for symbol, rows in prices(name).items():
        own = [one for one in events() if one.symbol == symbol]
        factors = Adjustment.of(rows, own, to_date(int(rows["session"][-1])))
        again = factors.raw(factors.adjusted(rows))
        assert all((again[column] == rows[column]).all() for column in ("open", "high", "low", "close", "volume"))


@pytest.mark.parametrize("name", RAW)
def test_prices_that_are_adjusted_for_the_known_events_have_no_gap(name: str) -> None:
    gaps = [
        (symbol, to_date(one.session).isoformat())
        for symbol, rows in prices(name).items()
        for one in find_gaps(adjusted(rows, [each for each in events() if each.symbol == symbol], to_date(30_000)))
    ]
    assert gaps == []


# Kite's adjusted prices


def compared(more: tuple[Announcement, ...] = ()) -> list[Comparison]:
    announced = (*events(), *more)
    raw, kite = prices(BHAV), prices(KITE)
    return [
        compare(symbol, raw[symbol], kite[symbol], [one for one in announced if one.symbol == symbol])
        for symbol in kite
    ]


def by_cause(results: list[Comparison]) -> Counter[Cause]:
    return sum((one.by_cause for one in results), Counter())


def test_kite_s_closes_are_raw_closes_and_splits_but_for_these() -> None:
    results = compared()
    assert (sum(one.rows for one in results), sum(one.within for one in results)) == (35_436, 26_017)
    assert by_cause(results) == {
        Cause.DIVIDEND: 4_986,
        Cause.DEMERGER: 3_165,
        Cause.ROUNDING: 943,
        Cause.RIGHTS: 301,
        Cause.RENAME: 54,
        Cause.MISSING_DAY: 52,
        Cause.PARTIAL_DAY: 24,
    }


def test_what_kite_did_on_these_days_is_told_by_day_and_rupees() -> None:
    steps = {
        (one.symbol, one.step.ex_date.isoformat()): (one.cause, round(one.step.paise / 100, 1))
        for result in compared()
        for one in result.stretches
        if one.step is not None
    }
    assert steps == {
        ("BHARTIARTL", "2021-09-27"): (Cause.RIGHTS, 13.6),
        ("COALINDIA", "2023-11-21"): (Cause.DIVIDEND, 3.0),
        ("COALINDIA", "2024-11-05"): (Cause.DIVIDEND, 15.8),
        ("COALINDIA", "2025-11-04"): (Cause.DIVIDEND, 10.3),
        ("ITC", "2025-01-06"): (Cause.DEMERGER, 65.1),
        ("ONGC", "2023-11-21"): (Cause.DIVIDEND, 5.7),
        ("ONGC", "2024-11-19"): (Cause.DIVIDEND, 6.0),
        ("ONGC", "2025-11-14"): (Cause.DIVIDEND, 6.0),
        ("RELIANCE", "2023-07-20"): (Cause.DEMERGER, 133.0),
        ("TATAMOTORS", "2025-10-14"): (Cause.DEMERGER, 205.8),
        ("TATASTEEL", "2024-06-21"): (Cause.DIVIDEND, 3.6),
        ("TATASTEEL", "2025-06-06"): (Cause.DIVIDEND, 3.6),
        ("WIPRO", "2025-01-28"): (Cause.DIVIDEND, 6.0),
    }


def test_with_what_was_published_of_them_the_formulas_reproduce_kite(tmp_path: Path) -> None:
    (tmp_path / "actions.csv").write_text(PUBLISHED)
    results = compared(tuple(read_actions(tmp_path / "actions.csv")))
    assert sum(one.within for one in results) == 32_627
    assert by_cause(results)[Cause.ROUNDING] == 943 + 32
    left = {one.symbol: one.cause for result in results for one in result.stretches if one.step is not None}
    # Kite took 3.60 rupees off in June 2024 instead of dividing, and in November 2023 adjusted for 3 of 15.25.
    assert left == {"COALINDIA": Cause.DIVIDEND, "TATASTEEL": Cause.DIVIDEND}

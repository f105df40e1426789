"""What is said where no row answers: the day, the days that there are, and the mend."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from friday_core.errors import FactsError
from friday_core.market.charges.rate_file import read_rates
from friday_core.market.charges.rows import BrokerageRow, InterestRow
from friday_core.market.charges.tables import RateTables

HEAD = 'name = "{name}"\nchecked = 2026-11-20\nknown_until = {until}\n'
ROW = """
[[brokerage]]
segments = ["{segment}"]
flat = {flat}
from = {first}
{until}
source = "x"
certainty = "certain"
"""
OWN = "a file of your own: [plugins.charges.indian] rates"


def row(segment: str, first: str, until: str = "", flat: int = 1) -> str:
    return ROW.format(segment=segment, first=first, until=f"until = {until}" if until else "", flat=flat)


def tables(folder: Path, *files: tuple[str, str]) -> RateTables:
    """``until`` and rows of each, the first of them before the others."""
    read = []
    for number, (until, rows) in enumerate(files, 1):
        path = folder / f"{number}.toml"
        path.write_text(HEAD.format(name=f"file{number}", until=until) + rows, "utf-8")
        read.append(read_rates(path))
    return RateTables(read)


def date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def refusal(found: RateTables, on: str, *key: str) -> str:
    with pytest.raises(FactsError, match="no rate for ") as caught:
        found.find(date(on), key, BrokerageRow)
    return str(caught.value)


def test_days_that_follow_one_another_are_told_as_one_span(tmp_path: Path) -> None:
    rows = row("delivery", "2024-01-01", "2024-12-31") + row("delivery", "2025-01-01")
    assert refusal(tables(tmp_path, ("2026-03-31", rows)), "2023-12-31", "brokerage", "delivery") == (
        "no rate for brokerage delivery on 2023-12-31 in file1, which answer for 2024-01-01 to 2026-03-31\n"
        f"    mend: keep to those, or say the rate with its source in {OWN}"
    )


def test_days_that_nobody_speaks_of_are_left_out_of_what_is_told(tmp_path: Path) -> None:
    found = tables(
        tmp_path, ("2028-03-31", row("delivery", "2027-06-01")), ("2027-03-31", row("delivery", "2024-01-01"))
    )
    assert refusal(found, "2027-05-31", "brokerage", "delivery").startswith(
        "no rate for brokerage delivery on 2027-05-31 in file1, file2, "
        "which answer for 2024-01-01 to 2027-03-31; 2027-06-01 to 2028-03-31\n"
    )


def test_beyond_the_end_the_mend_is_to_look_up_what_has_changed(tmp_path: Path) -> None:
    found = tables(tmp_path, ("2026-03-31", row("delivery", "2024-01-01")))
    assert refusal(found, "2026-04-01", "brokerage", "delivery").endswith(
        f"mend: the facts end on 2026-03-31: look up what has changed since, and say the rate with its source in {OWN}"
    )


def test_a_name_that_there_is_not_is_told_with_the_few_of_its_kind(tmp_path: Path) -> None:
    found = tables(tmp_path, ("2026-03-31", row("delivery", "2024-01-01") + row("intraday", "2024-01-01")))
    assert refusal(found, "2025-01-01", "brokerage", "cnc") == (
        "no rate for brokerage cnc in file1; there is brokerage delivery, brokerage intraday\n"
        f"    mend: correct the name, or say the rate in {OWN}"
    )


def test_a_kind_that_there_is_not_is_told_alone(tmp_path: Path) -> None:
    found = tables(tmp_path, ("2026-03-31", row("delivery", "2024-01-01")))
    with pytest.raises(FactsError, match="no rate for interest in file1\n    mend: correct the name"):
        found.find(date("2025-01-01"), ("interest",), InterestRow)


def test_common_days_are_those_on_which_every_key_has_a_row(tmp_path: Path) -> None:
    rows = row("delivery", "2024-01-01", "2025-06-30") + row("intraday", "2024-05-01")
    found = tables(tmp_path, ("2026-03-31", rows))
    keys = [("brokerage", "delivery"), ("brokerage", "intraday")]
    assert found.common(keys) == (date("2024-05-01"), date("2025-06-30"))
    assert str(found.common(keys[1:])) == "2024-05-01 to 2026-03-31"
    assert found.common([]) is None


def test_a_file_of_ones_own_makes_the_common_days_more(tmp_path: Path) -> None:
    found = tables(
        tmp_path, ("2028-03-31", row("delivery", "2027-04-01")), ("2027-03-31", row("delivery", "2024-01-01"))
    )
    assert found.common([("brokerage", "delivery")]) == (date("2024-01-01"), date("2028-03-31"))


def test_rates_that_share_no_day_are_refused_with_both(tmp_path: Path) -> None:
    found = tables(tmp_path, ("2026-03-31", row("delivery", "2024-01-01", "2024-12-31") + row("mtf", "2025-02-01")))
    told = (
        "rates for brokerage delivery end on 2024-12-31, before those for brokerage mtf begin on 2025-02-01\n    mend"
    )
    with pytest.raises(FactsError, match=told):
        found.common([("brokerage", "delivery"), ("brokerage", "mtf")])

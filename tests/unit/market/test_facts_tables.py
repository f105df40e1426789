"""The tables of facts that come with Friday."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import friday_core.market
from friday_core.market.facts_tables import charges_tables, facts_tables, margin_tables, tax_tables

DATA = Path(friday_core.market.__file__).parent / "data"
MADE_UP = {"example_flat_fee.toml", "example_percentage.toml"}


def test_every_file_of_facts_but_examples_is_in_a_table() -> None:
    shipped = {path for path in DATA.rglob("*.toml") if path.name not in MADE_UP}
    assert {table.path for table in facts_tables()} == shipped


def test_names_are_told_apart() -> None:
    names = [table.name for table in facts_tables()]
    assert len(set(names)) == len(names)


def test_what_is_known_begins_with_the_first_row_and_ends_with_the_file() -> None:
    found = [*charges_tables(), *tax_tables(), *margin_tables()]
    assert {table.name: table.known_from for table in found} == {
        "charges of india": dt.date(2021, 4, 1),
        "charges of zerodha": dt.date(2021, 4, 1),
        "tax of india": dt.date(2018, 4, 1),
        "margins of zerodha": dt.date(2020, 5, 1),
        "margins of india": dt.date(2020, 5, 1),
    }
    assert {table.known_until for table in found} == {dt.date(2027, 3, 31)}

"""Real lists of instruments, a day of the exchange and compositions of indices: facts and files agree.

They are not part of the project: ``MARKET_DATA_DIR`` says where they are.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from friday_core.domain.schedule import Schedule
from friday_core.errors import DataSourceError
from friday_core.market.instruments.contracts import Contracts
from friday_core.market.instruments.dated_facts import InstrumentFacts, instrument_facts
from friday_core.market.instruments.expiry_rules import expiries
from friday_core.market.instruments.identity import SymbolHistory, symbol_history
from friday_core.market.instruments.kite_list import DayList, read_kite
from friday_core.market.instruments.snapshot import Snapshot
from friday_core.market.instruments.store import InstrumentMaster
from friday_core.market.instruments.symbol_changes import read_symbol_changes
from friday_core.market.universes.compositions import read_compositions
from friday_core.market.universes.membership import Membership
from friday_core.market.universes.membership_file import read_membership, write_membership
from friday_core.market.universes.survivorship import unpriced

FOLDER = os.environ.get("MARKET_DATA_DIR")
DATA = Path(FOLDER or "nowhere").resolve()

pytestmark = pytest.mark.skipif(FOLDER is None, reason="MARKET_DATA_DIR names no folder of market data")

APRIL, NOVEMBER = dt.date(2024, 4, 1), dt.date(2017, 11, 20)
SPREADSHEET = "instruments/kite_instruments_2024-04_nse_bse_nfo.csv.gz"
OFFICIAL = "instruments/kiteconnect_mocks_instruments_all.csv.gz"
COLUMNS = {"index": "INDEX_NAME", "date": "TIME_STAMP", "symbol": "SYMBOL", "confidence": "CONFIDENCE"}
INDICES = ("NIFTY", "BANKNIFTY", "FINNIFTY", "MIDCPNIFTY")


@pytest.fixture(scope="module")
def april() -> DayList:
    return read_kite(DATA / SPREADSHEET, APRIL)


@pytest.fixture(scope="module")
def contracts(april: DayList) -> Contracts:
    return Snapshot(april.day, april.table).contracts


@pytest.fixture(scope="module")
def facts() -> InstrumentFacts:
    return instrument_facts()


@pytest.fixture(scope="module")
def membership() -> Membership:
    return read_compositions(DATA / "index_membership/compositions.parquet", COLUMNS)


@pytest.fixture(scope="module")
def april_sessions() -> Schedule:
    """Weekdays of 2024 to June that were no holidays."""
    listed = (DATA / "holidays/nse_holidays_2024_citadel.csv").read_text().split()
    holidays = {pd.to_datetime(one, format="%d-%b-%Y") for one in listed}
    days = [one for one in pd.bdate_range("2024-03-01", "2024-07-31") if one not in holidays]
    dates = np.array(days, "datetime64[D]").astype(np.int64)
    opens = dates * 86_400_000_000
    first, last = (int(np.datetime64(one, "D").astype(np.int64)) for one in ("2024-03-01", "2024-07-31"))
    return Schedule("NSE 2024", dates, opens, opens + 1, known=(first, last))


def test_the_list_that_a_spreadsheet_saved_is_read_whole(april: DayList) -> None:
    assert (len(april.table), april.oddities) == (31_373, ())
    raw = pd.read_csv(DATA / SPREADSHEET).sort_values(["exchange", "tradingsymbol"], kind="stable")
    assert april.table["instrument_token"].to_pylist() == raw["instrument_token"].tolist()
    assert april.table["strike"].to_pylist() == raw["strike"].astype(float).tolist()
    expected = pd.to_datetime(raw["expiry"], format="%d-%m-%Y").dt.date
    assert april.table["expiry"].to_pylist() == [None if pd.isna(one) else one for one in expected]


def test_the_official_list_is_read_whole_and_names_are_found_in_symbols() -> None:
    found = read_kite(DATA / OFFICIAL, NOVEMBER)
    assert (len(found.table), found.oddities) == (99, ())
    named = Snapshot(NOVEMBER, found.table).contracts
    assert {one.date for one in named.expiries("BANKNIFTY")} == {
        dt.date(2017, 11, 30),
        dt.date(2017, 12, 28),
        dt.date(2018, 1, 25),
    }
    assert named.option("INDIACEM", dt.date(2017, 12, 28), 220, "PE").lot_size == 3500


@pytest.mark.parametrize(
    ("path", "day"), [(SPREADSHEET, "2024-04-03"), (OFFICIAL, "2017-12-01"), (OFFICIAL, "2017-10-01")]
)
def test_a_list_is_not_taken_for_that_of_another_day(path: str, day: str) -> None:
    with pytest.raises(DataSourceError, match=f"it is not the list of {day}"):
        read_kite(DATA / path, dt.date.fromisoformat(day))


def test_yesterday_s_question_gets_yesterday_s_answer(april: DayList, tmp_path: Path) -> None:
    master = InstrumentMaster(tmp_path)
    master.add(read_kite(DATA / OFFICIAL, NOVEMBER))
    master.add(april)
    assert master.asof(dt.date(2017, 11, 22)).resolve("NFO", "BANKNIFTY17NOV24000CE").lot_size == 40
    assert master.asof(dt.date(2024, 4, 2)).resolve("NFO", "BANKNIFTY24APRFUT").lot_size == 15


def test_every_row_can_be_found_again(april: DayList) -> None:
    snapshot = Snapshot(april.day, april.table)
    for row in range(0, len(snapshot), 37):
        one = snapshot.rows.listing(row)
        assert snapshot.resolve(one.exchange, one.symbol) == snapshot.by_token(one.token) == one
        if one.strike is not None and one.expiry is not None:
            assert snapshot.contracts.option(one.name, one.expiry, one.strike, one.kind) == one
        assert one.instrument().id == one.id


def test_lots_of_facts_are_those_of_the_list(contracts: Contracts, facts: InstrumentFacts) -> None:
    for index in INDICES:
        for expiry in contracts.expiries(index):
            chain = contracts.option_chain(index, expiry.date)
            assert set(chain["lot_size"].to_pylist()) == {facts.lot_size(index, expiry.date, APRIL)}


@pytest.mark.parametrize("index", INDICES)
def test_expiries_by_rule_are_those_of_the_list(
    contracts: Contracts, facts: InstrumentFacts, april_sessions: Schedule, index: str
) -> None:
    listed = [one for one in contracts.expiries(index) if one.date <= dt.date(2024, 5, 5)]
    last = max(one.date for one in listed)
    assert listed == list(expiries(facts, index, dt.date(2024, 4, 2), last, april_sessions))


def test_lots_of_facts_are_those_of_a_day_of_the_exchange(facts: InstrumentFacts) -> None:
    day, seen = dt.date(2025, 11, 14), Counter[str]()
    with zipfile.ZipFile(DATA / "fno/fo14112025.zip") as archive:
        for name in ("fo14112025.csv", "op14112025.csv"):
            rows = pd.read_csv(io.BytesIO(archive.read(name)))
            rows.columns = [column.strip() for column in rows.columns]
            rows = rows.assign(index=rows["SYMBOL"].str.strip()).query("index.str.contains('NIFTY') and NO_OF_CONT > 0")
            for index, expiry, quantity, count in rows[["index", "EXP_DATE", "TRD_QTY", "NO_OF_CONT"]].itertuples(
                False
            ):
                lot = facts.lot_size(index, dt.datetime.strptime(expiry, "%d/%m/%Y").date(), day)  # noqa: DTZ007
                assert quantity == count * lot, (index, expiry)
                seen[index] += 1
    assert set(seen) == {*INDICES, "NIFTYNXT50"}


def test_lots_of_facts_are_those_of_the_table_of_2026(facts: InstrumentFacts) -> None:
    table = pd.read_csv(DATA / "fno/lot_sizes_2026.csv").set_index("SYMBOL")["LOT_SIZE"]
    for index in (*INDICES, "NIFTYNXT50"):
        assert facts.lot_size(index, dt.date(2026, 8, 25), dt.date(2026, 8, 21)) == table[index]


def test_the_shipped_history_knows_the_changes_that_were_seen() -> None:
    seen = read_symbol_changes(DATA / "corporate_actions/symbol_changes_seen.csv")
    assert len(seen) == 11
    shipped, own = symbol_history(), SymbolHistory(seen)
    for one in seen:
        assert [name.symbol for name in own.names(one.old, one.first - dt.timedelta(days=1))] == [
            name.symbol for name in shipped.names(one.old, one.first - dt.timedelta(days=1)) if name.symbol != "TMPV"
        ]


def test_compositions_become_spells_and_say_the_same(membership: Membership, tmp_path: Path) -> None:
    raw = pd.read_parquet(DATA / "index_membership/compositions.parquet")
    for (index, day), rows in raw.groupby(["INDEX_NAME", "TIME_STAMP"]):
        assert set(membership.members(index, day.date())) == set(rows["SYMBOL"]), (index, day)
    path = tmp_path / "members.csv"
    write_membership(path, membership)
    assert path.read_text().startswith("index,symbol,from,to,confidence\nNIFTY 50,")
    assert read_membership(path).spells == membership.spells


def test_members_of_nifty_without_prices_are_found(membership: Membership) -> None:
    prices = pd.read_parquet(DATA / "daily/nse_bhav_eq_2019_2026.parquet")
    days = pd.to_datetime(prices["DATE"]).dt.date.groupby(prices["SYMBOL"]).agg(["min", "max"])
    spans = {symbol: (first, last) for symbol, first, last in days.itertuples()}
    year = (dt.date(2020, 1, 1), dt.date(2020, 12, 31))
    found = unpriced(membership, "NIFTY 50", year, spans, names=symbol_history(), named_on=dt.date(2026, 8, 21))
    lacking = {one.symbol for one in found}
    assert {"MARUTI", "SBIN", "YESBANK"} <= lacking
    assert not {"HDFC", "INFY", "TMPV"} & lacking
    held = set(membership.members("NIFTY 50", dt.date(2020, 6, 30)))
    assert len(held - lacking) == len(held & ({*spans} | {"TMPV"}))

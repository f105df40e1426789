"""One's own file above the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.executed import executed

from friday_core.errors import DataSourceError
from friday_core.market.charges import shipped
from friday_core.market.charges.shipped import broker_plans, rate_tables
from friday_core.market.charges.tariff import IndianTariff

OWN = """\
name = "mine"
checked = 2026-11-20
known_until = {until}

[[brokerage]]
segments = ["delivery"]
flat = 5
from = 2026-05-01
source = "my broker's letter"
certainty = "certain"
"""


SHIPPED = Path(shipped.__file__).parents[1] / "data" / "charges"
PLANS = ("india", "zerodha")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.format(until="2026-05-31"), "utf-8")
    return path


@pytest.mark.parametrize(
    ("on", "brokerage"), [("2026-04-30", 0), ("2026-05-01", 500), ("2026-05-31", 500), ("2026-06-01", 0)]
)
def test_ones_own_row_goes_first_on_its_days_only(own: Path, on: str, brokerage: int) -> None:
    tariff = IndianTariff(rate_tables("zerodha", own))
    assert tariff.charges(executed("buy", 1, "INFY.NSE", "1000", on)).brokerage == brokerage


def test_what_ones_own_file_does_not_say_is_as_shipped(own: Path) -> None:
    bill = IndianTariff(rate_tables("zerodha", own)).charges(executed("sell", 1, "INFY.NSE", "1000", "2026-05-05"))
    assert (bill.stt, bill.depository) == (100, 1_534)


def test_ones_own_file_answers_when_the_shipped_facts_have_run_out(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    facts = [(SHIPPED / f"{name}.toml").read_text("utf-8").replace("2027-03-31", "2028-03-31") for name in PLANS]
    _, *rows = facts[1].split("[[brokerage]]")
    path.write_text("[[brokerage]]".join([facts[0], *rows]), "utf-8")
    bill = IndianTariff(rate_tables("zerodha", path)).charges(executed("buy", 100, "INFY.NSE", "1000", "2028-03-31"))
    assert bill.total == 11_874


def test_the_plans_are_a_broker_and_two_examples() -> None:
    assert broker_plans() == ("example_flat_fee", "example_percentage", "zerodha")


@pytest.mark.parametrize(
    ("plan", "quantity", "brokerage"),
    [("example_flat_fee", 1, 2_000), ("example_percentage", 1, 2_500), ("example_percentage", 100, 50_000)],
)
def test_other_plans_are_data_files(plan: str, quantity: int, brokerage: int) -> None:
    # 20 rupees; 0.5% of 1,000, at least 25; 0.5% of 1,00,000
    bill = IndianTariff(rate_tables(plan)).charges(executed("buy", quantity, "INFY.NSE", "1000", "2026-05-05"))
    assert bill.brokerage == brokerage
    assert bill.stt == quantity * 100


def test_a_plan_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(DataSourceError, match=r"no broker's plan 'zerodah'; there are .*; did you mean zerodha\?"):
        rate_tables("zerodah")


def test_a_file_that_is_not_there_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"the rate file .*none\.toml cannot be read: No such file"):
        rate_tables("zerodha", tmp_path / "none.toml")

"""For which days the Indian tariff has all that an order needs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from fakes.executed import executed, instrument

from friday_core.domain.known_dates import KnownDates
from friday_core.domain.sessions import to_days
from friday_core.errors import DataError
from friday_core.market.charges import shipped
from friday_core.market.charges.shipped import rate_tables
from friday_core.market.charges.tariff import Holder, IndianTariff

SHIPPED = Path(shipped.__file__).parents[1] / "data" / "charges"


def known(*names: str, product: str = "delivery", holder: Holder = "any", own: Path | None = None) -> str:
    tariff = IndianTariff(rate_tables("zerodha", own), product=product, holder=holder)
    return str(tariff.known([instrument(name) for name in names]))


@pytest.mark.parametrize(
    ("names", "dates"),
    [
        (("INFY.NSE",), "2021-04-01 to 2027-03-31"),
        (("INFY.NSE", "TCS.NSE", "INFYFUT.NFO"), "2021-04-01 to 2027-03-31"),
        (("INFY.BSE",), "2022-12-01 to 2027-03-31"),
        (("INFY.NSE", "INFY.BSE"), "2022-12-01 to 2027-03-31"),
        (("SENSEXCE.BFO",), "2024-10-01 to 2027-03-31"),
    ],
)
def test_the_days_are_those_on_which_all_instruments_have_rates(names: tuple[str, ...], dates: str) -> None:
    assert known(*names) == dates


def test_the_product_of_shares_and_the_holder_of_the_account_count() -> None:
    assert known("INFY.NSE", product="mtf") == "2025-02-01 to 2027-03-31"
    assert known("INFYFUT.NFO", product="mtf") == "2021-04-01 to 2027-03-31"
    assert known("INFY.NSE", holder="woman") == "2024-10-01 to 2027-03-31"
    assert known("INFY.NSE", product="intraday", holder="woman") == "2021-04-01 to 2027-03-31"


def test_what_has_rates_on_no_day_makes_no_difference() -> None:
    index, foreign = instrument("NIFTY 50.NSE", kind="index"), instrument("INFY.NSX", kind="equity")
    tariff = IndianTariff(rate_tables("zerodha"))
    assert str(tariff.known([index, foreign, instrument("INFY.BSE")])) == "2022-12-01 to 2027-03-31"
    assert tariff.known([index, foreign]) is None
    assert tariff.known([]) is None


def test_the_mend_is_the_setting_that_names_ones_own_rates() -> None:
    found = IndianTariff(rate_tables("zerodha")).known([instrument("INFY.NSE")])
    assert isinstance(found, KnownDates)
    assert found.mend.endswith("with their sources in a file of your own: [plugins.charges.indian] rates")


def test_ones_own_rates_make_the_days_more(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    texts = [(SHIPPED / f"{name}.toml").read_text("utf-8").replace("2027-03-31", "2028-03-31") for name in PLANS]
    path.write_text("[[brokerage]]".join([texts[0], *texts[1].split("[[brokerage]]")[1:]]), "utf-8")
    assert known("INFY.NSE", own=path) == "2021-04-01 to 2028-03-31"


PLANS = ("india", "zerodha")


@pytest.mark.parametrize("product", ["delivery", "intraday", "mtf"])
@pytest.mark.parametrize("name", ["INFY.NSE", "INFY.BSE", "INFYFUT.NFO", "SENSEXCE.BFO", "GOLD.MCX"])
def test_orders_are_charged_on_the_first_and_the_last_day_and_on_no_day_beyond(name: str, product: str) -> None:
    tariff = IndianTariff(rate_tables("zerodha"), product=product)
    dates = tariff.known([instrument(name)])
    assert dates is not None
    day = dt.timedelta(days=1)
    first, last = (dt.date(1970, 1, 1) + day * date for date in dates[:2])
    for on in (first, last):
        for same_day in {0, 10 * (product != "intraday" and name.endswith("SE"))}:
            sold = executed("sell", 10, name, "1000", str(on), same_day=same_day)
            assert tariff.charges(sold).total > 0
    for on in (first - day, last + day):
        with pytest.raises(DataError, match=f"no rate for .* on {on} in zerodha, india"):
            tariff.charges(executed("sell", 10, name, "1000", str(on)))
    assert to_days(last) == dates.last

"""The tariff as a plugin: settings, the whole bill, and the days that it has rates for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes.executed import executed, instrument
from pydantic import ValidationError

from friday_core.errors import DataError, DataSourceError
from friday_core.plugin.roles import ROLES
from friday_core.plugin.spec import Kind
from friday_plugins.charges.indian import Indian, friday_components


def indian(**settings: Any) -> Indian:
    return Indian(Indian.Settings(**settings))


def test_a_delivery_sale_of_one_lakh_costs_119_08() -> None:
    # STT 100, exchange 2.97, IPFT 0.10, SEBI 0.10, GST 0.57 and the depository's 15.34
    assert indian().charges_of(executed("sell", 100, "INFY.NSE", "1000", "2026-05-05")) == 11_908


def test_the_product_is_a_setting() -> None:
    assert indian(product="intraday").charges_of(executed("sell", 100, "INFY.NSE", "1000", "2026-05-05")) == 5_234


def test_an_order_that_names_its_product_has_that() -> None:
    order = executed("sell", 100, "INFY.NSE", "1000", "2026-05-05", product="intraday")
    assert indian().charges_of(order) == 5_234


def test_the_brokers_plan_is_a_setting() -> None:
    assert (
        indian(broker="example_flat_fee").charges_of(executed("buy", 100, "INFY.NSE", "1000", "2026-05-05")) == 14_234
    )


def test_to_the_paisa_a_small_purchase_pays_its_stt() -> None:
    # 0.1% of 400 rupees, and one paisa of the exchange; stamp 0.015% is 0.06
    order = executed("buy", 4, "INFY.NSE", "100", "2026-05-05")
    assert [indian(rounding=rounding).charges_of(order) for rounding in ("note", "paisa")] == [1, 47]


def test_ones_own_rates_go_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\nchecked = 2026-11-20\nknown_until = 2027-03-31\n[[brokerage]]\nsegments = ["delivery"]\n'
        'flat = 10\nfrom = 2026-01-01\nsource = "x"\ncertainty = "certain"\n',
        "utf-8",
    )
    order = executed("buy", 100, "INFY.NSE", "1000", "2026-05-05")
    assert indian(rates=path).charges_of(order) - indian().charges_of(order) == 1_180  # with GST


def test_an_unknown_plan_is_refused() -> None:
    with pytest.raises(DataSourceError, match="no broker's plan 'groww'; there are example_flat_fee, "):
        indian(broker="groww")


def test_an_unknown_product_is_refused() -> None:
    with pytest.raises(ValidationError, match="Input should be 'delivery', 'intraday' or 'mtf'"):
        indian(product="cnc")


def test_a_day_without_rates_is_refused() -> None:
    with pytest.raises(DataError, match="no rate for stt NSE delivery on 2027-04-01"):
        indian().charges_of(executed("buy", 1, "INFY.NSE", "1000", "2027-04-01"))


def test_it_says_for_which_dates_it_has_rates() -> None:
    shares = [instrument("INFY.NSE")]
    assert str(indian().known(shares)) == "2021-04-01 to 2027-03-31"
    assert str(indian(product="mtf").known(shares)) == "2025-02-01 to 2027-03-31"
    assert indian().known([instrument("NIFTY 50.NSE", kind="index")]) is None


def test_it_plays_the_role_of_a_tariff_under_its_name() -> None:
    [spec] = friday_components()
    assert (spec.key, spec.settings, dict(spec.requires)) == ("charges.indian", Indian.Settings, {})
    assert issubclass(Indian, ROLES[Kind.CHARGES])

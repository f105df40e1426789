import importlib.util
import sys

import numpy as np
import pytest

from friday_core.api import Chunk, CorporateAction, DataSourceError
from friday_plugins.sources.packaged import PackagedSource
from friday_plugins.validators.bar_sanity import BarSanity

needs_prices = pytest.mark.skipif(
    importlib.util.find_spec("bokeh_sampledata") is None, reason='needs pip install "friday-trading[demo]"'
)


@pytest.fixture(scope="module")
def packaged() -> PackagedSource:
    return PackagedSource()


@pytest.fixture(scope="module")
def actions(packaged: PackagedSource) -> dict[tuple[str, str], CorporateAction]:
    return {(one.instrument.symbol, str(np.datetime64(one.session, "D"))): one for one in packaged.corporate_actions()}


@needs_prices
def test_every_row_arrives_and_none_is_held_back(packaged: PackagedSource) -> None:
    validator = BarSanity()
    chunks = list(packaged.bars())
    assert sum(map(len, chunks)) == packaged.row_count() == 12_154
    assert sum(int(np.count_nonzero(validator.validate(chunk).verdict)) for chunk in chunks) == 0


@needs_prices
def test_the_first_bar_closes_at_four_in_new_york(packaged: PackagedSource) -> None:
    rows = Chunk.concat(list(packaged.bars()))
    assert rows.ts_event[0] == np.datetime64("2000-03-01T21:00:00", "us").astype(int)
    assert [rows[name][0] for name in packaged.columns] == [1185600, 1320600, 1185000, 1303100, 9616100.0]


def test_the_instruments_trade_in_cents_of_a_dollar() -> None:
    found = PackagedSource().instruments()
    assert [str(one.id) for one in found] == ["AAPL.US", "FB.US", "GOOG.US", "IBM.US", "MSFT.US"]
    assert {(one.currency, one.price_decimals, one.tick_size) for one in found} == {("USD", 4, 100)}


@needs_prices
def test_exactly_three_ratios_are_splits(actions: dict[tuple[str, str], CorporateAction]) -> None:
    splits = {
        key: (one.numerator, one.denominator, one.factor)
        for key, one in actions.items()
        if (one.numerator, one.denominator) != (1, 1)
    }
    two_for_one = (2, 1, 2.0)
    assert splits == {
        ("AAPL", "2000-06-21"): two_for_one,
        ("AAPL", "2005-02-28"): two_for_one,
        ("MSFT", "2003-02-18"): two_for_one,
    }


@needs_prices
def test_dividends_are_those_that_were_paid(actions: dict[tuple[str, str], CorporateAction]) -> None:
    dividends = {key: one.dividend for key, one in actions.items() if one.dividend}
    assert len(dividends) == 92
    assert dividends["AAPL", "2012-08-09"] == 26_500
    assert dividends["MSFT", "2004-11-15"] == 30_800
    assert dividends["IBM", "2012-05-08"] == 8_500
    assert all(units % 100 == 0 for units in dividends.values())


@needs_prices
def test_the_special_dividend_near_ten_to_nine_is_no_split(
    actions: dict[tuple[str, str], CorporateAction],
) -> None:
    special = actions["MSFT", "2004-11-15"]
    assert (special.numerator, special.denominator) == (1, 1)
    assert special.factor == pytest.approx(1 + 3.08 / 27.39, rel=1e-12)


@needs_prices
def test_the_package_is_read_without_importing_it(packaged: PackagedSource) -> None:
    assert packaged.row_count() == 12_154
    assert "bokeh_sampledata" not in sys.modules


def test_a_missing_package_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bokeh_sampledata", None)
    with pytest.raises(DataSourceError, match=r'not installed\n.*pip install "friday-trading\[demo\]"'):
        list(PackagedSource().bars())

"""What options are worth when they end."""

from __future__ import annotations

import pytest

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.trading.endings import Ending, OptionTerms

CALL = Instrument(InstrumentId("NIFTY26MAY24000CE", "NFO"), "INR", kind="option")


def written_on(decimals: int) -> Instrument:
    return Instrument(InstrumentId("NIFTY 50", "NSE"), "INR", price_decimals=decimals, kind="index")


@pytest.mark.parametrize(
    ("is_call", "close", "worth"),
    [
        (True, 24_120_40, 120_40),
        (True, 24_000_00, 0),
        (True, 23_000_00, 0),
        (False, 23_900_05, 99_95),
        (False, 24_000_05, 0),
    ],
)
def test_it_is_what_the_close_is_beyond_the_strike(is_call: bool, close: int, worth: int) -> None:
    assert OptionTerms(written_on(2), 24_000_00, is_call).intrinsic(CALL, close) == worth


@pytest.mark.parametrize(("decimals", "close"), [(2, 24_120_40), (4, 24_120_4000), (1, 24_120_4), (4, 24_120_4050)])
def test_prices_of_other_decimals_are_converted(decimals: int, close: int) -> None:
    assert OptionTerms(written_on(decimals), 24_000_00, True).intrinsic(CALL, close) == 120_40


def test_what_an_option_is_written_on_is_watched() -> None:
    index = written_on(2)
    assert Ending(1, option=OptionTerms(index, 1, True)).watched == (index.id,)
    assert Ending(1).watched == ()

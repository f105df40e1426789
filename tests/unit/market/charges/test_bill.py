"""Indian charges as terms are the Indian charges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Side
from friday_core.errors import FactsError
from friday_core.market.charges.shipped import rate_tables
from friday_core.market.charges.tariff import IndianTariff

TARIFFS = {name: IndianTariff(rate_tables(name)) for name in ("zerodha", "example_flat_fee", "example_percentage")}
TRADED = [("equity", "NSE", "delivery"), ("equity", "NSE", "intraday"), ("future", "NFO", ""), ("option", "NFO", "")]
#: From 2021-04-01 to 2027-03-31.
SESSIONS = st.integers(18_718, 20_908)


@given(
    broker=st.sampled_from(sorted(TARIFFS)),
    traded=st.sampled_from(TRADED),
    side=st.sampled_from(list(Side)),
    session=SESSIONS,
    notional=st.integers(0, 10**13),
    quantities=st.tuples(st.integers(1, 10**6), st.integers(0, 10**6)),
    paid=st.booleans(),
    paisa=st.booleans(),
)
def test_terms_charge_what_the_tariff_charges(
    *,
    broker: str,
    traded: tuple[str, str, str],
    side: Side,
    session: int,
    notional: int,
    quantities: tuple[int, int],
    paid: bool,
    paisa: bool,
) -> None:
    kind, exchange, product = traded
    instrument = Instrument(InstrumentId("A", exchange), "INR", kind=kind)
    quantity, met = quantities
    order = ExecutedOrder(instrument, side, quantity, notional, session, product, min(met, quantity), paid)
    terms = TARIFFS[broker].bill_terms(instrument, side, product, session, to_the_paisa=paisa)
    assert terms.charges_of(order) == TARIFFS[broker].charges(order, to_the_paisa=paisa).total
    assert TARIFFS[broker].bill_terms(instrument, side, product, terms.until, to_the_paisa=paisa) == terms


def test_terms_of_a_day_without_rates_are_refused_with_its_name() -> None:
    infy = Instrument(InstrumentId("INFY", "NSE"), "INR")
    with pytest.raises(FactsError, match="2019-01-01"):
        TARIFFS["zerodha"].bill_terms(infy, Side.BUY, "delivery", 17_897)

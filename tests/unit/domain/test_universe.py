"""The universe: instruments sorted by id, with a dense position."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import SchemaError

names = st.lists(
    st.builds(InstrumentId, st.text("ABC", min_size=1, max_size=3), st.sampled_from(["NSE", "BSE"])), unique=True
)


def instrument(name: str) -> Instrument:
    return Instrument(InstrumentId.parse(name), "INR")


@given(names)
def test_positions_follow_the_order_of_ids_whatever_the_order_given(ids: list[InstrumentId]) -> None:
    universe = Universe(Instrument(one, "INR") for one in ids)
    assert [one.id for one in universe] == sorted(ids)
    assert [universe.position(one.id) for one in universe] == list(range(len(ids)))
    assert all(universe.instrument(one).id == one and one in universe for one in ids)


def test_an_unknown_instrument_has_no_position() -> None:
    universe = Universe([instrument("INFY.NSE")])
    assert InstrumentId("INFY", "BSE") not in universe
    with pytest.raises(KeyError, match="BSE"):
        universe.position(InstrumentId("INFY", "BSE"))


def test_instruments_with_one_name_are_named_in_the_error() -> None:
    twice = [instrument("B.NSE"), instrument("A.NSE"), instrument("B.NSE"), instrument("B.NSE")]
    with pytest.raises(SchemaError, match=r"share one name: B\.NSE$"):
        Universe(twice)

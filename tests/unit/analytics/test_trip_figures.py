"""What round trips say together."""

from __future__ import annotations

from friday_core.analytics.round_trips import OpenLot, RoundTrip
from friday_core.analytics.trip_figures import TripFigures, contributions, trip_figures


def trip(net: int, *, held: int = 10, instrument: str = "X", strategy: str = "one") -> RoundTrip:
    return RoundTrip(strategy, instrument, 1, 0, held, 1.0, 1.0, 100, 100 + net, 0, 0)


def test_figures_by_hand() -> None:
    found = trip_figures([trip(30), trip(10, held=30), trip(-20), trip(0)])
    assert found == TripFigures(
        trips=4,
        hit_rate=0.5,
        profit_factor=2.0,
        average_profit=20.0,
        average_loss=-20.0,
        expectancy=5.0,
        average_holding=15.0,
    )


def test_without_a_loss_there_is_no_profit_factor() -> None:
    found = trip_figures([trip(30)])
    assert (found.profit_factor, found.average_loss, found.hit_rate) == (None, None, 1.0)


def test_without_a_trip_nothing_is_defined() -> None:
    assert trip_figures([]) == TripFigures(0, None, None, None, None, None, None)


def test_what_each_brought_holds_trips_and_open_lots() -> None:
    lot = OpenLot("two", "Y", 5, 0, 1.0, 500, 20, 3)
    found = contributions([trip(30), trip(-10), trip(7, instrument="Y")], [lot], {("two", "Y"): 560})
    assert found == {("two", "Y"): 77, ("one", "X"): 20, ("one", "Y"): 7}

"""What round trips say together, and what each instrument and strategy brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from friday_core.analytics.round_trips import OpenLot, RoundTrip


class TripFigures(msgspec.Struct, frozen=True):
    """Of closed round trips, after charges and with dividends. Money in minor units, times in microseconds.

    ``hit_rate``: trips with a profit over all trips, those at zero counted in. ``profit_factor``: the sum of
    profits over the sum of losses. ``expectancy``: the mean of ``net``. ``None`` where nothing divides.
    """

    trips: int
    hit_rate: float | None
    profit_factor: float | None
    average_profit: float | None
    average_loss: float | None
    expectancy: float | None
    average_holding: float | None


def trip_figures(trips: Sequence[RoundTrip]) -> TripFigures:
    """The figures of all of them."""
    profits = [trip.net for trip in trips if trip.net > 0]
    losses = [-trip.net for trip in trips if trip.net < 0]
    count = len(trips)
    return TripFigures(
        trips=count,
        hit_rate=_ratio(len(profits), count),
        profit_factor=_ratio(sum(profits), sum(losses)),
        average_profit=_ratio(sum(profits), len(profits)),
        average_loss=_ratio(-sum(losses), len(losses)),
        expectancy=_ratio(sum(trip.net for trip in trips), count),
        average_holding=_ratio(sum(trip.ts_closed - trip.ts_opened for trip in trips), count),
    )


def contributions(
    trips: Sequence[RoundTrip], open_lots: Sequence[OpenLot], values: Mapping[tuple[str, str], int]
) -> dict[tuple[str, str], int]:
    """What each (strategy, instrument) added to equity, in minor units: they sum to the change of equity.

    ``net`` of its trips and ``value - cost + income - charges`` of what is open; ``values`` are the open
    positions at their last mark.
    """
    brought = dict(values)
    for trip in trips:
        key = trip.strategy, trip.instrument
        brought[key] = brought.get(key, 0) + trip.net
    for lot in open_lots:
        key = lot.strategy, lot.instrument
        brought[key] = brought.get(key, 0) - lot.cost + lot.income - lot.charges
    return brought


def _ratio(amount: int, count: int) -> float | None:
    return amount / count if count else None

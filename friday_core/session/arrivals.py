"""From which slice an order may trade: slices and time that it takes to reach the market."""

from __future__ import annotations

from friday_core.interfaces.broker import Matcher
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders
from friday_core.simulation.fill_rules import ON_ITS_WAY, has_arrived


class Arrivals:
    """When orders become active, by what the matcher says of its latency.

    After ``latency`` slices; with a ``latency_us`` these count from the first slice that opens after that time:
    one whose predecessor closed at or after the decision and ``latency_us``, or that begins a later session.
    A slice says when it closed and not when it opened, so that in a session an open is never traded at which
    was printed before the order was there; the pause between two sessions is taken to be longer than the latency.

    With ``at_this_close`` orders are active from the very slice that decided them, for a second round of fills.
    """

    def __init__(self, matcher: Matcher) -> None:
        self.at_this_close = getattr(matcher, "fill", "") == "this_close"
        self.at_close = self.at_this_close or getattr(matcher, "fill", "") == "next_close"
        self._slices = -1 if self.at_this_close else matcher.latency
        self._time: int = getattr(matcher, "latency_us", 0)

    def active_from(self, moment: Slice) -> int:
        """The first slice of what is decided on this one; ``ON_ITS_WAY`` if ``arrive`` is to find it."""
        return ON_ITS_WAY if self._time else moment.ordinal + 1 + self._slices

    def following(self, moment: Slice) -> int:
        """The same for what follows from fills: never this very slice."""
        return max(self.active_from(moment), moment.ordinal + 1)

    def arrive(self, moment: Slice, before: Slice | None, working: WorkingOrders) -> None:
        """A slice begins; ``before`` is the one before it. What has come is active."""
        if not self._time or before is None:
            return
        for one in working:
            arrives = one.order.ts_decided + self._time
            if one.active_from == ON_ITS_WAY and has_arrived(arrives, before.ts_event, before.session, moment.session):
                one.active_from = moment.ordinal + self._slices

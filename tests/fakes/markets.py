"""Random markets and a strategy that does everything, for properties of whole sessions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakes.bars import UNIVERSE, A, B, C, Row
from fakes.session import Script, Session
from hypothesis import strategies as st

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, CorporateAction
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.interfaces.strategy import BookView, Decision, Event


class Erratic(Script):
    """Decides at random, by a seed, the time and the instrument: never by what came before in the process.

    It signals, targets, orders of every type, and cancels. ``long_only`` leaves out wishes for shorts,
    ``most`` is the largest weight, ``called`` gives instruments the name by which they are drawn.
    """

    def __init__(
        self,
        seed: int,
        *,
        long_only: bool = False,
        most: float = 0.9,
        called: Mapping[InstrumentId, str] | None = None,
    ) -> None:
        super().__init__({})
        self._seed = seed
        self._least, self._most = (0.0 if long_only else -most), most
        self._called = called or {}

    def on_event(self, event: Event, book: BookView) -> Sequence[Decision]:
        self.events.append(event)
        if not isinstance(event, Bar):
            return ()
        instrument = event.instrument.id
        name = self._called.get(instrument, str(instrument))
        draw = random.Random(f"{self._seed} {event.ts_event} {name}")
        if draw.random() < 0.3:
            return ()
        return [self._decision(draw, instrument, event, book) for _ in range(draw.choice((1, 1, 2)))]

    def _decision(self, draw: random.Random, instrument: InstrumentId, bar: Bar, book: BookView) -> Decision:
        match draw.randrange(7):
            case 0:
                return Cancel(instrument)
            case 1 | 2:
                return Target(instrument, draw.uniform(self._least, self._most))
            case 3:
                return Signal(instrument, draw.uniform(self._least, self._most))
        side = draw.choice(list(Side))
        near = max(1, bar.raw.close + draw.randint(-6, 6))
        kind = draw.choice(list(OrderType))
        return Order(
            instrument,
            side,
            draw.randint(1, 30),
            kind,
            limit_price=near if kind.has_limit else None,
            trigger_price=max(1, near + draw.randint(-3, 3)) if kind.has_trigger else None,
            time_in_force=draw.choice([TimeInForce.DAY, TimeInForce.GTC]),
            reason=f"{kind}, book at {book.equity:.2f}",
        )


@dataclass(frozen=True)
class Market:
    """Rows in order, actions, and the seed and settings of a session."""

    rows: list[Row]
    actions: list[CorporateAction] = field(default_factory=list)
    seeds: tuple[int, ...] = (0,)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def session(
        self,
        *,
        long_only: bool = False,
        most: float = 0.9,
        called: Mapping[InstrumentId, str] | None = None,
        **changes: Any,
    ) -> Session:
        """A fresh session with one erratic strategy for each seed."""
        strategies = (Erratic(seed, long_only=long_only, most=most, called=called) for seed in self.seeds)
        return Session(*strategies, **{"capital": 20_000, **self.settings, **changes})

    def until(self, ts_event: int, after: Sequence[Row] = ()) -> list[Row]:
        """The rows up to a time, and other ones after it."""
        return [row for row in self.rows if row.ts_event <= ts_event] + list(after)


@st.composite
def _rows(draw: st.DrawFn, universe: Universe) -> list[Row]:
    """Bars that make sense, of instruments that do not trade in every slice."""
    rows = []
    closes = {one.id: draw(st.integers(80, 120)) for one in universe}
    for session in range(1, draw(st.integers(3, 9))):
        for minute in range(draw(st.sampled_from([1, 1, 2]))):
            for one in sorted(closes):
                if not draw(st.integers(0, 4)):
                    continue
                opened = max(1, closes[one] + draw(st.integers(-5, 5)))
                close = max(1, opened + draw(st.integers(-8, 8)))
                high = max(opened, close) + draw(st.integers(0, 3))
                low = max(1, min(opened, close) - draw(st.integers(0, 3)))
                volume = float(draw(st.integers(0, 40)))
                rows.append(Row(session, one, opened, high, low, close, volume, minute))
                closes[one] = close
    return rows


_actions = st.lists(
    st.builds(
        CorporateAction,
        st.sampled_from([A, B, C]),
        st.integers(1, 8),
        numerator=st.integers(1, 3),
        denominator=st.integers(1, 3),
        dividend=st.integers(0, 4),
    ),
    max_size=3,
)
_risk = st.fixed_dictionaries(
    {
        "max_gross_exposure": st.sampled_from([None, 1.0]),
        "max_position_weight": st.sampled_from([None, 0.5]),
        "max_drawdown": st.sampled_from([None, 0.1]),
        "max_day_loss": st.sampled_from([None, 0.02]),
        "max_orders_per_session": st.sampled_from([None, 2]),
        "cash_buffer": st.sampled_from([0.0, 0.02]),
    }
)
_matching = st.fixed_dictionaries(
    {
        "latency": st.integers(0, 2),
        "slippage_ticks": st.integers(0, 2),
        "participation_ppm": st.sampled_from([None, 500_000]),
    }
)


@st.composite
def markets(draw: st.DrawFn, universe: Universe = UNIVERSE) -> Market:
    """A market of up to eight sessions and three instruments, with one or two strategies."""
    seeds = draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=2))
    settings = {"risk": draw(_risk), "matching": draw(_matching)}
    return Market(draw(_rows(universe)), draw(_actions), tuple(seeds), settings)

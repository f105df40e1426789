"""What happens to positions without a strategy: square-off, borrow fees, expiries and delistings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from friday_core.domain.chunk import MISSING_PRICE, Universe
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.money import divide_half_even
from friday_core.domain.orders import Order, OrderStatus, SettledFill, Side, TimeInForce, WorkingOrder
from friday_core.domain.outcomes import CashPosted
from friday_core.domain.products import DERIVATIVES, Product
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.domain.sessions import to_date
from friday_core.interfaces.broker import Tariff
from friday_core.session.arrivals import Arrivals
from friday_core.session.bills import charges_of
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.settlement import Settled, settled
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders
from friday_core.trading.codes import Code
from friday_core.trading.endings import Ending
from friday_core.trading.session_times import IntradayTimes, SessionTimes

#: Why intraday orders are cancelled, and positions closed.
INTRADAY_ENDS = "SQUARE_OFF: intraday positions end"
HELD_OVER = "SQUARE_OFF: held over from an earlier session"
#: The kind of what a short pays.
BORROW_FEE = "borrow_fee"
_DAYS_A_YEAR = 365 * 1_000_000


@dataclass(frozen=True, slots=True)
class HoldingTerms:
    """What the market and the broker do to positions by themselves.

    ``endings`` are the last sessions of instruments, ``times`` when sessions are. ``intraday`` is when intraday
    positions are closed; ``None`` for never. ``borrow_ppm`` is what a short of anything but a contract costs a year, in
    parts per million of its value, for each calendar day from one session to the next; 0 for nothing.
    """

    times: SessionTimes
    endings: Mapping[InstrumentId, Ending] = field(default_factory=lambda: MappingProxyType({}))
    intraday: IntradayTimes | None = None
    borrow_ppm: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing ever happens by itself."""
        return not (self.endings or self.intraday or self.borrow_ppm)


class Custody:
    """Keeps positions as the market does; a part of the driver, whose working orders and log it writes."""

    def __init__(
        self,
        terms: HoldingTerms,
        universe: Universe,
        desks: Mapping[str, Desk],
        *,
        working: WorkingOrders,
        arrivals: Arrivals,
        log: SessionLog,
        charges: Tariff,
    ) -> None:
        self.terms = terms
        self._universe = universe
        self._desks = desks
        self._working = working
        self._arrivals = arrivals
        self._log = log
        self._charges = charges
        self._ends = sorted(terms.endings.items(), key=lambda one: (one[1].session, one[0]))
        self._watched = {*terms.endings, *(name for one in terms.endings.values() for name in one.watched)}
        #: Of whatever is watched, the last close in price units and its session.
        self._closes: dict[InstrumentId, tuple[int, int]] = {}

    def rests(self, session: int) -> bool:
        """Whether it only looks on, on any slice of a session but its first, as long as no order works."""
        is_due = bool(self._ends) and self._ends[0][1].session <= session
        squares = self.terms.intraday is not None
        return not is_due and not (squares and any(desk.products.has_intraday for desk in self._desks.values()))

    @property
    def next_end(self) -> int | None:
        """The last session of what ends next."""
        return self._ends[0][1].session if self._ends else None

    @property
    def watched(self) -> Collection[InstrumentId]:
        """The instruments whose closes it is to see."""
        return self._watched

    def note(self, name: InstrumentId, close: int, session: int) -> None:
        """The latest close of one that is watched, in price units."""
        self._closes[name] = close, session

    def over_night(self, moment: Slice, before: Slice | None) -> list[Intent]:
        """A slice begins; where it is the first of its session, shorts pay, and what ended before it is settled."""
        if before is None or before.session == moment.session:
            return []
        intents = self._settle(moment.session - 1, before)
        if self.terms.borrow_ppm:
            self._charge_shorts(moment, moment.session - before.session)
        return intents

    def at_close(self, moment: Slice) -> list[Intent]:
        """After the fills of a slice; where it is the last of its session, what ends with it is settled."""
        if not self._watched:
            return []
        for name in self._watched & moment.by_instrument.keys():
            close = moment.by_instrument[name].raw.close
            if close != MISSING_PRICE:
                self.note(name, close, moment.session)
        bounds = self.terms.times(moment.session)
        return [] if bounds is None or moment.ts_event < bounds[1] else self._settle(moment.session, moment)

    def squared_off(self, desk: Desk, moment: Slice, before: Slice | None) -> Iterator[Intent]:
        """Cancels and orders that close a strategy's intraday positions, if it is time for them."""
        times = self.terms.intraday
        if times is None or not desk.products.has_intraday:
            return
        is_late = before is not None and before.session != moment.session
        if is_late or times.is_due(moment.session, moment.ts_event):
            yield from self._square_off(desk, moment, is_late=is_late)

    def squared_off_at(self, ts: int, desk: Desk, latest: Slice) -> Iterator[Intent]:
        """The same at a time of the session after its slice ``latest``; nothing once the session is over."""
        times, bounds = self.terms.intraday, self.terms.times(latest.session)
        if times is None or bounds is None or not desk.products.has_intraday:
            return
        if times.closing(latest.session) <= ts < bounds[1]:
            yield from self._square_off(desk, latest, is_late=False)

    def _square_off(self, desk: Desk, moment: Slice, *, is_late: bool) -> Iterator[Intent]:
        reason = HELD_OVER if is_late else INTRADAY_ENDS
        yield from self._withdrawn((one for one in self._working.of(desk.name) if self._is_intraday(one)), reason)
        for name, held in desk.book.positions().items():
            on_order = sum(one.order.side.sign * one.remaining for one in self._working.of(desk.name, name))
            if desk.products.of(name) == Product.INTRADAY and held + on_order:
                yield self._closing(desk, name, held + on_order, moment, reason)

    # Square-off ---------------------------------------------------------------------------------

    def _is_intraday(self, working: WorkingOrder) -> bool:
        return working.order.product == Product.INTRADAY and not working.is_forced

    def _withdrawn(self, orders: Iterator[WorkingOrder], reason: str) -> Iterator[Intent]:
        for one in orders:
            if one.withdraw(reason):
                yield CancelOrder(one.order.tag, reason)

    def _closing(self, desk: Desk, name: InstrumentId, held: int, moment: Slice, reason: str) -> Intent:
        """It rests until it has traded: what is left of a thin bar goes with the next one."""
        product = desk.products.of(name)
        order = against(desk, name, held, moment, reason, product=product, time_in_force=TimeInForce.GTC)
        working = self._working.add(order, self._arrivals.active_from(moment), desk.book.price(name))
        working.is_forced = True
        self._log.orders.append(working)
        return PlaceOrder(order)

    # Shorts -------------------------------------------------------------------------------------

    def _charge_shorts(self, moment: Slice, days: int) -> None:
        for desk in self._desks.values():
            for name, held in desk.book.positions().items():
                instrument = self._universe.instrument(name)
                if held > 0 or instrument.kind in DERIVATIVES:
                    continue
                worth = -desk.book.value(name)
                fee = divide_half_even(worth * self.terms.borrow_ppm * days, _DAYS_A_YEAR)
                if fee:
                    desk.book.pay(fee)
                    price = desk.book.price(name)
                    self._log.postings.append(
                        CashPosted(moment.ts_event, moment.session, desk.name, name, BORROW_FEE, held, price, -fee)
                    )

    # Endings ------------------------------------------------------------------------------------

    def _settle(self, session: int, moment: Slice) -> list[Intent]:
        """Whatever ends up to a session; it is booked with the time of ``moment``."""
        intents: list[Intent] = []
        while self._ends and self._ends[0][1].session <= session:
            name, ending = self._ends.pop(0)
            if name not in self._universe:
                continue
            for desk in self._desks.values():
                reason = f"ENDED: the last session of {name} was that of {to_date(ending.session)}"
                intents += self._withdrawn(iter(self._working.of(desk.name, name)), reason)
                if (bar := moment.by_instrument.get(name)) is not None and bar.raw.close != MISSING_PRICE:
                    desk.book.mark(name, bar.raw.close)
                if held := desk.book.position(name):
                    price = settled(self._universe.instrument(name), ending, desk.book.price(name), self._closes)
                    self._book(desk, name, held, price, moment)
        return intents

    def _book(self, desk: Desk, name: InstrumentId, held: int, at: Settled, moment: Slice) -> None:
        instrument = self._universe.instrument(name)
        order = against(desk, name, held, moment, at.reason, product=desk.products.of(name))
        working = self._working.add(order, moment.ordinal, at.price)
        working.session = moment.session
        working.move(OrderStatus.OPEN)
        working.fill(order.quantity)
        fill = SettledFill(
            order.tag, name, desk.name, order.side, order.quantity, at.price,
            self._charged(instrument, order, at, moment.session), moment.ts_event, product=order.product,
        )  # fmt: skip
        desk.book.apply_fill(fill, instrument)
        desk.runner.tell(fill)
        self._log.orders.append(working)
        self._log.fills.append(fill)

    def _charged(self, instrument: Instrument, order: Order, at: Settled, session: int) -> int:
        """A share that is delisted is charged like a sale; a contract that expires only what its expiry costs."""
        notional = instrument.notional(at.price, order.quantity)
        executed = ExecutedOrder(
            instrument, order.side, order.quantity, notional, session, order.product, settled=at.code != Code.DELISTED
        )
        return charges_of(self._charges, executed)


def against(
    desk: Desk, name: InstrumentId, held: int, moment: Slice, reason: str, *, product: str,
    time_in_force: TimeInForce = TimeInForce.DAY,
) -> Order:  # fmt: skip
    """A market order for all that is held, the other way."""
    return Order(
        name,
        Side.SELL if held > 0 else Side.BUY,
        abs(held),
        time_in_force=time_in_force,
        reason=reason,
        tag=desk.next_tag(moment.session),
        strategy=desk.name,
        ts_decided=moment.ts_event,
        product=product,
    )

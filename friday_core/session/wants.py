"""From a decision to a signed quantity, or to the code that says why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from msgspec.structs import replace

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.orders import Order, OrderType, Side
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.errors import PluginContractError
from friday_core.interfaces.risk_rule import Ruling
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.strategy import BookView
from friday_core.session.slices import Slice
from friday_core.trading.asked import Asked, Unfit
from friday_core.trading.codes import Code
from friday_core.trading.sizing import LARGEST, quantity_for_weight


class Want(msgspec.Struct, frozen=True):
    """A decision before risk. ``quantity`` is signed; with a ``code`` there is nothing to send.

    ``detail`` says why there is nothing to send, or who made the target smaller.
    """

    decision: Asked
    kind: str
    value: float
    quantity: int = 0
    code: str = ""
    detail: str = ""

    def refused(self, code: Code, detail: str) -> Want:
        """The same decision with nothing to send, and why."""
        return replace(self, quantity=0, code=code, detail=detail)

    @property
    def admission_order(self) -> tuple[bool, InstrumentId]:
        """Sells before buys, then by instrument."""
        return (self.quantity > 0, self.decision.instrument)

    def order(self) -> Order:
        """What is asked of the market: an order as it is, anything else a market order."""
        if isinstance(self.decision, Order):
            return self.decision
        side = Side.BUY if self.quantity > 0 else Side.SELL
        return Order(self.decision.instrument, side, abs(self.quantity), reason=self.decision.reason)


#: Why an instrument trades no more after a slice; ``None`` if it does.
Ended = Callable[[InstrumentId, Slice], Ruling | None]
#: What risk adjusters leave of a target, and in words who made it smaller.
Adjust = Callable[[Target, Bar, BookView], tuple[Target | None, str]]


class WantMaker:
    """Sizes the decisions of one strategy. ``equity`` gives its book's equity in minor units."""

    def __init__(
        self,
        universe: Universe,
        sizer: Sizer,
        sees: Callable[[InstrumentId], bool],
        order_types: Iterable[OrderType],
        *,
        equity: Callable[[], int],
        adjust: Adjust,
        ended: Ended = lambda _instrument, _moment: None,
    ) -> None:
        self._universe = universe
        self._sizer = sizer
        self._sees = sees
        self._order_types = frozenset(order_types)
        self._equity = equity
        self._adjust = adjust
        self._ended = ended

    def wants(self, decisions: Iterable[Asked], moment: Slice, book: BookView) -> list[Want]:
        """One want a decision, in the same order."""
        decisions = list(decisions)
        last_wish = {d.instrument: n for n, d in enumerate(decisions) if isinstance(d, Signal | Target)}
        made = []
        for n, decision in enumerate(decisions):
            want = self._want(decision, moment, book)
            if isinstance(decision, Signal | Target) and last_wish[decision.instrument] != n and not want.code:
                want = want.refused(Code.SUPERSEDED, "a later wish of this slice counts")
            made.append(want)
        return made

    def _want(self, decision: Asked, moment: Slice, book: BookView) -> Want:
        kind, value = _described(decision)
        want = Want(decision, kind, value)
        if decision.instrument not in self._universe or not self._sees(decision.instrument):
            return want.refused(Code.UNKNOWN_INSTRUMENT, "not in this strategy's universe")
        if isinstance(decision, Cancel):
            return want
        if isinstance(decision, Unfit):
            return want.refused(Code(decision.code), decision.detail)
        bar = moment.by_instrument.get(decision.instrument)
        if bar is None or bar.raw.close < 1:
            return self._unpriced(want, moment, has_bar=bar is not None)
        if isinstance(decision, Order):
            return self._order_want(want, decision, bar)
        return self._target_want(want, decision, bar, book)

    def _unpriced(self, want: Want, moment: Slice, *, has_bar: bool) -> Want:
        if has_bar:
            return want.refused(Code.UNPRICED, "the close is missing or not positive")
        ended = self._ended(want.decision.instrument, moment)
        if ended is not None:
            return want.refused(Code(ended.code), ended.detail)
        return want.refused(Code.UNPRICED, "no bar of this instrument in the slice")

    def _order_want(self, want: Want, order: Order, bar: Bar) -> Want:
        instrument = self._universe.instrument(order.instrument)
        prices = [price for price in (order.limit_price, order.trigger_price) if price is not None]
        undeclared = [kind for kind in order.types if kind not in self._order_types]
        if undeclared:
            return want.refused(Code.UNDECLARED_TYPE, f"{undeclared[0]} is not among the strategy's order_types")
        if any(price < 1 or price % instrument.tick_size for price in order.prices):
            return want.refused(Code.OFF_TICK, f"prices are multiples of {instrument.tick_size} price units")
        if order.quantity % instrument.lot_size:
            detail = f"{order.quantity} asked for, quantities are multiples of {instrument.lot_size}"
            return want.refused(Code.OFF_LOT, detail)
        worth = instrument.notional(max(prices, default=bar.raw.close), order.quantity)
        if worth > LARGEST:
            return want.refused(Code.OVERFLOW, f"worth {worth} minor units, which do not fit into 64 bits")
        return replace(want, quantity=order.side.sign * order.quantity)

    def _target_want(self, want: Want, decision: Signal | Target, bar: Bar, book: BookView) -> Want:
        if isinstance(decision, Target):
            target: Target | None = decision
        else:
            try:
                target = self._sized(decision, bar, book)
            except Exception as error:  # noqa: BLE001 - a sizer that raises sizes nothing
                return want.refused(Code.SIZER_RAISED, f"{type(error).__name__}: {error}")
        if target is None:
            return want.refused(Code.NO_TARGET, "the sizer made no target of it")
        try:
            target, detail = self._adjust(target, bar, book)
        except Exception as error:  # noqa: BLE001 - an adjuster that raises lets nothing through
            return want.refused(Code.ADJUSTER_RAISED, f"{type(error).__name__}: {error}")
        if target is None:
            return want.refused(Code.NO_TARGET, detail)
        try:
            return self._difference(replace(want, detail=detail), target, bar, book)
        except OverflowError as error:
            return want.refused(Code.OVERFLOW, str(error))

    def _difference(self, want: Want, target: Target, bar: Bar, book: BookView) -> Want:
        """What is missing between the target and what is held or on its way."""
        instrument = self._universe.instrument(target.instrument)
        wished = quantity_for_weight(target.ppm, self._equity(), bar.raw.close, instrument)
        held = book.position(instrument.id) + book.open_quantity(instrument.id)
        if want.detail and wished == held == 0:
            return want.refused(Code.ADJUSTED, f"{want.detail}: less than one lot of {instrument.lot_size}")
        if wished == 0 and target.ppm != 0 and held == 0:
            detail = f"a weight of {target.weight:.6f} is worth less than one lot of {instrument.lot_size}"
            return want.refused(Code.ZERO_SIZE, detail)
        if wished == held:
            return want.refused(Code.NO_CHANGE, f"{held} are held or on their way")
        if abs(wished - held) > LARGEST:
            raise OverflowError(f"{wished} wished and {held} held differ by more than fits into 64 bits")
        return replace(want, quantity=wished - held)

    def _sized(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:
        target = self._sizer.size(signal, bar, book)
        if target is not None and (not isinstance(target, Target) or target.instrument != signal.instrument):
            raise PluginContractError(f"the sizer answered a signal for {signal.instrument} with {target!r:.80}")
        return target


def _described(decision: Asked) -> tuple[str, float]:
    if isinstance(decision, Signal):
        return "signal", decision.strength
    if isinstance(decision, Target):
        return "target", decision.weight
    if isinstance(decision, Order):
        return "order", float(decision.side.sign * decision.quantity)
    if isinstance(decision, Unfit):
        return "order", decision.value
    return "cancel", 0.0

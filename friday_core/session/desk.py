"""A desk: one strategy with its own book and risk state. Turns decisions into admitted orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import msgspec

from friday_core.domain.chunk import MISSING_PRICE, Universe
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Order, Side, WorkingOrder
from friday_core.domain.outcomes import ActionApplied, DecisionTaken, PositionHeld
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.domain.signals import Cancel
from friday_core.interfaces.broker import Tariff
from friday_core.interfaces.risk_rule import Proposal, Ruling
from friday_core.interfaces.sizer import Sizer
from friday_core.session.bills import charges_of
from friday_core.session.products import HeldProducts
from friday_core.session.slices import Slice
from friday_core.session.wants import Want, WantMaker
from friday_core.session.working_orders import Tags, WorkingOrders
from friday_core.trading.asked import Asked
from friday_core.trading.book_risk import BookRisk
from friday_core.trading.codes import Code
from friday_core.trading.exposure import Claim, Exposure
from friday_core.trading.ledger import Book, FrozenBook
from friday_core.trading.risk import Queue, RiskEngine
from friday_core.trading.strategy_runner import StrategyRunner

Outcome = tuple[DecisionTaken, Intent | None]


class _Draft(msgspec.Struct, frozen=True):
    """A want on its way through risk; ``ruling`` and ``claim`` are what is left of it so far."""

    want: Want
    ruling: Ruling
    claim: Claim | None = None

    @property
    def quantity(self) -> int:
        """Signed, and 0 for a want that risk is not asked about."""
        return self.claim.order.side.sign * self.ruling.quantity if self.claim is not None else 0


class Desk:
    """Steps 3 to 5 of the driver for one strategy."""

    def __init__(
        self,
        number: int,
        runner: StrategyRunner,
        book: Book,
        *,
        universe: Universe,
        sizer: Sizer,
        risk: RiskEngine,
        charges: Tariff,
        product: str = "",
    ) -> None:
        self.name = runner.name
        self.runner = runner
        self.book = book
        self.state = BookRisk(risk.limits)
        self.number = number
        self.tags = Tags()
        self._universe = universe
        self.risk = risk
        self._charges = charges
        self.products = HeldProducts(product, book)
        #: The session of the slice at hand, in days since 1970-01-01: charges are dated.
        self.session = 0
        #: What a signal's strength is multiplied by, if that is all that the sizer does.
        self.share = known_share(sizer)
        #: For a strategy that does not read its book.
        self._unread = FrozenBook(book, {})
        state = self.state
        self._wants = WantMaker(
            universe,
            sizer,
            runner.sees,
            runner.order_types,
            equity=lambda: book.equity,
            adjust=lambda target, bar, view: risk.adjust(target, bar, view, state),
            ended=partial(_ended, risk),
        )

    def cost_of(self, instrument: Instrument, side: Side, price: int, quantity: int) -> int:
        """What an order alone in its session takes from cash, charges included, in minor units; or brings, negative."""
        notional = instrument.notional(price, quantity)
        order = ExecutedOrder(instrument, side, quantity, notional, self.session, self.products.usual)
        return side.sign * notional + charges_of(self._charges, order)

    def next_tag(self, session: int) -> str:
        """The name of this strategy's next order in a session."""
        return self.tags.next(session, self.number)

    def forbidden(self, working: WorkingOrders) -> list[tuple[WorkingOrder, str]]:
        """Working orders that a latched limit no longer lets add to a position, and why."""
        latch = next(self.state.latches(), None) if len(working) else None
        if latch is None:
            return []
        reason = f"{latch.code}: {latch.detail}"
        return [(one, reason) for one, claim in self._working_claims(working) if claim.adding]

    def closing(self, working: WorkingOrders) -> Iterator[tuple[WorkingOrder, int]]:
        """Each working order in order of arrival, with how much of it closes what the book holds."""
        return ((one, claim.reducing) for one, claim in self._working_claims(working))

    def apply_action(self, action: CorporateAction, instrument: Instrument, moment: Slice) -> ActionApplied | None:
        """Book a corporate action; what it did, if something was held."""
        held, cash = self.book.position(instrument.id), self.book.cash
        self.book.apply_action(action, instrument)
        if not held:
            return None
        now, paid = self.book.position(instrument.id), self.book.cash - cash
        return ActionApplied(
            moment.ts_event, moment.session, self.name, instrument.id,
            action.numerator, action.denominator, action.dividend, held, now, paid,
        )  # fmt: skip

    def holds(self, moment: Slice) -> Iterator[PositionHeld]:
        """Every position at the end of the session, of which this is the last slice."""
        book = self.book
        for name, quantity in book.positions().items():
            cost = sum(lot.cost for lot in book.lots(name))
            yield PositionHeld(
                moment.ts_event, moment.session, self.name, name, quantity, cost, book.price(name), book.value(name)
            )

    def asked(self, moment: Slice, working: WorkingOrders) -> Sequence[Asked]:
        """What the strategy wants."""
        view = self._view(working) if self.runner.reads_book else self._unread
        return self.runner.decide(moment.ts_event, moment.bars, view, moment.coarser)

    def act(
        self, decisions: Sequence[Asked], moment: Slice, working: WorkingOrders, active_from: int
    ) -> Iterator[Outcome]:
        """Size what the strategy wants, check it, and put what is admitted among the working orders.

        Cancels come first, so that an order can replace another one in the same slice. What is admitted may
        fill from slice ``active_from`` on.
        """
        if not decisions:
            return
        view = self._view(working)
        cancels = [decision for decision in decisions if isinstance(decision, Cancel)]
        for want in self._wants.wants(cancels, moment, view):
            yield from self._cancel(want, moment, working)
        orders = [decision for decision in decisions if not isinstance(decision, Cancel)]
        if not orders:
            return
        if cancels:
            view = self._view(working)
        wants = self._wants.wants(orders, moment, view)
        wants.sort(key=lambda one: one.admission_order)
        for draft in self._shared(self._drafts(wants, moment, working, view), working):
            yield self._settled(draft, moment, working, active_from)

    def _view(self, working: WorkingOrders, drafts: Iterable[_Draft] = ()) -> FrozenBook:
        """The book as it is now; drafts count like orders that work."""
        open_quantities = working.open_quantities(self.name)
        for draft in drafts:
            if draft.quantity:
                name = draft.want.decision.instrument
                open_quantities[name] = open_quantities.get(name, 0) + draft.quantity
        return FrozenBook(self.book, open_quantities)

    def _cancel(self, want: Want, moment: Slice, working: WorkingOrders) -> Iterator[Outcome]:
        if want.code:
            yield self._taken(want, moment, Ruling(0, want.code, want.detail)), None
            return
        mine = working.of(self.name, want.decision.instrument)
        orders = [one for one in mine if not (one.withdrawn or one.is_forced)]  # those that close are the host's
        if not orders:
            yield self._taken(want, moment, Ruling(0, Code.NO_CHANGE, "no order works")), None
        for one in orders:
            tag = one.order.tag
            taken = self._taken(want, moment, Ruling(0, Code.CANCEL_SENT), tag)
            yield taken, CancelOrder(tag, want.decision.reason or "CANCELLED: asked for by the strategy")

    def _drafts(self, wants: Iterable[Want], moment: Slice, working: WorkingOrders, view: FrozenBook) -> list[_Draft]:
        """Each want after the limits and rules that concern it alone; each sees those before it, the first ``view``."""
        drafts: list[_Draft] = []
        count = len(working.of(self.name))
        prices = self._prices(moment, working)
        for want in wants:
            if want.code:
                drafts.append(_Draft(want, Ruling(0, want.code, want.detail)))
                continue
            instrument = self._universe.instrument(want.decision.instrument)
            before = (draft.claim.order for draft in drafts if draft.claim is not None and draft.quantity)
            order, refusal = self.products.named(want.order(), instrument, working, before)
            if refusal is not None:
                drafts.append(_Draft(want, refusal))
                continue
            proposal = self._proposal(order, _reference(order, moment), working, drafts, prices)
            ahead = sum(draft.quantity != 0 for draft in drafts)
            queue = Queue(moment.ts_event, self.book.equity, count, ahead)
            ruling = self.risk.check(proposal, self.state, queue, self._view(working, drafts) if ahead else view)
            reducing = min(proposal.reducing, ruling.quantity)
            claim = self._claim(order, proposal.price, reducing, ruling.quantity - reducing)
            drafts.append(_Draft(want, ruling, claim))
        return drafts

    def _shared(self, drafts: Sequence[_Draft], working: WorkingOrders) -> Iterator[_Draft]:
        """The drafts after the limits of the whole book, in the same order."""
        claims = [draft.claim for draft in drafts if draft.claim is not None]
        rulings: Iterator[Ruling] = iter(())
        if not any(claim.adding for claim in claims):
            rulings = iter([Ruling(claim.reducing) for claim in claims])
        else:
            held = [claim for _, claim in self._working_claims(working)]
            exposure = Exposure.of(self.book, held, self.risk.limits.buffered, self.cost_of)
            rulings = iter(self.risk.share(exposure, claims, self.cost_of))
        for draft in drafts:
            ruling = next(rulings) if draft.claim is not None else draft.ruling
            yield _Draft(draft.want, ruling if ruling.code else draft.ruling, draft.claim)

    def _settled(self, draft: _Draft, moment: Slice, working: WorkingOrders, active_from: int) -> Outcome:
        """What is left of a draft works from here on."""
        if draft.claim is None or draft.ruling.quantity == 0:
            return self._taken(draft.want, moment, draft.ruling), None
        tag = self.next_tag(moment.session)
        order = msgspec.structs.replace(
            draft.claim.order,
            quantity=draft.ruling.quantity,
            tag=tag,
            strategy=self.name,
            ts_decided=moment.ts_event,
        )
        working.add(order, active_from, draft.claim.price)
        self.products.note(order)
        self.state.count_order(moment.ts_event)
        return self._taken(draft.want, moment, draft.ruling, tag), PlaceOrder(order)

    def _proposal(
        self,
        order: Order,
        price: int,
        working: WorkingOrders,
        drafts: Iterable[_Draft],
        prices: Mapping[InstrumentId, int],
    ) -> Proposal:
        position, sign = self.book.position(order.instrument), order.side.sign
        beside = working.of(self.name, order.instrument)
        same_side = sum(one.remaining for one in beside if one.order.side is order.side and not one.is_alternative)
        same_side += sum(
            abs(draft.quantity)
            for draft in drafts
            if draft.want.decision.instrument == order.instrument and draft.quantity * sign > 0
        )
        after = position + sign * (same_side + order.quantity)
        instrument = self._universe.instrument(order.instrument)
        return Proposal(order, instrument, price, position, after, self.session, prices)

    def _prices(self, moment: Slice, working: WorkingOrders) -> Mapping[InstrumentId, int]:
        """Orders at their references, unless what they trade has a mark, and marks unless it has a bar."""
        prices = {one.order.instrument: one.reference for one in working.of(self.name)}
        prices |= {name: self.book.price(name) for name in self.book.positions()}
        closes = ((bar.instrument.id, bar.raw.close) for bar in moment.bars)
        return MappingProxyType(prices | {name: close for name, close in closes if close != MISSING_PRICE})

    def _working_claims(self, working: WorkingOrders) -> Iterator[tuple[WorkingOrder, Claim]]:
        """Each working order in order of arrival, with how much of it closes what is held; of twins one."""
        held = self.book.positions()
        for one in working.of(self.name):
            if one.is_alternative:
                continue
            sign, left = one.order.side.sign, held.get(one.order.instrument, 0)
            reducing = min(one.remaining, max(0, -sign * left))
            held[one.order.instrument] = left + sign * reducing
            yield one, self._claim(one.order, one.reference, reducing, one.remaining - reducing)

    def _claim(self, order: Order, price: int, reducing: int, adding: int) -> Claim:
        mark = self.book.price(order.instrument) if reducing else 0
        return Claim(order, self._universe.instrument(order.instrument), price, mark, reducing, adding)

    def _taken(self, want: Want, moment: Slice, ruling: Ruling, tag: str = "") -> DecisionTaken:
        sign = 1 if want.quantity > 0 else -1
        return DecisionTaken(
            moment.ts_event,
            self.name,
            want.decision.instrument,
            want.kind,
            want.value,
            want.quantity,
            sign * ruling.quantity,
            str(ruling.code or Code.SENT),
            ruling.detail or want.detail,
            want.decision.reason,
            tag,
        )


def _ended(risk: RiskEngine, instrument: InstrumentId, moment: Slice) -> Ruling | None:
    entries = risk.entries
    return None if entries is None else entries.ended(instrument, moment.session, moment.ts_event)


def known_share(sizer: Sizer) -> float | None:
    """``sizer.share``, unless a class that knows nothing of it has changed how it sizes."""
    kinds = type(sizer).__mro__
    sizes = next(kind for kind in kinds if "size" in vars(kind))
    said = next(kind for kind in kinds if "share" in vars(kind) or "share" in vars(kind).get("__annotations__", {}))
    return sizer.share if issubclass(said, sizes) else None


def _reference(order: Order, moment: Slice) -> int:
    """The price at which an order is judged: its limit, its trigger, or the latest close."""
    if order.limit_price is not None:
        return order.limit_price
    if order.trigger_price is not None:
        return order.trigger_price
    return moment.by_instrument[order.instrument].raw.close

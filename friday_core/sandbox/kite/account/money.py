"""The account's money: what there is, what positions and orders tie up, and whether one more order fits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import msgspec

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import DataError
from friday_core.market.margins.book import MarginBook
from friday_core.market.margins.holdings import INDICES
from friday_core.market.margins.legs import Contract as MarginContract
from friday_core.market.margins.legs import Leg, Right
from friday_core.market.margins.quotes import Quotes
from friday_core.market.margins.rows import CashRow, Underlying
from friday_core.market.margins.shipped import margin_tables
from friday_core.market.margins.tables import MarginTables
from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.charges import PRODUCTS, Charges, instrument
from friday_core.sandbox.kite.account.holdings import MTF_PERCENT, Holdings, selling
from friday_core.sandbox.kite.account.orders import Contract, KiteOrder, Side, Terms
from friday_core.sandbox.kite.account.positions import Held, Positions
from friday_core.sandbox.kite.account.prices import OPTIONS, Prices, rupees
from friday_core.sandbox.kite.account.rules import Rules
from friday_core.sandbox.kite.refusals import KiteRefusal, short_of_funds, short_of_holdings

SEGMENTS = ("equity", "commodity")
#: Percent of the value of contracts that no table speaks of: scan, and exposure.
_OTHER_SPAN, _OTHER_EXPOSURE = 8, 3
_RIGHTS = {"CE": Right.CALL, "PE": Right.PUT}


class Blocked(NamedTuple):
    """Paise that are tied up: ``delivery`` and ``premium`` for orders, ``intraday`` and ``funded`` for shares."""

    span: int = 0
    exposure: int = 0
    premium: int = 0
    delivery: int = 0
    intraday: int = 0
    funded: int = 0

    @property
    def total(self) -> int:
        return sum(self)


class Stake(NamedTuple):
    """What one product of one instrument may become: its position, and what works on each side, at what it asks."""

    contract: Contract
    product: str
    quantity: int
    worth: int
    buying: int = 0
    buying_worth: int = 0
    selling: int = 0
    selling_worth: int = 0

    def worst(self) -> tuple[int, int]:
        """The larger of what it may be, long or short: signed quantity, and its worth; orders that close are free."""
        long, short = max(self.quantity, 0), max(-self.quantity, 0)
        more_long, more_short = max(0, self.buying - short), max(0, self.selling - long)
        up = (self.worth if long else 0) + (self.buying_worth * more_long // self.buying if more_long else 0)
        down = (self.worth if short else 0) + (self.selling_worth * more_short // self.selling if more_short else 0)
        return (long + more_long, up) if up >= down else (-(short + more_short), down)


class Money:
    """Balances and margins of both segments, in paise, reckoned from the book at every question."""

    def __init__(
        self, book: Book, market: Prices, positions: Positions, holdings: Holdings, *, charges: Charges, rules: Rules
    ) -> None:
        self._book, self._market, self._positions = book, market, positions
        self._holdings, self._charges, self._rules = holdings, charges, rules

    def balance(self, segment: str) -> int:
        """The ledger, with what the day's trades brought and cost so far; unrealised gains are not money."""
        total = self._book.cash(segment)
        for held in self._of(segment):
            realised, unrealised = self._gain(held)
            total += held.flow() + realised + min(0, unrealised)
        orders = (one for one in self._book.orders() if one.contract.segment == segment)
        return total - self._charges.of(orders)

    def blocked(self, segment: str, also: KiteOrder | None = None) -> Blocked:
        """What positions and working orders tie up; ``also`` is counted as it stands, instead of what it was."""
        working = {one.id: one for one in self._book.working() if one.checked}
        working |= {} if also is None else {also.id: also}
        mine = [one for one in working.values() if one.contract.segment == segment]
        return self.tied(self._stakes(self._of(segment), mine), funded=self._funded() if segment == "equity" else 0)

    def available(self, segment: str) -> int:
        return self.balance(segment) - self.blocked(segment).total

    def refusal(self, order: KiteOrder, terms: Terms | None = None) -> KiteRefusal | None:
        """Why the broker does not want an order, or its new terms; ``None`` if it does. It is not counted already."""
        changed = order if terms is None else msgspec.structs.replace(order, terms=terms)
        if selling(order.side, order.product):
            return self._unsold(changed)
        segment = order.contract.segment
        without = self.blocked(
            segment, msgspec.structs.replace(order, terms=Terms(type="LIMIT", quantity=order.filled))
        )
        needed = self.blocked(segment, changed).total - without.total
        free = self.balance(segment) - without.total
        if needed <= 0 or needed <= free:
            return None
        return short_of_funds(
            f"Insufficient funds. Required margin is {needed / 100:.2f} but available margin is {free / 100:.2f}. "
            "Check the orderbook for open orders."
        )

    def row(self, segment: str) -> dict[str, Any]:
        """One segment as ``/user/margins`` answers; ``net`` is the opening balance less ``debits``."""
        blocked, opening = self.blocked(segment), self._book.cash(segment)
        net = self.balance(segment) - blocked.total
        held = self._of(segment)
        gains = [self._gain(one) for one in held]
        flows = [(one, one.flow()) for one in held]
        premium = -sum(flow for one, flow in flows if one.contract.kind in OPTIONS)
        bought = -sum(flow for one, flow in flows if one.contract.kind not in OPTIONS and flow < 0)
        sold = sum(flow for one, flow in flows if one.contract.kind not in OPTIONS and flow > 0)
        return {
            "enabled": True,
            "net": rupees(net),
            "available": {
                "adhoc_margin": 0, "cash": rupees(opening), "opening_balance": rupees(opening),
                "live_balance": rupees(net), "collateral": 0, "intraday_payin": 0,
            },
            "utilised": {
                "debits": rupees(opening - net), "exposure": rupees(blocked.exposure),
                "m2m_realised": rupees(-sum(realised for realised, _ in gains)),
                "m2m_unrealised": rupees(-sum(min(0, unrealised) for _, unrealised in gains)),
                "option_premium": rupees(premium + blocked.premium), "payout": 0, "span": rupees(blocked.span),
                "holding_sales": rupees(sold), "turnover": 0, "liquid_collateral": 0, "stock_collateral": 0,
                "delivery": rupees(bought + blocked.delivery),
            },
        }  # fmt: skip

    def tied(self, stakes: Iterable[Stake], *, funded: int = 0) -> Blocked:
        """What these tie up together."""
        delivery = premium = intraday = span = exposure = 0
        legs: list[Stake] = []
        for stake in stakes:
            contract = stake.contract
            if stake.product == "CNC":
                delivery += contract.paise(stake.buying_worth)
            elif stake.product == "MTF":  # a sale gives back what was funded
                long = stake.worth if stake.quantity > 0 else 0
                intraday += _share(contract.paise(long + stake.buying_worth), Decimal(MTF_PERCENT))
            elif contract.kind not in OPTIONS and contract.kind != "FUT":
                intraday += _share(contract.paise(stake.worst()[1]), self._cash_percent(stake.product))
            else:
                premium += contract.paise(stake.buying_worth) if contract.kind in OPTIONS else 0
                legs.append(stake)
        for group in _apart(legs):
            scan, more = self._derivatives(group)
            span, exposure = span + scan, exposure + more
        return Blocked(span, exposure, premium, delivery, intraday, funded)

    def _cash_percent(self, product: str) -> Decimal:
        day = self._market.day(self._market.now)
        return _tables().find(day, ("cash", PRODUCTS[product]), CashRow).percent

    def _of(self, segment: str) -> list[Held]:
        return [one for one in self._positions.all() if one.contract.segment == segment]

    def _gain(self, held: Held) -> tuple[int, int]:
        last = self._positions.last(held.contract) or held.close
        if held.product == "MTF":  # what is sold is settled against what the holdings cost, at the day's end
            return 0, 0
        return held.gain(last)

    def _funded(self) -> int:
        """The client's own part of what the broker funded before today."""
        worth = sum(one.contract.paise(one.funded_worth) for one in self._holdings.all().values())
        return worth * MTF_PERCENT // 100

    def _unsold(self, order: KiteOrder) -> KiteRefusal | None:
        others = sum(
            one.remaining for one in self._book.working()
            if one.checked and one.id != order.id and one.contract.key == order.contract.key
            and one.product == order.product and one.side is Side.SELL
        )  # fmt: skip
        free = self._holdings.sellable(order.contract, order.product) - others
        wanted = order.terms.quantity - order.filled
        if wanted > free:
            return short_of_holdings(
                f"Insufficient stock holding. Required quantity is {wanted} but available quantity is {max(free, 0)}."
            )
        if order.product == "CNC" and self._holdings.unauthorised(order.contract, wanted + others):
            return short_of_holdings("Holdings are not authorised for sale. Authorise them at CDSL and try again.")
        return None

    def _stakes(self, held: Iterable[Held], orders: Iterable[KiteOrder]) -> list[Stake]:
        found: dict[tuple[str, str], Stake] = {
            (one.contract.key, one.product): Stake(one.contract, one.product, one.quantity, one.cost()) for one in held
        }
        for order in orders:
            key, left = (order.contract.key, order.product), order.terms.quantity - order.filled
            stake = found.get(key, Stake(order.contract, order.product, 0, 0))
            price = order.terms.price or order.terms.trigger or self._positions.last(order.contract)
            if order.side is Side.BUY:
                stake = stake._replace(buying=stake.buying + left, buying_worth=stake.buying_worth + left * price)
            else:
                stake = stake._replace(selling=stake.selling + left, selling_worth=stake.selling_worth + left * price)
            found[key] = stake
        return list(found.values())

    def _derivatives(self, stakes: list[Stake]) -> tuple[int, int]:
        """Span, and exposure with what the last days of a contract ask besides."""
        legs, prices, volatilities = [], dict[InstrumentId, int](), dict[InstrumentId, float]()
        for stake in stakes:
            quantity, worth = stake.worst()
            if not quantity:
                continue
            leg = self._leg(stake, quantity)
            if leg is None:
                return _percent(stakes)
            contract, own = leg.derivative, stake.contract
            prices[leg.instrument.id] = self._positions.last(own) or max(1, worth // abs(quantity))
            prices.setdefault(contract.underlying, self._level(contract) or prices[leg.instrument.id])
            is_index = contract.kind is Underlying.INDEX
            volatilities[contract.underlying] = (
                self._rules.index_volatility if is_index else self._rules.stock_volatility
            )
            legs.append(leg)
        try:
            found = MarginBook(_tables(), Quotes(self._market.day(self._market.now), prices, volatilities)).margin_of(
                legs
            )
        except DataError:
            return _percent(stakes)
        return found.span, found.exposure + found.additional

    def _leg(self, stake: Stake, quantity: int) -> Leg | None:
        """What a stake may become as margins know it; ``None`` for what they do not."""
        own = stake.contract
        listed = self._market.listing.by_key(own.key)
        if listed is None or listed.expiry is None or own.exchange not in {"NFO", "BFO"}:
            return None
        index = INDICES.get(listed.name)
        underlying = index or InstrumentId(listed.name, "NSE" if own.exchange == "NFO" else "BSE")
        right = _RIGHTS.get(own.kind)
        contract = MarginContract(
            underlying, Underlying.STOCK if index is None else Underlying.INDEX, listed.expiry,
            None if right is None else listed.strike, right,
        )  # fmt: skip
        named: Instrument = instrument(own)
        return Leg(named, quantity, PRODUCTS[stake.product], contract)

    def _level(self, contract: MarginContract) -> int:
        """The last price of what a contract is written on; of one that is not listed here, the strike stands in."""
        listed = self._market.listing.by_key(f"{contract.underlying.exchange}:{contract.underlying.symbol}")
        snapshot = None if listed is None else self._market.snapshot(listed.token)
        return snapshot.last_price if snapshot is not None else contract.strike or 0


def _apart(stakes: Iterable[Stake]) -> list[list[Stake]]:
    """Exchange by exchange: one that margins know nothing of is no reason to guess the others."""
    groups: dict[str, list[Stake]] = defaultdict(list)
    for stake in stakes:
        groups[stake.contract.exchange].append(stake)
    return list(groups.values())


def _percent(stakes: Iterable[Stake]) -> tuple[int, int]:
    worth = sum(
        stake.contract.paise(stake.worst()[1]) for stake in stakes
        if stake.contract.kind not in OPTIONS or stake.worst()[0] < 0
    )  # fmt: skip
    return _share(worth, Decimal(_OTHER_SPAN)), _share(worth, Decimal(_OTHER_EXPOSURE))


def _share(amount: int, percent: Decimal) -> int:
    """Rounded up to the paisa."""
    return -int(-amount * percent // 100)


@cache
def _tables() -> MarginTables:
    return margin_tables()

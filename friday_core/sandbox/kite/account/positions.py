"""What is held by instrument and product: what was carried, what traded today, what was converted."""

from __future__ import annotations

from typing import Any

import msgspec

from friday_core.domain.money import divide_half_even
from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.orders import Contract, KiteTrade, Side
from friday_core.sandbox.kite.account.prices import OPTIONS, Prices

CARRIED, CONVERTED = "carried", "converted"
#: Products in which the value itself is paid, not a margin; of options the premium is, whatever the product.
_PAID = "CNC"


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """A position of the day before: ``worth`` is what its quantity cost, ``close`` the price it was settled at."""

    contract: Contract
    product: str
    quantity: int
    worth: int
    close: int


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """So many that were bought or sold in one product are held in another, at what they were worth."""

    contract: Contract
    side: Side
    quantity: int
    worth: int
    old: str
    new: str


class Held(msgspec.Struct, kw_only=True):
    """One instrument in one product. Quantities are of units, ``..._worth`` sums of price units times quantity.

    ``bought`` and ``sold`` are the day's alone; ``carried`` is signed, its worth is not.
    """

    contract: Contract
    product: str
    carried: int = 0
    carried_worth: int = 0
    close: int = 0
    bought: int = 0
    bought_worth: int = 0
    sold: int = 0
    sold_worth: int = 0
    is_of_today: bool = False

    @property
    def quantity(self) -> int:
        return self.carried + self.bought - self.sold

    @property
    def is_paid(self) -> bool:
        """Whether its value moves money, instead of its gain or loss."""
        return self.product == _PAID or self.contract.kind in OPTIONS

    def add(self, side: Side, quantity: int, worth: int) -> None:
        self.is_of_today = True
        if side is Side.BUY:
            self.bought, self.bought_worth = self.bought + quantity, self.bought_worth + worth
        else:
            self.sold, self.sold_worth = self.sold + quantity, self.sold_worth + worth

    def sides(self, *, at_close: bool = False) -> tuple[int, int, int, int]:
        """Bought and sold, quantity and worth, with what was carried: at its cost, or at the close before."""
        worth = abs(self.carried) * self.close if at_close else self.carried_worth
        long, short = max(self.carried, 0), max(-self.carried, 0)
        return (
            self.bought + long, self.bought_worth + (worth if long else 0),
            self.sold + short, self.sold_worth + (worth if short else 0),
        )  # fmt: skip

    def cost(self, *, at_close: bool = False) -> int:
        """What the open quantity was bought, or sold, for: the average of its side."""
        bought, paid, sold, got = self.sides(at_close=at_close)
        side, worth = (bought, paid) if self.quantity > 0 else (sold, got)
        return divide_half_even(abs(self.quantity) * worth, side) if self.quantity else 0

    def flow(self) -> int:
        """Money that the day's trades brought, in paise; what is not paid by value is ``gain``."""
        return self.contract.paise(self.sold_worth - self.bought_worth) if self.is_paid else 0

    def gain(self, last: int) -> tuple[int, int]:
        """Realised and unrealised gain since the close before in paise, of what is held on margin."""
        if self.is_paid:
            return 0, 0
        _, paid, _, got = self.sides(at_close=True)
        total = self.contract.paise(got - paid + self.quantity * last)
        sign = 1 if self.quantity > 0 else -1
        unrealised = self.contract.paise(self.quantity * last - sign * self.cost(at_close=True))
        return total - unrealised, unrealised


class Positions:
    """Everything that is held, as of now; reckoned from the book, never kept beside it."""

    def __init__(self, book: Book, market: Prices) -> None:
        self._book, self._market = book, market
        self._traded: dict[tuple[str, str], Held] = {}
        self._epoch, self._counted = -1, 0

    def all(self) -> list[Held]:
        """What was carried or traded today, by instrument and product, flat ones too."""
        self._count()
        return [self._traded[key] for key in sorted(self._traded)]

    def held(self, key: str, product: str) -> Held | None:
        self._count()
        return self._traded.get((key, product))

    def last(self, contract: Contract) -> int:
        """The last price of the book's day of what a contract is listed as; 0 before there is one.

        Where the market is a day ahead already, that is the close before.
        """
        listed = self._market.listing.by_key(contract.key)
        snapshot = self._market.snapshot(contract.token if listed is None else listed.token)
        if snapshot is None:
            return 0
        ahead = self._market.day(snapshot.last_trade_ts).isoformat() > self._book.day
        return snapshot.close if ahead else snapshot.last_price

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """As ``/portfolio/positions`` answers."""
        held = self.all()
        return {
            "net": [self._row(one) for one in held],
            "day": [self._row(_day_of(one)) for one in held if one.is_of_today],
        }

    def convert(self, conversion: Conversion) -> None:
        """Book a conversion; the caller has seen to it that there is so much."""
        self._book.put(CONVERTED, str(self._book.next("conversions")), conversion)
        self.forget()

    def forget(self) -> None:
        """Count anew at the next question."""
        self._epoch = -1

    def _count(self) -> None:
        """Trades are added to what was counted; whatever else changes begins anew."""
        if self._epoch != self._book.epoch:
            self._traded, self._epoch, self._counted = {}, self._book.epoch, 0
            for one in self._book.things(CARRIED, Carried).values():
                held = self._of(one.contract, one.product)
                held.carried, held.carried_worth, held.close = one.quantity, one.worth, one.close
            for change in self._book.things(CONVERTED, Conversion).values():
                self._of(change.contract, change.old).add(change.side.other, change.quantity, change.worth)
                self._of(change.contract, change.new).add(change.side, change.quantity, change.worth)
        for trade in self._book.trades[self._counted :]:
            self._add(trade)
        self._counted = len(self._book.trades)

    def _add(self, trade: KiteTrade) -> None:
        self._of(trade.contract, trade.product).add(trade.side, trade.quantity, trade.quantity * trade.price)

    def _of(self, contract: Contract, product: str) -> Held:
        return self._traded.setdefault((contract.key, product), Held(contract=contract, product=product))

    def _row(self, held: Held) -> dict[str, Any]:
        contract, quantity = held.contract, held.quantity
        last = self.last(contract) or held.close
        bought, paid, sold, got = held.sides()
        _, paid_m2m, _, got_m2m = held.sides(at_close=True)
        side, worth = (bought, paid) if quantity > 0 else (sold, got)

        def money(units: int) -> float:
            return round(contract.rupees(units * contract.multiplier), contract.decimals)

        pnl = money(got - paid + quantity * last)
        return {
            "tradingsymbol": contract.symbol, "exchange": contract.exchange, "instrument_token": contract.token,
            "product": held.product, "quantity": quantity, "overnight_quantity": held.carried,
            "multiplier": contract.multiplier, "average_price": contract.average(worth, side) if quantity else 0,
            "close_price": contract.rupees(held.close), "last_price": contract.rupees(last),
            "value": money(got - paid), "pnl": pnl, "m2m": money(got_m2m - paid_m2m + quantity * last),
            "unrealised": pnl, "realised": 0,
            "buy_quantity": bought, "buy_price": contract.average(paid, bought), "buy_value": money(paid),
            "buy_m2m": money(paid_m2m),
            "sell_quantity": sold, "sell_price": contract.average(got, sold), "sell_value": money(got),
            "sell_m2m": money(got_m2m),
            "day_buy_quantity": held.bought, "day_buy_price": contract.average(held.bought_worth, held.bought),
            "day_buy_value": money(held.bought_worth),
            "day_sell_quantity": held.sold, "day_sell_price": contract.average(held.sold_worth, held.sold),
            "day_sell_value": money(held.sold_worth),
        }  # fmt: skip


def _day_of(held: Held) -> Held:
    """The day's part of it; the close before is shown all the same."""
    return Held(
        contract=held.contract, product=held.product, close=held.close, bought=held.bought,
        bought_worth=held.bought_worth, sold=held.sold, sold_worth=held.sold_worth, is_of_today=True,
    )  # fmt: skip

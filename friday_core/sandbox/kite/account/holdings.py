"""Shares in the demat account: settled, on their way (T1), sold today, authorised, funded by margin."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from friday_core.domain.money import divide_half_even
from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.orders import Contract, Side, contract_of
from friday_core.sandbox.kite.account.positions import Held, Positions
from friday_core.sandbox.kite.account.prices import Prices, rupees, written
from friday_core.sandbox.kite.account.rules import Rules
from friday_core.sandbox.kite.refusals import bad_input
from friday_core.sandbox.kite.values import Listed

HOLDING, REQUEST = "holding", "authorisation"
#: Percent of a margin-funded purchase that is the client's own.
MTF_PERCENT = 50


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of one instrument as of the morning; ``worth`` is what the settled and T1 ones cost together.

    ``funded`` are those bought with the broker's money, ``funded_worth`` what they cost; they are counted apart.
    ``authorised`` may be sold today where that is asked for.
    """

    contract: Contract
    isin: str
    quantity: int = 0
    t1: int = 0
    worth: int = 0
    funded: int = 0
    funded_worth: int = 0
    authorised: int = 0


class Request(msgspec.Struct, frozen=True):
    """Quantities by ISIN for which somebody asked CDSL's authorisation; empty for all that is held."""

    quantities: dict[str, int]


class Holdings:
    """Reads and moves holdings; every change is the caller's transaction."""

    def __init__(self, book: Book, market: Prices, positions: Positions, rules: Rules) -> None:
        self._book, self._market, self._positions, self._rules = book, market, positions, rules

    def all(self) -> dict[str, Holding]:
        """By ``NSE:INFY``."""
        return self._book.things(HOLDING, Holding)

    def put(self, holding: Holding) -> None:
        if holding.quantity or holding.t1 or holding.funded:
            self._book.put(HOLDING, holding.contract.key, holding)
        else:
            self._book.drop(HOLDING, holding.contract.key)

    def of(self, contract: Contract, listed: Listed | None) -> Holding:
        """What is held of a share; nothing of one that is not."""
        isin = "" if listed is None else listed.isin
        return self.all().get(contract.key, Holding(contract=contract, isin=isin))

    def used(self, key: str, product: str = "CNC") -> int:
        """How many were sold today out of what is held."""
        held = self._positions.held(key, product)
        return 0 if held is None else max(0, -held.quantity)

    def sellable(self, contract: Contract, product: str) -> int:
        """How many may be sold besides what was bought today, before orders that work: settled and T1."""
        holding = self.all().get(contract.key)
        held = self._positions.held(contract.key, product)
        today = 0 if held is None else held.quantity
        if holding is None:
            return today
        return today + (holding.funded if product == "MTF" else holding.quantity + holding.t1)

    def unauthorised(self, contract: Contract, quantity: int) -> bool:
        """Whether selling so many more needs an authorisation that there is not."""
        holding = self.all().get(contract.key)
        if not self._rules.authorise or holding is None:
            return False
        held = self._positions.held(contract.key, "CNC")
        today = 0 if held is None else held.quantity
        return quantity - today > holding.authorised

    def authorise(self, form: Mapping[str, str]) -> dict[str, str]:
        """Begin an authorisation; ``approve`` is what the client does on CDSL's page."""
        isins, counts = _listed_of(form, "isin"), _listed_of(form, "quantity")
        known = {one.isin for one in self.all().values()}
        if len(isins) != len(counts) or not all(one.isascii() and one.isdigit() for one in counts):
            raise bad_input("Invalid `quantity`.")
        if not set(isins) <= known:
            raise bad_input("Invalid `isin`.")
        number = secrets.token_hex(16)
        self._book.put(REQUEST, number, Request(dict(zip(isins, map(int, counts), strict=True))))
        return {"request_id": number}

    def approve(self, number: str) -> None:
        """What was asked for may be sold today."""
        request = self._book.things(REQUEST, Request).get(number)
        if request is None:
            raise bad_input("Invalid `request_id`.")
        for holding in [*self.all().values()]:
            asked = request.quantities.get(holding.isin, 0) if request.quantities else holding.quantity
            if asked:
                self.put(msgspec.structs.replace(holding, authorised=min(asked, holding.quantity)))

    def rows(self) -> list[dict[str, Any]]:
        """As ``/portfolio/holdings`` answers."""
        return [self._row(one) for _, one in sorted(self.all().items())]

    def summary(self) -> dict[str, float]:
        """As ``/portfolio/holdings/summary`` answers."""
        invested = value = before = 0.0
        for row in self.rows():
            count = row["quantity"] + row["t1_quantity"] + row["mtf"]["quantity"]
            own = row["quantity"] + row["t1_quantity"]
            invested += own * row["average_price"] + row["mtf"]["value"]
            value, before = value + count * row["last_price"], before + count * row["close_price"]
        return {
            "total_pnl": value - invested,
            "total_pnl_percent": 100 * (value - invested) / invested if invested else 0,
            "today_pnl": value - before,
            "today_pnl_percent": 100 * (value - before) / before if before else 0,
            "invested_amount": invested,
            "current_value": value,
        }

    def close_day(self, was_session: bool) -> Iterator[tuple[str, int]]:
        """The day's delivery trades move into holdings and out of them; yields what the sale of funded ones brought.

        What was T1 is settled if the day that ends was one of trading.
        """
        for holding in [*self.all().values()]:
            settled = holding.t1 if was_session else 0
            self.put(
                msgspec.structs.replace(
                    holding, quantity=holding.quantity + settled, t1=holding.t1 - settled, authorised=0
                )
            )
        for held in self._positions.all():
            if held.product == "CNC" and held.quantity:
                self._deliver(held)
            elif held.product == "MTF" and held.is_of_today:
                yield held.contract.key, self._fund(held)

    def _deliver(self, held: Held) -> None:
        holding = self.of(held.contract, self._market.listing.by_key(held.contract.key))
        if held.quantity > 0:
            after = msgspec.structs.replace(
                holding, t1=holding.t1 + held.quantity, worth=holding.worth + held.cost(), contract=held.contract
            )
        else:
            after = _less(holding, -held.quantity)
        self.put(after)

    def _fund(self, held: Held) -> int:
        """What was bought on margin joins the funded ones, what was sold leaves them; returns the gain in paise."""
        holding = self.of(held.contract, self._market.listing.by_key(held.contract.key))
        had, cost = holding.funded, holding.funded_worth
        total, paid = had + held.bought, cost + held.bought_worth
        left = divide_half_even(paid * (total - held.sold), total) if total else 0
        self.put(msgspec.structs.replace(holding, funded=total - held.sold, funded_worth=left, contract=held.contract))
        return held.contract.paise(held.sold_worth - (paid - left))

    def _row(self, holding: Holding) -> dict[str, Any]:
        contract, now = holding.contract, self._market.now
        listed = self._market.listing.by_key(contract.key)
        snapshot = None if listed is None else self._market.snapshot(listed.token)
        last = contract.rupees(snapshot.last_price) if snapshot else 0
        close = contract.rupees(snapshot.close) if snapshot else 0
        used = min(self.used(contract.key), holding.quantity + holding.t1)
        settled = max(0, holding.quantity - used)
        t1 = holding.t1 - max(0, used - holding.quantity)
        average = contract.average(holding.worth, holding.quantity + holding.t1)
        return {
            "tradingsymbol": contract.symbol, "exchange": contract.exchange,
            "instrument_token": contract.token if listed is None else listed.token, "isin": holding.isin,
            "product": "CNC", "price": 0, "quantity": settled, "used_quantity": used, "t1_quantity": t1,
            "realised_quantity": settled, "authorised_quantity": holding.authorised,
            "authorised_date": f"{written(now)[:10]} 00:00:00", "authorisation": {},
            "opening_quantity": holding.quantity + holding.t1, "short_quantity": 0, "collateral_quantity": 0,
            "collateral_type": "", "discrepancy": False, "average_price": average, "last_price": last,
            "close_price": close, "pnl": (last - average) * (settled + t1), "day_change": last - close,
            "day_change_percentage": 100 * (last - close) / close if close else 0,
            "mtf": {
                "quantity": holding.funded, "used_quantity": self.used(contract.key, "MTF"),
                "average_price": contract.average(holding.funded_worth, holding.funded),
                "value": rupees(contract.paise(holding.funded_worth)),
                "initial_margin": rupees(contract.paise(holding.funded_worth) * MTF_PERCENT // 100),
            },
        }  # fmt: skip


def opened(rules: Rules, market: Prices) -> Iterator[Holding]:
    """What the account has to begin with; ``ValueError`` for shares that are not listed."""
    for one in rules.holdings:
        listed = market.listing.by_key(one.key)
        if listed is None:
            raise ValueError(f"there is no instrument {one.key!r} to hold")
        contract = contract_of(listed)
        worth = listed.units(one.average) * (one.quantity + one.t1)
        yield Holding(contract=contract, isin=listed.isin, quantity=one.quantity, t1=one.t1, worth=worth)


def _less(holding: Holding, quantity: int) -> Holding:
    """A holding out of which so many were sold: settled ones first."""
    total = holding.quantity + holding.t1
    from_settled = min(quantity, holding.quantity)
    from_t1 = min(quantity - from_settled, holding.t1)
    left = divide_half_even(holding.worth * (total - from_settled - from_t1), total) if total else 0
    return msgspec.structs.replace(
        holding, quantity=holding.quantity - from_settled, t1=holding.t1 - from_t1, worth=left
    )


def _listed_of(form: Mapping[str, str], name: str) -> list[str]:
    """The values of a field; several are parted by commas."""
    return [one.strip() for one in form.get(name, "").split(",") if one.strip()]


def selling(side: Side, product: str) -> bool:
    """Whether an order gives away shares that must be there."""
    return side is Side.SELL and product in {"CNC", "MTF"}

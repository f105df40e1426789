"""Margins and charges of orders that nobody has placed: ``/margins/...`` and ``/charges/orders``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from friday_core.sandbox.kite.account.charges import Charges, bill
from friday_core.sandbox.kite.account.forms import PRODUCTS, Form
from friday_core.sandbox.kite.account.money import Blocked, Money, Stake
from friday_core.sandbox.kite.account.orders import Contract, Side, contract_of
from friday_core.sandbox.kite.account.placement import Placement
from friday_core.sandbox.kite.account.positions import Positions
from friday_core.sandbox.kite.account.prices import COMMODITIES, Prices, rupees
from friday_core.sandbox.kite.refusals import bad_input


class Calculators:
    """Answers for lists of orders as their JSON has them. 400 InputException for what cannot be read."""

    def __init__(
        self, market: Prices, placement: Placement, positions: Positions, money: Money, charges: Charges
    ) -> None:
        self._market, self._placement, self._positions = market, placement, positions
        self._money, self._charges = money, charges

    def order_margins(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Each order for itself."""
        return [self._margin(row) for row in _rows(rows)]

    def basket(
        self, rows: Sequence[Mapping[str, Any]], consider_positions: bool, mode: str | None = None
    ) -> dict[str, Any]:
        """All orders one by one (``initial``), and together (``final``); ``compact`` leaves out the single ones."""
        found = [self._stake(row) for row in _rows(rows)]
        alone = [self._money.tied([stake]) for stake, _ in found]
        held = [
            Stake(one.contract, one.product, one.quantity, one.cost()) for one in self._positions.all() if one.quantity
        ] if consider_positions else []  # fmt: skip
        together = self._money.tied(_merged([*held, *(stake for stake, _ in found)]))
        before = self._money.tied(held)
        final = Blocked(*(max(0, after - was) for after, was in zip(together, before, strict=True)))
        orders = [] if mode == "compact" else self.order_margins(rows)
        costs = [self._cost(stake) for stake, _ in found]
        return {
            "initial": _row(None, Blocked(*map(sum, zip(*alone, strict=True))) if alone else Blocked(), 0),
            "final": _row(None, final, 0),
            "orders": orders,
            "charges": _sum(costs),
        }

    def notes(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What each executed order costs, as the virtual contract note has it."""
        answers = []
        for row in _rows(rows):
            form = Form(row)
            stake, side = self._stake(row, "average_price")
            answers.append({
                "transaction_type": side.value, "tradingsymbol": stake.contract.symbol,
                "exchange": stake.contract.exchange, "variety": form.text("variety", "regular"),
                "product": stake.product, "order_type": form.text("order_type", "MARKET"),
                "quantity": stake.buying + stake.selling, "price": float(form.number("average_price")),
                "charges": self._cost(stake),
            })  # fmt: skip
        return answers

    def _margin(self, row: Mapping[str, Any]) -> dict[str, Any]:
        stake, _ = self._stake(row)
        blocked = self._money.tied([stake])
        worth = stake.contract.paise(stake.buying_worth + stake.selling_worth)
        leverage = round(worth / blocked.intraday) if blocked.intraday else 1
        return _row(stake.contract, blocked, leverage, self._cost(stake))

    def _stake(self, row: Mapping[str, Any], price_name: str = "price") -> tuple[Stake, Side]:
        """An order as something that may be held; at the last price if it names none."""
        form = Form(row)
        listed = self._placement.listed(form.text("exchange"), form.text("tradingsymbol"), self._market.now)
        side = Side(form.one_of("transaction_type", tuple(Side)))
        product, quantity = form.one_of("product", PRODUCTS), form.count("quantity", least=1)
        contract = contract_of(listed)
        price: Decimal | int = form.price(price_name, listed)[0] or form.price("trigger_price", listed)[0]
        if price_name == "average_price" and price:
            price = form.number(price_name).scaleb(listed.decimals)  # the average of several trades is between prices
        worth = round(quantity * (price or self._positions.last(contract)))
        stake = Stake(contract, product, 0, 0)
        if side is Side.BUY:
            return stake._replace(buying=quantity, buying_worth=worth), side
        return stake._replace(selling=quantity, selling_worth=worth), side

    def _cost(self, stake: Stake) -> dict[str, Any]:
        side = Side.BUY if stake.buying else Side.SELL
        quantity, worth = stake.buying + stake.selling, stake.buying_worth + stake.selling_worth
        product = stake.product
        if (product == "NRML") == (stake.contract.kind == "EQ"):
            return bill(None, stake.contract.exchange)
        return self._charges.estimated(self._charges.whole(stake.contract, side, product, quantity, worth))


def _rows(rows: object) -> Sequence[Mapping[str, Any]]:
    if not isinstance(rows, list | tuple) or not all(isinstance(one, Mapping) for one in rows):
        raise bad_input("Invalid JSON: a list of orders is expected.")
    return rows


def _merged(stakes: Sequence[Stake]) -> list[Stake]:
    """One stake for each instrument and product."""
    found: dict[tuple[str, str], Stake] = {}
    for one in stakes:
        key = (one.contract.key, one.product)
        before = found.get(key)
        found[key] = one if before is None else Stake(
            one.contract, one.product, before.quantity + one.quantity, before.worth + one.worth,
            before.buying + one.buying, before.buying_worth + one.buying_worth,
            before.selling + one.selling, before.selling_worth + one.selling_worth,
        )  # fmt: skip
    return list(found.values())


def _row(
    contract: Contract | None, blocked: Blocked, leverage: int, cost: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What is tied up as Kite's answers have it; of shares it is ``var``."""
    segment = "" if contract is None else "commodity" if contract.exchange in COMMODITIES else "equity"
    return {
        "type": segment, "tradingsymbol": "" if contract is None else contract.symbol,
        "exchange": "" if contract is None else contract.exchange, "span": rupees(blocked.span),
        "exposure": rupees(blocked.exposure), "option_premium": rupees(blocked.premium), "additional": 0, "bo": 0,
        "cash": 0, "var": rupees(blocked.delivery + blocked.intraday + blocked.funded),
        "pnl": {"realised": 0, "unrealised": 0}, "leverage": leverage,
        "charges": dict(cost) if cost is not None else _sum([]), "total": rupees(blocked.total),
    }  # fmt: skip


def _sum(costs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several bills as one, without the kind of their tax."""
    names = ("transaction_tax", "exchange_turnover_charge", "sebi_turnover_charge", "brokerage", "stamp_duty")
    totals = {name: sum(one[name] for one in costs) for name in names}
    gst = sum(one["gst"]["total"] for one in costs)
    return {
        "transaction_tax": totals["transaction_tax"], "transaction_tax_type": "",
        **{name: totals[name] for name in names[1:]},
        "gst": {"igst": gst, "cgst": 0, "sgst": 0, "total": gst}, "total": sum(one["total"] for one in costs),
    }  # fmt: skip

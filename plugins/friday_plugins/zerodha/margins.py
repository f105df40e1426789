"""What can be spent, and what orders would tie up, in Kite's own words: nothing of it is reckoned here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, Self

from friday_core.api import Refused
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.outcomes import Unanswered

#: Seconds that an entry waits for Kite's answer.
_DEADLINE = 4.0
_ASKED = ("variety", "exchange", "tradingsymbol", "transaction_type", "product", "order_type")


class Funds(NamedTuple):
    """Paise. ``net`` is what can be spent; ``collateral`` of it stands in pledged shares, and ``used`` is tied up."""

    net: int
    cash: int
    collateral: int
    used: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Of a segment as Kite tells it."""
        available, utilised = row["available"], row["utilised"]
        return cls(
            _paise(row["net"]), _paise(available["cash"]), _paise(available["collateral"]), _paise(utilised["debits"])
        )

    def __str__(self) -> str:
        net, *parts = (f"{paise / 100:,.2f}" for paise in self)
        return "{} rupees can be spent (cash {}, collateral {}, used {})".format(net, *parts)


class Required(NamedTuple):
    """Paise that orders tie up, alone and beside what is held and works already, and what they would cost."""

    alone: int
    together: int
    charges: int


def funds_of(connection: Zerodha, deadline: float = 20.0) -> Funds:
    """Of shares and their contracts; raises as ``Zerodha.read``."""
    return Funds.of(connection.read("margins", "equity", deadline=deadline))


def required_for(
    connection: Zerodha, forms: Sequence[Mapping[str, Any]], deadline: float = 20.0
) -> Required:  # fmt: skip
    """As ``/margins/basket`` has it, positions considered: a hedge makes it less. Raises as ``Zerodha.read``."""
    answer = connection.read("basket_order_margins", [_asked(one) for one in forms], deadline=deadline)
    return Required(
        _paise(answer["initial"]["total"]), _paise(answer["final"]["total"]), _paise(answer["charges"]["total"])
    )


def check_margin(connection: Zerodha, forms: Sequence[Mapping[str, Any]]) -> None:
    """``Refused`` for orders that tie up more than there is, and where Kite does not say."""
    tag = forms[0]["tag"]
    try:
        required = required_for(connection, forms, _DEADLINE)
        net = funds_of(connection, _DEADLINE).net
    except (Unanswered, LookupError, TypeError, ValueError) as error:
        raise Refused(f"order {tag} is not sent: its margin is not known ({error})") from error
    if required.together > net:
        needed, there = (f"{paise / 100:,.2f}" for paise in (required.together, net))
        raise Refused(f"order {tag} is not sent: its margin is {needed} rupees, and {there} can be spent")


def _asked(form: Mapping[str, Any]) -> dict[str, Any]:
    """An order's form as the JSON of margins has it; the last price counts where it names none."""
    prices = {name: float(form.get(name) or 0) for name in ("price", "trigger_price")}
    return {name: form[name] for name in _ASKED} | {"quantity": form["quantity"]} | prices


def _paise(rupees: float) -> int:
    return round(Decimal(str(rupees)) * 100)

"""Reading the forms of requests: text to what an order asks for, or Kite's refusal of the field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import NamedTuple

from friday_core.sandbox.kite.account.orders import Side, Terms
from friday_core.sandbox.kite.refusals import bad_input
from friday_core.sandbox.kite.values import Listed

PRODUCTS = ("CNC", "MIS", "NRML", "MTF")
ORDER_TYPES = ("MARKET", "LIMIT", "SL", "SL-M")
VALIDITIES = ("DAY", "IOC", "TTL")
_MOST = 10**9
_MOST_UNITS = 10**15
_LONGEST_TAG = 20


class Asked(NamedTuple):
    """What a form asks for; ``exact`` is whether its prices are whole price units."""

    listed: Listed
    side: Side
    product: str
    terms: Terms
    exact: bool
    tag: str
    autoslice: bool
    legs: int
    leg_quantity: int


class Form:
    """The fields of one request. Every method refuses what the field cannot be with 400 InputException."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = {name: "" if value is None else str(value) for name, value in fields.items()}

    def text(self, name: str, default: str | None = None) -> str:
        """A field, stripped; without a default it must not be missing or empty."""
        value = self._fields.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise bad_input(f"Missing or empty field `{name}`")
        return default

    def one_of(self, name: str, known: Collection[str], default: str | None = None) -> str:
        value = self.text(name, default)
        if value not in known:
            raise bad_input(f"Invalid `{name}`.")
        return value

    def count(self, name: str, default: int | None = None, *, least: int = 0) -> int:
        """A whole number in plain digits: ``10.0`` is none."""
        text = self.text(name, None if default is None else str(default))
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= _MOST:
            raise bad_input(f"Invalid `{name}`.")
        return int(text)

    def number(self, name: str) -> Decimal:
        """A finite number; 0 if the field is missing."""
        text = self.text(name, "0")
        try:
            value = Decimal(text)
        except ArithmeticError:
            raise bad_input(f"Invalid `{name}`.") from None
        if not value.is_finite() or abs(value) >= _MOST_UNITS:
            raise bad_input(f"Invalid `{name}`.")
        return value

    def price(self, name: str, listed: Listed) -> tuple[int, bool]:
        """Price units, rounded down, and whether they are exact; 0 if the field is missing."""
        exact = self.number(name).scaleb(listed.decimals)
        if exact < 0 or exact >= _MOST_UNITS:
            raise bad_input(f"Invalid `{name}`.")
        return int(exact), exact == int(exact)

    def tag(self) -> str:
        tag = self.text("tag", "")
        if len(tag) > _LONGEST_TAG:
            raise bad_input("Invalid `tag`. It should be less than or equal to 20 characters.")
        return tag

    def has(self, name: str) -> bool:
        return bool(self._fields.get(name, "").strip())


def asked(form: Form, listed: Listed) -> Asked:
    """A placement, field by field; what its fields mean together is looked at by ``placement``."""
    terms, exact = terms_of(form, listed, Terms(type="", quantity=0))
    return Asked(
        listed=listed,
        side=Side(form.one_of("transaction_type", tuple(Side))),
        product=form.one_of("product", PRODUCTS),
        terms=terms,
        exact=exact,
        tag=form.tag(),
        autoslice=form.one_of("autoslice", ("true", "false", "True", "False"), "false").lower() == "true",
        legs=form.count("iceberg_legs", 0),
        leg_quantity=form.count("iceberg_quantity", 0),
    )


def terms_of(form: Form, listed: Listed, before: Terms) -> tuple[Terms, bool]:
    """The terms of a placement, or of a modification of those before, and whether their prices are exact."""
    price, fine = form.price("price", listed) if form.has("price") else (before.price, True)
    trigger, sharp = form.price("trigger_price", listed) if form.has("trigger_price") else (before.trigger, True)
    type_ = form.one_of("order_type", ORDER_TYPES, before.type or None)
    validity = form.one_of("validity", VALIDITIES, before.validity)
    ttl = form.count("validity_ttl", before.ttl) if validity == "TTL" else 0
    if validity == "TTL" and not ttl:
        raise bad_input("Missing or empty field `validity_ttl`")
    terms = Terms(
        type=type_,
        quantity=form.count("quantity", before.quantity or None, least=1),
        price=0 if type_ in {"MARKET", "SL-M"} else price,
        trigger=trigger if type_ in {"SL", "SL-M"} else 0,
        validity=validity,
        ttl=ttl,
        disclosed=form.count("disclosed_quantity", before.disclosed),
        protection=protection_of(form),
    )
    return terms, fine and sharp


def protection_of(form: Form) -> float:
    """Percent, -1 for what the broker thinks right, 0 for none."""
    share = form.number("market_protection")
    if share != -1 and not 0 <= share <= 100:
        raise bad_input("Invalid `market_protection`.")
    return float(share)

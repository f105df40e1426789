"""Which instruments are held in which products, and what may be short."""

from __future__ import annotations

import pytest

from friday_core.domain.products import Product, may_be_short, products_of


@pytest.mark.parametrize(
    ("kind", "products"),
    [
        ("equity", {Product.DELIVERY, Product.INTRADAY, Product.MTF}),
        ("future", {Product.NORMAL, Product.INTRADAY}),
        ("option", {Product.NORMAL, Product.INTRADAY}),
    ],
)
def test_contracts_and_shares_have_products_of_their_own(kind: str, products: set[Product]) -> None:
    assert products_of(kind) == products


@pytest.mark.parametrize(
    ("product", "kind", "allowed", "may"),
    [
        ("", "equity", False, False),
        ("", "equity", True, True),
        ("delivery", "equity", True, False),
        ("mtf", "equity", True, False),
        ("intraday", "equity", False, True),
        ("", "future", False, True),
        ("normal", "option", False, True),
    ],
)
def test_a_share_is_short_intraday_or_where_nothing_is_said_and_it_is_allowed(
    product: str, kind: str, allowed: bool, may: bool
) -> None:
    assert may_be_short(product, kind, allowed) is may

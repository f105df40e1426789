"""What a component's spec says without being told."""

from __future__ import annotations

from functools import partial

import pytest
from fakes.components import Idle, Simulation

from friday_core.domain.orders import OrderType
from friday_core.plugin.spec import ComponentSpec


class MarketOnly(Simulation):
    order_types = frozenset({OrderType.MARKET})


def test_a_broker_provides_the_order_types_of_its_class() -> None:
    spec = ComponentSpec("broker", "own", MarketOnly)
    assert spec.provides == {OrderType.MARKET}
    assert spec.capabilities == {"broker", "broker:market"}


def test_what_its_author_wrote_is_left_as_it_is() -> None:
    assert ComponentSpec("broker", "own", MarketOnly, provides=frozenset({"baskets"})).provides == {"baskets"}


@pytest.mark.parametrize(
    "spec",
    [
        ComponentSpec("broker", "own", partial(MarketOnly)),
        ComponentSpec("strategy", "own", Idle),
        ComponentSpec("broker", "own", type("Odd", (), {"order_types": ["market"]})),
    ],
    ids=["a function", "a strategy", "no frozenset"],
)
def test_nothing_is_guessed(spec: ComponentSpec) -> None:
    assert spec.provides == frozenset()

"""The paper broker: what it declares, and that its settings reach the matcher."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Order, OrderType, Side
from friday_core.domain.records import PlaceOrder
from friday_core.simulation.matching import MatchingRules
from friday_plugins.brokers.paper import PaperBroker, friday_components


def rules(**settings: object) -> MatchingRules:
    return PaperBroker(PaperBroker.Settings.model_validate(settings)).matcher().rules


def test_it_trades_on_the_next_slice_with_one_tick_of_slippage_by_default() -> None:
    assert rules() == MatchingRules(latency=0, slippage_ticks=1, participation_ppm=None)


def test_its_settings_reach_the_matcher() -> None:
    assert rules(latency=2, slippage_ticks=3, participation=0.1) == MatchingRules(2, 3, 100_000)
    assert rules(latency=0, slippage_ticks=0, participation=1) == MatchingRules(0, 0, 1_000_000)


def test_a_share_is_rounded_to_parts_per_million_not_cut() -> None:
    # 0.29 * 1,000,000 is 289999.99999999994 in floating point
    assert rules(participation=0.29).participation_ppm == 290_000


def test_each_session_gets_a_matcher_of_its_own() -> None:
    broker = PaperBroker(PaperBroker.Settings())
    assert broker.matcher() is not broker.matcher()


def test_it_is_a_simulated_account_that_takes_every_order_type() -> None:
    assert (PaperBroker.account, PaperBroker.assumed) == ("simulated", False)
    assert PaperBroker.order_types == frozenset(OrderType)


def test_sending_leaves_nothing_behind() -> None:
    broker = PaperBroker(PaperBroker.Settings())
    broker.send([PlaceOrder(Order(InstrumentId("INFY", "NSE"), Side.BUY, 1))])
    assert broker.results() == {}


@pytest.mark.parametrize(
    "wrong", [{"latency": -1}, {"slippage_ticks": -1}, {"participation": 0.0}, {"participation": 1.1}, {"speed": 1}]
)
def test_impossible_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        PaperBroker.Settings.model_validate(wrong)


def test_it_is_registered_with_its_order_types_as_abilities() -> None:
    [spec] = friday_components()
    assert (spec.key, spec.factory, spec.settings) == ("broker.paper", PaperBroker, PaperBroker.Settings)
    assert spec.capabilities == {"broker", "broker:market", "broker:limit", "broker:stop", "broker:stop_limit"}

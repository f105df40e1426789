"""The sentence that says where orders trade."""

from __future__ import annotations

from typing import Any

import pytest

from friday_core.analytics.fill_convention import fill_convention


def settings(scale: float = 1.0, **own: Any) -> dict[str, Any]:
    broker = {"use": "paper", "slippage_scale": scale}
    return {"broker": broker, "plugins": {"broker": {"paper": {"fill": "next_open", "slippage_ticks": 1, **own}}}}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (settings(), "decided at a close, filled at the next open; 1 tick slippage; any volume"),
        (settings(fill="next_close", slippage_ticks=2),
         "decided at a close, filled at the next close; 2 ticks slippage; any volume"),
        (settings(fill="this_close", slippage_ticks=0),
         "decided at a close and filled at that very close, which looks ahead by one print; no slippage; any volume"),
        (settings(participation=0.1),
         "decided at a close, filled at the next open; 1 tick slippage; at most 0.1 of a bar's volume"),
        (settings(slippage_spread=0.0005, slippage_impact=0.1, slippage_range=0.01),
         "decided at a close, filled at the next open; 1 tick and half a spread of 0.0500% and an impact of 0.1 times "
         "the squared share of the volume and 1.0000% of the bar's range slippage; any volume"),
        (settings(scale=2.0), "decided at a close, filled at the next open; 1 tick slippage, times 2; any volume"),
        (settings(scale=0.0), "decided at a close, filled at the next open; no slippage; any volume"),
        (settings(latency=1, latency_seconds=2.5, protection=0.01, band=0.2),
         "decided at a close, filled at the next open; 1 tick slippage; any volume; 1 bar later; not before 2.5 s have "
         "passed; not further than 0.01 from the latest price; not further than 0.2 from the close of the session "
         "before"),
        ({"broker": {"use": "mine"}, "plugins": {}}, "as the broker 'mine' fills them"),
        ({}, "not known"),
    ],
)  # fmt: skip
def test_the_sentence_names_everything_that_makes_a_price(given: dict[str, Any], told: str) -> None:
    assert fill_convention(given) == told

"""A book holds at most so many instruments."""

from __future__ import annotations

import pytest
from fakes.bars import A, B, flat
from fakes.session import Script, Session

from friday_core.domain.orders import Order, Side
from friday_plugins.risk_rules.max_positions import MaxPositions, Settings


@pytest.mark.parametrize(("most", "codes"), [(2, ["SENT", "SENT"]), (1, ["SENT", "MAX_POSITIONS"])])
def test_an_instrument_beyond_the_limit_is_refused(most: int, codes: list[str]) -> None:
    script = Script({1: [Order(A, Side.BUY, 1), Order(B, Side.BUY, 1)]})
    session = Session(script, rules={"max_positions": MaxPositions(Settings(most=most))})
    session.run([flat(1, A, 100), flat(1, B, 100)])
    assert [code for _, _, code in session.codes] == codes


def test_more_of_what_is_held_is_no_new_position() -> None:
    script = Script({1: [Order(A, Side.BUY, 1)], 2: [Order(A, Side.BUY, 1)]})
    session = Session(script, rules={"max_positions": MaxPositions(Settings(most=1))})
    session.run([flat(day, A, 100) for day in (1, 2)])
    assert [code for _, _, code in session.codes] == ["SENT", "SENT"]

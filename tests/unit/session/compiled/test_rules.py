"""Risk rules that say their terms: the kernel applies them, and each slice that it cannot judge is the driver's."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest
from unit.session.compiled.drawn_rules import AtMost
from unit.session.compiled.drawn_sessions import Drawn, Stepped, differences
from unit.session.compiled.test_blocks import ROWS, counts, simple

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.sessions import to_days
from friday_core.interfaces.risk_rule import Bound, OrderTerms, Proposal, RiskRule, Ruling
from friday_core.interfaces.strategy import BookView
from friday_core.session.compiled.ruled import has_order_terms
from friday_core.simulation.compiled.arena import plain
from friday_core.trading.limits import Limits
from friday_plugins.risk_rules.freeze_quantity import FreezeQuantity, FreezeQuantitySettings
from friday_plugins.risk_rules.long_only import LongOnly
from friday_plugins.risk_rules.max_positions import MaxPositions, Settings

NAN = float("nan")
NIFTY = Instrument(InstrumentId("NIFTY25NOVFUT", "NFO"), "INR", lot_size=75, kind="future")


def both(given: Drawn) -> Stepped:
    """By the kernel, having compared it with the driver."""
    stepped = Stepped(given, kernel=plain)
    assert differences(Stepped(given).left(), stepped.left()) == []
    return stepped


def taken(stepped: Stepped) -> list[tuple[int, int, str, str]]:
    """What was asked, sent and said of each decision."""
    return [(one.asked, one.sent, one.code, one.detail) for one in stepped.driver.log.decisions]


def ruled(wishes: list[float], rules: Mapping[str, RiskRule], instrument: Instrument = NIFTY, day: str = "") -> Drawn:
    """One instrument at about 100, a book of 10 lakhs; from ``day`` on, fifty slices a session."""
    given = simple(wishes, capital=[100_000_000], limits=Limits(allow_short=True), risk_rules=rules)
    first = 100 if not day else to_days(np.datetime64(day).item())
    rows = given.rows.with_columns({"session": given.rows["session"] + (first - 100)})
    return dataclasses.replace(given, rows=rows, universe=Universe([instrument]))


def freeze(**otherwise: int) -> FreezeQuantity:
    return FreezeQuantity(FreezeQuantitySettings(otherwise=otherwise))


# freeze_quantity -------------------------------------------------------------------------------------------------


def test_an_entry_is_cut_to_the_whole_lots_of_its_days_freeze_quantity_by_the_kernel() -> None:
    stepped = both(ruled([0.5], {"freeze_quantity": freeze()}, day="2025-11-10"))
    assert taken(stepped) == [(4950, 1800, "FREEZE_QUANTITY", "the exchange takes 1800 of NIFTY at once")]
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


def test_a_quantity_that_is_no_multiple_of_the_lot_leaves_whole_lots() -> None:
    stepped = both(ruled([0.5], {"freeze_quantity": freeze(NIFTY=1000)}))
    assert taken(stepped)[0][:3] == (4950, 975, "FREEZE_QUANTITY")


def test_a_day_without_facts_adds_nothing_and_says_which() -> None:
    stepped = both(ruled([NAN] * 60 + [0.5], {"freeze_quantity": freeze()}, day="2025-10-09"))
    ((asked, sent, code, detail),) = taken(stepped)
    assert (asked, sent, code) == (4950, 0, "FREEZE_UNKNOWN")
    assert detail.startswith("no freeze quantity of NIFTY on 2025-10-10 in freeze_quantities")
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


def test_what_reduces_passes_whole_and_what_turns_a_position_round_is_cut_beyond_it() -> None:
    """Long 1,800 after one entry; out and short by 4,950 asks for more than is taken at once."""
    rules = {"freeze_quantity": freeze(NIFTY=1500)}
    stepped = both(ruled([0.15, NAN, 0.3, NAN, 0.0, NAN, -0.5], rules))
    assert [one[1] for one in taken(stepped)] == [1425, 1500, -2925, -1500]
    stepped = both(ruled([0.15, NAN, 0.3, NAN, -0.5], rules))
    assert [one[:3] for one in taken(stepped)][2] == (-7875, -2925, "FREEZE_QUANTITY")
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


def test_shares_pass() -> None:
    shares = Instrument(InstrumentId("NIFTY25NOVFUT", "NSE"), "INR")
    assert taken(both(ruled([0.5], {"freeze_quantity": freeze()}, shares)))[0][2] == "SENT"


# long_only and max_positions -------------------------------------------------------------------------------------


def test_a_sale_is_cut_to_what_is_held_by_the_kernel() -> None:
    stepped = both(ruled([0.1, NAN, -0.1, NAN, -0.1], {"long_only": LongOnly()}))
    assert taken(stepped)[1:] == [
        (-1950, -975, "LONG_ONLY", "only 975 held and not on sale already"),
        (-975, 0, "LONG_ONLY", "only 0 held and not on sale already"),
    ]
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


def several(wishes: Mapping[int, list[float]], rules: Mapping[str, RiskRule]) -> Drawn:
    """Four instruments on each of 75 slices; ``wishes`` by slice."""
    given = simple([NAN], risk_rules=rules)
    wish = np.full(ROWS, NAN)
    for number, targets in wishes.items():
        wish[4 * number : 4 * number + 4] = targets
    rows = given.rows.with_columns({"wish0": wish})
    at = np.arange(ROWS) // 4
    ts = (100 + at // 25) * 86_400_000_000 + at % 25 * 60_000_000
    columns = {**rows.columns, "session": (100 + at // 25).astype(float)}
    rows = Chunk(ts, (np.arange(ROWS) % 4).astype(np.int32), columns)
    universe = Universe(Instrument(InstrumentId(name, "X"), "INR") for name in "ABCD")
    return dataclasses.replace(given, rows=rows, universe=universe)


def test_positions_beyond_the_most_are_denied_orders_of_the_slice_counted() -> None:
    given = several({0: [0.1, 0.1, 0.1, NAN], 2: [0.0, 0.2, NAN, 0.1], 4: [NAN, NAN, NAN, 0.1]}, {
        "max_positions": MaxPositions(Settings(most=2)),
    })  # fmt: skip
    stepped = both(given)
    assert [(one.instrument.symbol, one.code) for one in stepped.driver.log.decisions] == [
        ("A", "SENT"), ("B", "SENT"), ("C", "MAX_POSITIONS"),
        ("A", "SENT"), ("B", "SENT"), ("D", "MAX_POSITIONS"),
        ("D", "SENT"),
    ]  # fmt: skip
    assert taken(stepped)[2][3] == "2 instruments are held or on their way"
    assert counts(stepped) == {"kernel": 75, "driver": 0}


def test_an_instrument_whose_orders_come_to_nothing_together_is_on_order_all_the_same() -> None:
    """Bought and sold again before anything could trade: two orders work, and B would be a second instrument."""
    given = several({0: [0.1, NAN, NAN, NAN], 1: [0.0, NAN, NAN, NAN], 2: [NAN, 0.1, NAN, NAN]}, {
        "max_positions": MaxPositions(Settings(most=1)),
    })  # fmt: skip
    given = dataclasses.replace(
        given, rules=dataclasses.replace(given.rules, latency=10), limits=Limits(allow_short=True)
    )
    stepped = both(given)
    assert [one[2] for one in taken(stepped)] == ["SENT", "SENT", "MAX_POSITIONS"]
    assert counts(stepped)["driver"] == 0


# Several, and those that are asked ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "code"), [(("long", "freeze"), "LONG_ONLY"), (("freeze", "long"), "FREEZE_UNKNOWN")])
def test_of_two_rules_that_cut_alike_the_first_one_is_named(order: tuple[str, str], code: str) -> None:
    rules: dict[str, RiskRule] = {"long": LongOnly(), "freeze": freeze()}
    assert taken(both(ruled([-0.5], {name: rules[name] for name in order})))[0][2] == code


def test_the_smallest_of_limits_and_rules_counts() -> None:
    given = ruled([0.5], {"big": freeze(NIFTY=2000), "small": freeze(NIFTY=600), "other": freeze(NIFTY=600)})
    assert taken(both(given))[0][1:3] == (600, "FREEZE_QUANTITY")
    limited = dataclasses.replace(given, limits=Limits(order_value=5_000_000))
    assert taken(both(limited))[0][1:3] == (450, "ORDER_VALUE")


def test_with_a_rule_without_terms_a_slice_with_an_order_is_the_drivers() -> None:
    stepped = both(ruled([0.5], {"freeze_quantity": freeze(NIFTY=600), "at_most": AtMost(500)}))
    assert taken(stepped)[0][1:3] == (450, "AT_MOST")
    assert counts(stepped) == {"kernel": ROWS - 1, "driver": 1}


class Terms(RiskRule):
    """Those of even sessions are for ever, of odd ones there are none, and of one they are nonsense."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return Ruling(min(proposal.order.quantity, 150), "FEW", "150 at most")

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms | None:
        self.asked.append(session)
        if session == 104:
            return OrderTerms(Bound.ORDER, 150, "FEW", "150 at most", until=3)
        return None if session % 2 else OrderTerms(Bound.ORDER, 150, "FEW", "150 at most", until=session)


def test_only_where_a_rule_says_nothing_is_it_asked() -> None:
    wishes = [NAN] * 251
    wishes[10::50] = [0.3, -0.3] * 2 + [0.3]
    stepped = both(ruled(wishes, {"terms": Terms()}))
    assert [one[1:3] for one in taken(stepped)] == [(150, "FEW"), (-150, "FEW")] * 2 + [(150, "FEW")]
    assert counts(stepped) == {"kernel": ROWS - 3, "driver": 3}


class Least(Terms):
    """Asked about what adds."""

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return Ruling(max(proposal.reducing, 75), "ONE", "75 at most")

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms:
        return OrderTerms(Bound.ASKED)


def test_a_rule_that_lets_reductions_pass_is_asked_about_what_adds_alone() -> None:
    stepped = both(ruled([0.5, NAN, 0.0, NAN, -0.5, NAN, 0.5], {"one": Least()}))
    assert [one[1:3] for one in taken(stepped)] == [(75, "ONE"), (-75, "SENT"), (-75, "ONE"), (75, "ONE")]
    assert counts(stepped) == {"kernel": ROWS - 3, "driver": 3}


class Raises(Least):
    """Where it is asked it raises, so that the order is denied, what reduces and all."""

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        if proposal.reducing < proposal.order.quantity:
            raise ArithmeticError("no margin")
        return Ruling(proposal.order.quantity)

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms:
        return super().order_terms(instrument, session)


def test_it_is_asked_about_what_a_rule_before_it_has_cut() -> None:
    """With the first rule alone what closes the short passes; the second one denies all of it."""
    rules: dict[str, RiskRule] = {"freeze": freeze(NIFTY=1500)}
    given = ruled([-0.5, NAN, 0.5], rules)
    assert taken(both(given))[1][1:3] == (1500, "FREEZE_QUANTITY")
    stepped = both(dataclasses.replace(given, risk_rules={**rules, "raises": Raises()}))
    assert [one[1:3] for one in taken(stepped)] == [(0, "RULE_RAISED")] * 2
    assert counts(stepped) == {"kernel": ROWS - 2, "driver": 2}


class Half(LongOnly):
    """Checks something else, and forgets to say so."""

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return Ruling(proposal.order.quantity // 2, "HALF")


class HalfAndSaysSo(Half):
    """Says that nothing is known."""

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms | None:  # type: ignore[override]
        return None


@pytest.mark.parametrize(
    ("rule", "is_known"), [(LongOnly(), True), (freeze(), True), (AtMost(1), False), (Half(), False)]
)
def test_who_changes_what_is_checked_and_not_the_terms_is_found_out(rule: RiskRule, is_known: bool) -> None:
    assert has_order_terms(rule) == is_known


@pytest.mark.parametrize("rule", [Half(), HalfAndSaysSo()])
def test_who_checks_something_else_is_asked(rule: RiskRule) -> None:
    stepped = both(ruled([0.5], {"half": rule}))
    assert taken(stepped)[0][1:3] == (2475, "HALF")
    assert counts(stepped) == {"kernel": ROWS - 1, "driver": 1}


class Counted(Terms):
    """For ever the same."""

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms:
        self.asked.append(session)
        return OrderTerms(Bound.ORDER, 150, "FEW", "150 at most")


def test_terms_that_hold_for_ever_are_asked_for_once_however_many_blocks_there_are() -> None:
    rule = Counted()
    stepped = Stepped(dataclasses.replace(ruled([NAN], {"few": rule}), at_a_time=64), kernel=plain)
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}
    assert rule.asked == [100]

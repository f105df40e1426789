"""What terms say of an order is what a rule says that is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, Side
from friday_core.interfaces.risk_rule import Bound, OrderTerms, Proposal, RiskRule, Ruling
from friday_core.interfaces.strategy import BookView
from friday_core.testing.doubles import book_view

A = Instrument(InstrumentId("A", "NSE"), "INR")
B = Instrument(InstrumentId("B", "NSE"), "INR")
C = Instrument(InstrumentId("C", "NSE"), "INR")
VIEW = book_view()


def proposed(quantity: int, held: int = 0, working: int = 0) -> Proposal:
    """A signed quantity; ``working`` of the same side go before it."""
    side = Side.BUY if quantity > 0 else Side.SELL
    return Proposal(Order(A.id, side, abs(quantity)), A, 100, held, held + working + quantity)


@pytest.mark.parametrize(
    ("quantity", "held", "reducing"), [(5, 0, 0), (5, -3, 3), (5, -9, 5), (5, 3, 0), (-5, 3, 3), (-5, -3, 0)]
)
def test_the_reducing_part_brings_a_position_closer_to_zero(quantity: int, held: int, reducing: int) -> None:
    assert proposed(quantity, held).reducing == reducing


def test_working_orders_of_the_same_side_reduce_first() -> None:
    assert proposed(-5, held=6, working=-4).reducing == 2


@pytest.mark.parametrize(
    ("quantity", "held", "passes"), [(10, 0, 10), (11, 0, 10), (15, -12, 12), (11, -12, 11), (15, -4, 10)]
)
def test_an_order_that_adds_is_no_larger_than_the_most(quantity: int, held: int, passes: int) -> None:
    ruling = OrderTerms(Bound.ORDER, 10, "LARGE", "{ A = 10 } {}").ruling(proposed(quantity, held), VIEW)
    assert ruling == (Ruling(quantity) if passes == quantity else Ruling(passes, "LARGE", "{ A = 10 } {}"))


@pytest.mark.parametrize(("quantity", "held", "passes"), [(-5, 8, 5), (-5, 3, 3), (-5, -1, 0), (5, -1, 5)])
def test_nothing_is_sold_short(quantity: int, held: int, passes: int) -> None:
    ruling = OrderTerms(Bound.SHORT, code="SHORT", detail="only {}, not {}").ruling(proposed(quantity, held), VIEW)
    assert ruling == (Ruling(5) if passes == 5 else Ruling(passes, "SHORT", f"only {passes}, not {{}}"))


def test_instruments_held_and_those_on_order_count_alike() -> None:
    terms = OrderTerms(Bound.INSTRUMENTS, 2, "MANY", "{} are there")
    assert terms.ruling(proposed(5), book_view(held={B: 1})) == Ruling(5)
    assert terms.ruling(proposed(5), book_view(held={B: 1}, working={C.id: 0})) == Ruling(0, "MANY", "2 are there")
    assert terms.ruling(proposed(5), book_view(held={B: 1, C: 1}, working={A.id: 0})) == Ruling(5)


def test_no_bound_lets_all_pass() -> None:
    assert OrderTerms().ruling(proposed(-5), VIEW) == Ruling(5)


class AsWritten(RiskRule):
    """The rule of the docstring."""

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return Ruling(proposal.order.quantity)


def test_a_rule_says_no_terms_unless_it_overrides_them() -> None:
    assert AsWritten().order_terms(A, 100) is None


def test_terms_that_have_to_be_asked_answer_nothing() -> None:
    with pytest.raises(ValueError, match="check has to be asked"):
        OrderTerms(Bound.ASKED).ruling(proposed(5), VIEW)


BOUNDS = st.sampled_from([one for one in Bound if one is not Bound.ASKED])


@given(BOUNDS, st.integers(-2, 20), st.integers(1, 30), st.sampled_from([-1, 1]), st.integers(-20, 20))
def test_what_reduces_always_passes(bound: Bound, most: int, quantity: int, sign: int, held: int) -> None:
    proposal = proposed(sign * quantity, held)
    ruling = OrderTerms(bound, most, "X").ruling(proposal, book_view(held={A: held} if held else {}))
    assert min(proposal.reducing, quantity) <= ruling.quantity <= quantity

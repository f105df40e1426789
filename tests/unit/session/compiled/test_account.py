"""The account's limits: the kernel sees to it that they hold, and where one would cut, the slice is the driver's."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from unit.session.compiled.drawn_sessions import Drawn, Stepped, differences
from unit.session.compiled.test_blocks import ROWS, counts, simple

from friday_core.simulation.compiled.arena import plain
from friday_core.trading.limits import Limits

NAN = float("nan")


def both(given: Drawn) -> Stepped:
    """By the kernel, having compared it with the driver."""
    stepped = Stepped(given, kernel=plain)
    assert differences(Stepped(given).left(), stepped.left()) == []
    return stepped


def fills(stepped: Stepped) -> list[tuple[str, int]]:
    """Whose, and the signed quantity."""
    return [(one.strategy, one.side.sign * one.quantity) for one in stepped.driver.log.fills]


def of_account(wishes: list[float], **limits: int) -> Drawn:
    """A book of a lakh, in one instrument at about 100 rupees."""
    return simple(wishes, account=Limits(allow_short=True, **limits), limits=Limits(allow_short=True))


def of_two(first: list[float], second: list[float], **limits: int) -> Drawn:
    """The same with a second book."""
    given = of_account(first, **limits)
    wish = np.full(ROWS, NAN)
    wish[: len(second)] = second
    rows = given.rows.with_columns({"wish1": wish})
    return dataclasses.replace(given, rows=rows, wishes=["wish0", "wish1"], sees=[(), ()], capital=[10_000_000] * 2)


# An order of 499 at the close of 100.01 is worth 49,904.99 rupees.


def test_an_order_of_just_the_most_is_the_kernels() -> None:
    stepped = both(of_account([0.5], order_value=4_990_499))
    assert fills(stepped) == [("s0", 499)]
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


def test_an_order_worth_a_paisa_more_is_cut_by_the_driver_and_the_kernel_goes_on() -> None:
    stepped = both(of_account([0.5, NAN, NAN, 0.0], order_value=4_990_498))
    assert fills(stepped) == [("s0", 498), ("s0", -498)]
    assert counts(stepped) == {"kernel": ROWS - 1, "driver": 1}
    assert [str(one.status) for one in stepped.driver.log.orders] == ["denied", "filled", "filled"]


def test_what_closes_passes_however_much_it_is_worth() -> None:
    stepped = both(of_account([0.5, NAN, 0.9, NAN, 0.0], order_value=4_990_499))
    assert fills(stepped) == [("s0", 499), ("s0", 400), ("s0", -899)]
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


@pytest.mark.parametrize(("gross", "driver"), [(250_000, 0), (249_000, 1)])
def test_gross_exposure_is_that_of_all_books(gross: int, driver: int) -> None:
    """Half of one book of two is a quarter of the account."""
    stepped = both(of_two([0.5], [NAN], gross_ppm=gross))
    assert counts(stepped) == {"kernel": ROWS - driver, "driver": driver}


def test_positions_of_books_against_each_other_are_none_of_the_account() -> None:
    stepped = both(of_two([0.4, NAN, NAN, NAN, 0.8], [-0.4], gross_ppm=400_000))
    assert len(fills(stepped)) == 3
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


def test_orders_that_work_already_count() -> None:
    """With a latency of five slices the first order works when the second is decided."""
    given = of_two([0.4], [NAN, NAN, 0.4], gross_ppm=399_000)
    stepped = both(dataclasses.replace(given, rules=dataclasses.replace(given.rules, latency=5)))
    assert counts(stepped) == {"kernel": ROWS - 1, "driver": 1}
    assert fills(stepped)[0] == ("s0", 399)
    assert fills(stepped)[1][1] < 399

"""The margin check in the kernel: the full value of all positions, and charges, with the equity less a buffer."""

from __future__ import annotations

import pytest
from unit.session.compiled.drawn_sessions import Stepped, differences
from unit.session.compiled.test_blocks import ROWS, counts, simple

from friday_core.simulation.compiled.arena import plain
from friday_core.trading.limits import Limits

NAN = float("nan")


def stepped(wishes: list[float], buffer: int, **limits: int) -> Stepped:
    """A book of a lakh that may be short, in one instrument at 100.01 rupees; by the kernel, as the driver does it."""
    given = simple(wishes, limits=Limits(allow_short=True, margin=True, margin_buffer_ppm=buffer, **limits))
    found = Stepped(given, kernel=plain)
    assert differences(Stepped(given).left(), found.left()) == []
    assert counts(found) == {"kernel": ROWS, "driver": 0}
    return found


@pytest.mark.parametrize(
    ("buffer", "room", "most"),
    [
        (0, "100,000.00", 999),  # 99,909.99 and charges of 29.97; one more is worth 100,010.00
        (100_000, "90,000.00", 899),  # 89,908.99 and 26.97
        (800, "99,920.00", 998),  # 999 are worth 99,909.99, and their charges are too much
    ],
)
def test_a_short_is_cut_to_what_equity_and_charges_allow(buffer: int, room: str, most: int) -> None:
    """1,999 are asked for, worth 199,919.99 and charged 59.98."""
    found = stepped([-2.0], buffer)
    assert [one.side.sign * one.quantity for one in found.driver.log.fills] == [-most]
    (taken,) = found.driver.log.decisions
    assert (taken.code, taken.detail) == (
        "MARGIN",
        f"199,979.97 INR with all orders of the slice, {room} INR at most",
    )


def test_what_closes_passes_though_the_margin_is_used_up() -> None:
    found = stepped([-2.0, NAN, 0.0], 0)
    assert [one.side.sign * one.quantity for one in found.driver.log.fills] == [-999, 999]


def test_the_gross_limit_cuts_first_and_the_margin_what_is_left() -> None:
    """1,999 are cut to the 1,499 that are within 150% of the equity, and these to 999."""
    found = stepped([-2.0], 0, gross_ppm=1_500_000)
    assert found.driver.log.decisions[0].code == "MARGIN"
    assert found.driver.log.decisions[0].detail.startswith("149")

"""The session's date and the adjustment factor on every row."""

from __future__ import annotations

from fakes.bars import UNIVERSE, A, B, Row, chunk_of, flat

from friday_core.domain.market import CorporateAction
from friday_core.domain.sessions import SessionDates
from friday_core.flow.stamps import Stamps


def stamps(*actions: CorporateAction, zone: str = "Asia/Kolkata") -> Stamps:
    made = Stamps(UNIVERSE, SessionDates(zone))
    for action in actions:
        made.announce(action)
    return made


def stamped(made: Stamps, *rows: Row) -> list[tuple[float, float]]:
    chunk = made.stamp(chunk_of(rows))
    return list(zip(chunk["session"].tolist(), chunk["factor"].tolist(), strict=True))


def test_a_row_carries_its_date_in_the_exchanges_zone() -> None:
    # 15:30 in India is 23:00 of the day before at the western end of the world.
    assert stamped(stamps(), flat(7, A, 100)) == [(7.0, 1.0)]
    assert stamped(stamps(zone="Pacific/Midway"), flat(7, A, 100)) == [(6.0, 1.0)]


def test_the_factor_changes_with_the_first_row_of_the_ex_date() -> None:
    made = stamps(CorporateAction(A, 8, numerator=2, factor=2.0))
    assert stamped(made, flat(7, A, 100), flat(8, A, 50), flat(9, A, 50)) == [(7.0, 1.0), (8.0, 2.0), (9.0, 2.0)]


def test_factors_of_several_actions_multiply_whatever_the_order_of_announcement() -> None:
    made = stamps(
        CorporateAction(A, 9, factor=1.5), CorporateAction(A, 8, factor=2.0), CorporateAction(A, 9, factor=4.0)
    )
    assert [factor for _, factor in stamped(made, *(flat(day, A, 100) for day in (7, 8, 9)))] == [1.0, 2.0, 12.0]


def test_an_action_concerns_its_instrument_only() -> None:
    made = stamps(CorporateAction(B, 8, factor=2.0))
    assert [factor for _, factor in stamped(made, flat(8, A, 100), flat(8, B, 50))] == [1.0, 2.0]


def test_a_late_announcement_changes_the_rows_after_it_and_none_before() -> None:
    made = stamps()
    before = stamped(made, flat(9, A, 100))
    made.announce(CorporateAction(A, 8, factor=2.0))
    assert (before, stamped(made, flat(9, A, 100, minute=1))) == ([(9.0, 1.0)], [(9.0, 2.0)])


def test_raw_prices_are_left_alone() -> None:
    chunk = stamps(CorporateAction(A, 7, factor=2.0)).stamp(chunk_of([flat(7, A, 100)]))
    assert chunk["close"].tolist() == [100]


def splits(made: Stamps, *rows: Row) -> list[float]:
    found: list[float] = made.stamp(chunk_of(rows))["split"].tolist()
    return found


def test_the_split_tells_how_many_shares_one_has_become_and_leaves_dividends_out() -> None:
    made = stamps(CorporateAction(A, 8, numerator=2, factor=2.0), CorporateAction(A, 9, dividend=5, factor=1.05))
    assert splits(made, *(flat(day, A, 100) for day in (7, 8, 9))) == [1.0, 2.0, 2.0]


def test_splits_multiply_exactly_and_are_rounded_once() -> None:
    thirds = [CorporateAction(A, day, numerator=4, denominator=3, factor=4 / 3) for day in (8, 9)]
    back = [CorporateAction(A, day, numerator=3, denominator=4, factor=3 / 4) for day in (10, 11)]
    made = stamps(*thirds, *back)
    assert splits(made, *(flat(day, A, 100) for day in range(7, 12))) == [1.0, 4 / 3, 16 / 9, 4 / 3, 1.0]


def test_a_split_concerns_its_instrument_only() -> None:
    made = stamps(CorporateAction(B, 8, numerator=5, factor=5.0))
    assert splits(made, flat(8, A, 100), flat(8, B, 20)) == [1.0, 5.0]

"""Lots: what closes first, what a part costs, how a split is shared out."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from friday_core.trading.lots import Lot, close_oldest, split


def lots_of(*quantities_and_costs: tuple[int, int]) -> deque[Lot]:
    """Lots opened at times 1, 2, 3, ..."""
    return deque(Lot(quantity, cost, n) for n, (quantity, cost) in enumerate(quantities_and_costs, 1))


def test_the_oldest_lot_closes_first_and_a_part_of_the_next_follows() -> None:
    lots = lots_of((10, 1_000), (10, 1_200), (10, 1_500))
    assert close_oldest(lots, 15) == 1_000 + 600
    assert list(lots) == [Lot(5, 600, 2), Lot(10, 1_500, 3)]


def test_a_lot_that_closes_whole_gives_its_whole_cost() -> None:
    lots = lots_of((10, 1_000), (10, 1_200))
    assert close_oldest(lots, 10) == 1_000
    assert list(lots) == [Lot(10, 1_200, 2)]


def test_a_part_costs_its_share_half_even_and_the_lot_keeps_the_remainder() -> None:
    lots = lots_of((3, 100))
    parts = [close_oldest(lots, 1) for _ in range(3)]
    assert parts == [33, 34, 33]  # 100/3 = 33.3; 67/2 = 33.5, to the even 34; the rest


def test_a_short_lot_is_split_like_a_long_one() -> None:
    lots = lots_of((-3, -100))
    assert close_oldest(lots, 1) == -33
    assert list(lots) == [Lot(-2, -67, 1)]


def test_closing_nothing_costs_nothing() -> None:
    lots = lots_of((3, 100))
    assert close_oldest(lots, 0) == 0
    assert list(lots) == [Lot(3, 100, 1)]


def test_two_for_one_doubles_every_lot_at_its_cost() -> None:
    assert list(split(lots_of((3, 300), (5, 600)), 2, 1)) == [Lot(6, 300, 1), Lot(10, 600, 2)]


def test_the_share_left_over_goes_to_the_lot_with_the_largest_remainder() -> None:
    # 5 for 3: 2 become 3 1/3, 1 becomes 1 2/3, together 5
    assert list(split(lots_of((2, 200), (1, 100)), 5, 3)) == [Lot(3, 200, 1), Lot(2, 100, 2)]


def test_the_older_lot_wins_a_tie_of_remainders() -> None:
    # 3 for 2: three times 1 1/2, together 4
    expected = [Lot(2, 100, 1), Lot(1, 110, 2), Lot(1, 120, 3)]
    assert list(split(lots_of((1, 100), (1, 110), (1, 120)), 3, 2)) == expected


def test_a_short_lot_stays_short() -> None:
    assert list(split(lots_of((-3, -300)), 2, 1)) == [Lot(-6, -300, 1)]


def test_a_lot_left_without_a_share_gives_its_cost_to_the_next() -> None:
    # 1 for 10: 2 become 0.2 and 18 become 1.8, together 2
    assert list(split(lots_of((2, 20), (18, 200)), 1, 10)) == [Lot(2, 220, 2)]


def test_the_last_lots_left_without_a_share_give_their_cost_to_the_one_before() -> None:
    # 1 for 10: 18, 1 and 1 become 2, 0 and 0
    assert list(split(lots_of((18, 200), (1, 10), (1, 11)), 1, 10)) == [Lot(2, 221, 1)]


def test_nothing_is_left_of_less_than_one_share() -> None:
    assert list(split(lots_of((4, 40), (5, 50)), 1, 10)) == []


ratios = st.integers(1, 12)
some_lots = st.lists(st.tuples(st.integers(1, 500), st.integers(0, 10**9)), min_size=1, max_size=8)


@given(some_lots, ratios, ratios, st.sampled_from([1, -1]))
def test_a_split_keeps_the_cost_and_shares_out_every_whole_share(
    pairs: list[tuple[int, int]], numerator: int, denominator: int, sign: int
) -> None:
    before = lots_of(*((sign * quantity, sign * cost) for quantity, cost in pairs))
    after = split(before, numerator, denominator)
    total = sum(quantity for quantity, _ in pairs) * numerator // denominator
    assert sum(lot.quantity for lot in after) == sign * total
    if after:
        assert sum(lot.cost for lot in after) == sum(lot.cost for lot in before)
        assert all(lot.quantity * sign > 0 for lot in after)


@given(some_lots, st.data())
def test_closing_in_parts_returns_the_whole_cost(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    lots = lots_of(*pairs)
    left, cost = sum(quantity for quantity, _ in pairs), 0
    while left:
        part = data.draw(st.integers(1, left))
        cost += close_oldest(lots, part)
        left -= part
    assert cost == sum(cost for _, cost in pairs)
    assert not lots

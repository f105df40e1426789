"""What holds in every session, whatever is wished for: nothing is owed, and nobody is first for a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakes.bars import A, B, C, Row
from fakes.markets import Market, markets
from fakes.session import PerFill
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId

CHARGED = PerFill(3, 2)
ROTATED = {A: InstrumentId("Z", "NSE"), B: InstrumentId("A", "NSE"), C: InstrumentId("M", "BSE")}


@given(markets())
def test_without_a_permission_for_shorts_a_book_owes_neither_cash_nor_shares(market: Market) -> None:
    settings = {**market.settings, "risk": {**market.settings["risk"], "allow_short": False}}
    session = Market(market.rows, market.actions, market.seeds, settings).session(charges=CHARGED)
    session.announce(*market.actions)
    for row in range(len(market.rows)):
        session.feed(market.rows[row : row + 1])
        for book in session.account.books.values():
            assert all(quantity > 0 for quantity in book.positions().values())
    assert all(point.cash >= 0 for point in session.log.equity)


@st.composite
def busy_markets(draw: st.DrawFn) -> Market:
    """Every instrument trades on every slice, so that what is sold always pays for what is bought."""
    rows = []
    closes = dict.fromkeys((A, B, C), 100)
    for session in range(1, draw(st.integers(3, 9))):
        for one in closes:
            opened = max(20, closes[one] + draw(st.integers(-5, 5)))
            close = max(20, opened + draw(st.integers(-8, 8)))
            rows.append(Row(session, one, opened, max(opened, close), min(opened, close), close))
            closes[one] = close
    return Market(rows, seeds=(draw(st.integers(0, 10**6)),), settings={})


@given(busy_markets())
def test_names_do_not_matter_where_everybody_competes_for_cash(market: Market) -> None:
    # The buffer is so large that no fill needs more cash than its order has reserved.
    scarce: dict[str, Any] = {
        "risk": {"cash_buffer": 0.5, "max_gross_exposure": 0.8, "max_net_exposure": 0.7, "allow_short": False},
        "capital": 6_000,
        "charges": CHARGED,
    }
    renamed = sorted(
        (row._replace(instrument=ROTATED[row.instrument]) for row in market.rows),
        key=lambda row: (row.ts_event, row.instrument),
    )
    universe = Universe(Instrument(one, "INR") for one in ROTATED.values())
    called: Mapping[InstrumentId, str] = {new: str(old) for old, new in ROTATED.items()}
    original = market.session(**scarce).run(market.rows)
    other = Market(renamed, seeds=market.seeds).session(universe=universe, called=called, **scarce)
    assert other.run(renamed).equity == original.equity


@given(markets())
def test_a_cut_has_a_code_and_a_detail_and_what_was_sent_in_full_has_neither(market: Market) -> None:
    for one in market.session(charges=CHARGED).run(market.rows, *market.actions).log.decisions:
        if one.kind == "cancel":
            continue
        assert abs(one.sent) <= abs(one.asked)
        assert one.sent * one.asked >= 0
        if one.sent != one.asked:
            assert one.code not in ("SENT", "NO_CHANGE", "SUPERSEDED")
            assert one.detail
        elif one.sent:
            assert (one.code, one.detail) == ("SENT", "")

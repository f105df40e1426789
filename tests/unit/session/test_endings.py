"""Contracts that expire and shares that are delisted: at what price a position ends, what it costs, what is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pytest
from fakes.bars import A, Row, flat
from fakes.session import PerFill, Says, Script, Session

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Fill, FillKind, Order, OrderType, SettledFill, Side, TimeInForce
from friday_core.domain.records import CancelOrder, PlaceOrder
from friday_core.domain.signals import Target
from friday_core.interfaces.broker import Tariff
from friday_core.session.custody import HoldingTerms
from friday_core.trading.codes import Code
from friday_core.trading.endings import Ending, OptionTerms
from friday_core.trading.entry_rules import EntryRules
from friday_core.trading.session_times import daily_times
from friday_plugins.charges.indian import Indian, IndianSettings

BUY, SELL = Side.BUY, Side.SELL
#: 26 May 2026, on which contracts of May expire.
LAST = 20_599
FUTURE, CALL, PUT = (InstrumentId(f"NIFTY26MAY{end}", "NFO") for end in ("FUT", "24000CE", "24000PE"))
NIFTY = InstrumentId("NIFTY 50", "NSE")
UNIVERSE = Universe([
    Instrument(A, "INR"),
    Instrument(CALL, "INR", lot_size=65, kind="option"),
    Instrument(PUT, "INR", lot_size=65, kind="option"),
    Instrument(FUTURE, "INR", lot_size=65, kind="future"),
    Instrument(NIFTY, "INR", kind="index"),
])  # fmt: skip
TIMES = daily_times(dt.time(9, 15), dt.time(15, 30), "Asia/Kolkata")


def option(is_call: bool) -> Ending:
    return Ending(LAST, option=OptionTerms(UNIVERSE.instrument(NIFTY), 24_000_00, is_call))


ENDINGS = {FUTURE: Ending(LAST), CALL: option(True), PUT: option(False), A: Ending(LAST, Code.DELISTED)}


def session_of(
    says: Mapping[int, Says],
    *,
    charges: Tariff | None = None,
    endings: Mapping[InstrumentId, Ending] = ENDINGS,
    product: str = "",
) -> Session:
    return Session(
        Script(says), universe=UNIVERSE, capital=1_00_00_000_00, charges=charges, product=product,
        entries=EntryRules(TIMES, endings), terms=HoldingTerms(TIMES, endings),
    )  # fmt: skip


def days(prices: Mapping[InstrumentId, Sequence[int]], last: int = LAST) -> list[Row]:
    """A bar a day for each instrument, the last of each on ``last``."""
    rows = [flat(last - len(each) + n, name, price) for name, each in prices.items() for n, price in enumerate(each, 1)]
    return sorted(rows, key=lambda row: (row.session, UNIVERSE.position(row.instrument)))


def settlements(session: Session) -> list[tuple[str, int, int, int]]:
    """Symbol, signed quantity, price and charges."""
    return [
        (one.instrument.symbol, one.side.sign * one.quantity, one.price, one.charges)
        for one in session.log.fills
        if one.kind is FillKind.SETTLEMENT
    ]


def test_a_future_is_settled_at_the_close_of_its_last_session() -> None:
    # 65 bought at 24,010.00, settled at 24,100.50: 65 x 90.50 = 5,882.50 rupees.
    session = session_of({LAST - 2: [Order(FUTURE, BUY, 65)]})
    session.run([*days({FUTURE: [24_000_00, 24_010_00, 24_100_50]}), flat(LAST + 1, A, 100)])
    assert settlements(session) == [("NIFTY26MAYFUT", -65, 24_100_50, 0)]
    assert session.book.cash == session.book.equity == 1_00_00_000_00 + 5_882_50
    assert session.book.positions() == {}
    assert session.equity[2][1:] == (1_00_05_882_50, 0, 0, 1_00_05_882_50)


def test_a_short_future_is_bought_back_at_the_settlement() -> None:
    session = session_of({LAST - 2: [Order(FUTURE, SELL, 65)]})
    session.run(days({FUTURE: [24_000_00, 24_010_00, 24_100_50]}))
    assert settlements(session) == [("NIFTY26MAYFUT", 65, 24_100_50, 0)]
    assert session.book.cash == 1_00_00_000_00 - 5_882_50


def test_the_settlement_has_an_order_of_its_own_that_no_broker_is_sent() -> None:
    session = session_of({LAST - 2: [Order(FUTURE, BUY, 65)]}, product="normal")
    session.run(days({FUTURE: [24_000_00, 24_010_00, 24_100_50]}))
    entry, last = session.log.orders
    assert (str(last.status), last.order.product, last.order.ts_decided) == (
        "filled",
        "normal",
        session.log.fills[1].ts_event,
    )
    assert last.order.reason == "SETTLED: the last session was that of 2026-05-26, at its last close"
    sent = [intent for intents in session.intents for intent in intents]
    assert sent == [PlaceOrder(entry.order)]
    assert isinstance(session.log.fills[1], SettledFill)


def test_the_strategy_is_told() -> None:
    script = Script({LAST - 2: [Order(FUTURE, BUY, 65)]})
    session = Session(script, universe=UNIVERSE, capital=1_00_00_000_00, terms=HoldingTerms(TIMES, ENDINGS))
    session.run(days({FUTURE: [24_000_00, 24_010_00, 24_100_50]}))
    assert [one.price for one in script.events if isinstance(one, Fill)] == [24_010_00, 24_100_50]


@pytest.mark.parametrize(
    ("name", "side", "index", "price"),
    [
        (CALL, BUY, 24_120_40, 120_40),
        (CALL, SELL, 24_120_40, 120_40),
        (CALL, BUY, 23_999_95, 0),
        (PUT, BUY, 23_900_00, 100_00),
        (PUT, SELL, 24_000_00, 0),
    ],
)
def test_an_option_is_settled_at_its_intrinsic_value(name: InstrumentId, side: Side, index: int, price: int) -> None:
    session = session_of({LAST - 2: [Order(name, side, 65)]})
    rows = days({name: [80_00, 80_00, 77_00], NIFTY: [24_000_00, 24_000_00, index]})
    session.run(rows)
    assert settlements(session) == [(name.symbol, -side.sign * 65, price, 0)]
    assert session.book.cash == 1_00_00_000_00 + side.sign * 65 * (price - 80_00)
    assert "at its intrinsic value by the close of NIFTY 50.NSE" in session.log.orders[1].order.reason


def test_an_option_without_a_close_of_its_underlying_is_settled_at_its_own_and_says_so() -> None:
    session = session_of({LAST - 2: [Order(CALL, BUY, 65)]})
    session.run(days({CALL: [80_00, 80_00, 77_00]}))
    assert settlements(session) == [("NIFTY26MAY24000CE", -65, 77_00, 0)]
    assert "at its last close, as no close of NIFTY 50.NSE is known" in session.log.orders[1].order.reason


def test_the_close_of_an_underlying_that_is_older_is_told_as_stale() -> None:
    session = session_of({LAST - 2: [Order(CALL, BUY, 65)]})
    rows = [*days({CALL: [80_00, 80_00, 77_00]}), flat(LAST - 1, NIFTY, 24_050_00)]
    session.run(sorted(rows, key=lambda row: row.session))
    assert settlements(session) == [("NIFTY26MAY24000CE", -65, 50_00, 0)]
    assert "by the close of NIFTY 50.NSE, which is stale, of 2026-05-25" in session.log.orders[1].order.reason


def test_an_option_that_is_held_pays_the_tax_on_exercise_and_nothing_else() -> None:
    # 0.15% of 65 x 120.40 = 7,826.00 is 11.739, to the rupee 12.
    session = session_of({LAST - 2: [Order(CALL, BUY, 65)]}, charges=Indian(IndianSettings()))
    session.run(days({CALL: [80_00, 80_00, 77_00], NIFTY: [24_000_00, 24_000_00, 24_120_40]}))
    assert settlements(session) == [("NIFTY26MAY24000CE", -65, 120_40, 12_00)]


@pytest.mark.parametrize(("name", "side"), [(CALL, SELL), (FUTURE, BUY), (FUTURE, SELL), (PUT, BUY)])
def test_a_writer_a_future_and_a_worthless_option_pay_nothing(name: InstrumentId, side: Side) -> None:
    session = session_of({LAST - 2: [Order(name, side, 65)]}, charges=Indian(IndianSettings()))
    session.run(days({name: [80_00, 80_00, 77_00], NIFTY: [24_000_00, 24_000_00, 24_120_40]}))
    assert settlements(session)[0][3] == 0


def test_a_plan_that_knows_no_settlement_charges_it_like_a_trade() -> None:
    session = session_of({LAST - 2: [Order(FUTURE, BUY, 65)]}, charges=PerFill(each=5))
    session.run(days({FUTURE: [24_000_00, 24_010_00, 24_100_50]}))
    assert settlements(session)[0][3] == 5


def test_what_works_in_a_contract_ends_with_it() -> None:
    resting = Order(FUTURE, SELL, 65, OrderType.LIMIT, limit_price=25_000_00, time_in_force=TimeInForce.GTC)
    session = session_of({LAST - 2: [Order(FUTURE, BUY, 65)], LAST - 1: [resting]})
    session.run(days({FUTURE: [24_000_00, 24_010_00, 24_100_50]}))
    limit = session.log.orders[1]
    reason = "ENDED: the last session of NIFTY26MAYFUT.NFO was that of 2026-05-26"
    assert (str(limit.status), limit.reason) == ("cancelled", reason)
    assert CancelOrder(limit.order.tag, reason) in [intent for intents in session.intents for intent in intents]
    assert session.book.positions() == {}


@pytest.mark.parametrize("day", [LAST, LAST + 1])
def test_after_its_last_close_a_contract_is_not_ordered_with_a_bar_or_without_one(day: int) -> None:
    session = session_of({day: [Order(FUTURE, BUY, 65)]})
    session.run([flat(LAST, FUTURE, 24_000_00), flat(LAST + 1, A, 100), flat(LAST + 2, A, 100)])
    assert session.codes == [(day, "NIFTY26MAYFUT", "EXPIRED_INSTRUMENT")]
    assert session.fills == []


def test_on_its_last_session_a_contract_trades_until_the_close() -> None:
    session = session_of({LAST: [Order(FUTURE, BUY, 65)]})
    bars = [
        flat(LAST, FUTURE, price, minute=minute) for minute, price in ((-2, 24_000_00), (-1, 24_001_00), (0, 24_003_00))
    ]
    session.run(bars)
    assert session.fills == [(LAST, "NIFTY26MAYFUT", 65, 24_001_00), (LAST, "NIFTY26MAYFUT", -65, 24_003_00)]


def test_without_a_bar_at_the_close_it_is_settled_before_the_next_session() -> None:
    session = session_of({LAST: [Order(FUTURE, BUY, 65)]})
    bars = [flat(LAST, FUTURE, price, minute=minute) for minute, price in ((-5, 24_000_00), (-4, 24_001_00))]
    session.run([*bars, flat(LAST + 1, A, 100)])
    assert session.fills[1] == (LAST, "NIFTY26MAYFUT", -65, 24_001_00)
    assert [one.instrument for one in session.log.positions] == []
    assert session.log.fills[1].ts_event == session.log.equity[1].ts_event


def test_a_contract_whose_last_session_has_no_slice_is_settled_at_the_last_close_which_is_told_as_stale() -> None:
    session = session_of({LAST - 3: [Order(FUTURE, BUY, 65)]})
    session.run([*days({FUTURE: [24_000_00, 24_001_00, 24_002_00]}, LAST - 1), flat(LAST + 3, A, 100)])
    assert settlements(session) == [("NIFTY26MAYFUT", -65, 24_002_00, 0)]
    assert session.log.orders[1].order.reason.endswith("at its last close, which is stale, of 2026-05-25")


def test_a_contract_on_a_share_is_settled_in_cash_and_says_what_would_happen() -> None:
    session = session_of({LAST - 2: [Order(FUTURE, BUY, 65)]}, endings={FUTURE: Ending(LAST, delivers=True)})
    session.run(days({FUTURE: [24_000_00, 24_010_00, 24_100_50]}))
    assert session.log.orders[1].order.reason.endswith("; shares would be delivered, here their worth is")


def test_a_delisted_share_keeps_its_last_price_until_its_date_and_is_sold_at_it() -> None:
    # Suspended three days before: 10 bought at 1,010.00 are worth 995.00 until they go at that, charged as a sale:
    # STT 0.1% of 9,950 to the rupee 10, exchange 0.30, IPFT and SEBI 0.01 each, GST 18% of 0.3153 is 0.06, the
    # depository 15.34.
    rows = [*days({A: [1_000_00, 1_010_00, 995_00]}, LAST - 3), flat(LAST - 1, NIFTY, 1), flat(LAST, NIFTY, 1)]
    session = session_of({LAST - 5: [Order(A, BUY, 10)]}, charges=Indian(IndianSettings()), product="delivery")
    session.run(rows)
    assert settlements(session) == [("A", -10, 995_00, 25_72)]
    assert [one.value for one in session.log.positions if one.session in (LAST - 3, LAST - 1)] == [9_950_00, 9_950_00]
    reason = "DELISTED: the last session was that of 2026-05-26, at its last close, which is stale, of 2026-05-23"
    assert session.log.orders[1].order.reason == reason


def test_a_delisted_share_brings_the_price_that_is_stated() -> None:
    session = session_of({LAST - 2: [Order(A, BUY, 10)]}, endings={A: Ending(LAST, Code.DELISTED, price=12_50)})
    session.run(days({A: [1_000_00, 1_000_00, 900_00]}))
    assert settlements(session) == [("A", -10, 12_50, 0)]
    assert session.book.cash == 1_00_00_000_00 - 10 * (1_000_00 - 12_50)


def test_a_split_before_the_last_session_is_in_the_settlement() -> None:
    split = CorporateAction(A, LAST - 1, numerator=2, denominator=1, factor=2.0)
    rows = [*days({A: [1_000_00, 1_000_00]}, LAST - 2), flat(LAST - 1, NIFTY, 1), flat(LAST, NIFTY, 1)]
    session = session_of({LAST - 3: [Order(A, BUY, 10)]}).run(rows, split)
    assert settlements(session) == [("A", -20, 500_00, 0)]


def test_a_delisted_share_is_not_ordered() -> None:
    session = session_of({LAST: [Order(A, BUY, 10)]}).run(days({A: [1_000_00]}))
    assert session.codes == [(LAST, "A", "DELISTED")]


def test_a_target_of_nothing_asks_for_nothing_after_the_settlement() -> None:
    session = session_of({LAST - 2: [Order(FUTURE, BUY, 65)], LAST: [Target(FUTURE, 0.0)]})
    session.run(days({FUTURE: [24_000_00, 24_010_00, 24_100_50]}))
    assert session.codes[1] == (LAST, "NIFTY26MAYFUT", "NO_CHANGE")


def test_every_book_is_settled_and_what_they_netted_is_withdrawn() -> None:
    limit = Order(FUTURE, BUY, 65)
    scripts = [Script({LAST - 2: [limit], LAST - 1: [limit]}) for _ in range(2)]
    matching = {"latency": 1}
    session = Session(
        *scripts, universe=UNIVERSE, capital=1_00_00_000_00, netting=True, matching=matching,
        entries=EntryRules(TIMES, ENDINGS), terms=HoldingTerms(TIMES, ENDINGS),
    )  # fmt: skip
    session.run([*days({FUTURE: [24_000_00, 24_010_00, 24_100_50]}), flat(LAST + 1, A, 100)])
    assert settlements(session) == [("NIFTY26MAYFUT", -65, 24_100_50, 0)] * 2
    assert session.log.netting is not None
    assert [str(one.working.status) for one in session.log.netting.orders] == ["filled", "cancelled"]


@pytest.mark.parametrize("cuts", [[1], [1, 2, 3]])
def test_the_rows_may_come_in_any_chunks(cuts: list[int]) -> None:
    def run(at: list[int]) -> Session:
        rows = [*days({FUTURE: [24_000_00, 24_010_00, 24_100_50]}), flat(LAST + 1, A, 100)]
        return session_of({LAST - 2: [Order(FUTURE, BUY, 65)]}).run(rows, cuts=at)

    assert run([]).outcome == run(cuts).outcome

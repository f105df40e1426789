"""``summary.json``: figures that are true, and valid JSON whatever happened."""

from __future__ import annotations

import json
from typing import Any

from fakes.bars import COLUMNS, A, B, flat
from fakes.markets import Market, markets
from fakes.session import PerFill, Script, Session
from fakes.stages import ByRow
from hypothesis import given

from friday_core.domain.orders import Order, Side
from friday_core.domain.records import SessionStarted
from friday_core.domain.verdicts import Verdict
from friday_core.flow.plans import StreamPlan
from friday_core.session.runner import RunStatus
from friday_core.session.summary import summary_of


def summary(session: Session, status: RunStatus = RunStatus.FINISHED, error: str = "") -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        json.dumps(summary_of(session.core, session.account, session.universe, status, error), allow_nan=False)
    )
    return told


def test_a_run_by_hand() -> None:
    # 10 A at 1.00 and 0.05 of charges; then 1.20: equity 100 - 10.05 + 12 = 101.95.
    plan = StreamPlan(COLUMNS, [("judge", ByRow({2: Verdict.QUARANTINE}))])
    script = Script({1: [Order(A, Side.BUY, 10), Order(B, Side.BUY, 1)]})
    session = Session(script, capital=10_000, charges=PerFill(5), plan=plan)
    session.apply(SessionStarted(7, "hand", "backtest", "hash", ("one",)))
    told = summary(session.run([flat(1, A, 100), flat(2, A, 100), flat(2, B, 100), flat(3, A, 120)]))
    assert told["session"] == {"profile": "hand", "mode": "backtest", "settings_hash": "hash", "plugins": ["one"]}
    results = told["results"]
    assert (results["start_equity"], results["end_equity"], results["fills"]) == (100.0, 101.95, 1)
    assert (results["rows"], results["slices"], results["sessions"]) == (4, 3, 3)
    assert (results["first_session"], results["last_session"]) == ("1970-01-02", "1970-01-04")
    assert (results["decisions"], results["orders"]) == ({"SENT": 1, "UNPRICED": 1}, {"filled": 1})
    book = told["strategies"]["s0"]
    assert (book["cash"], book["unrealised"], book["charges"], book["positions"]) == (89.95, 2.0, 0.05, {"A.NSE": 10})
    assert told["quarantine"] == [
        {"stream": "market_data", "stage": "judge", "verdict": "QUARANTINE", "reason": "quarantine", "rows": 1}
    ]


def test_equal_inputs_give_equal_results_whatever_the_clock_said() -> None:
    def told(ts: int) -> dict[str, Any]:
        session = Session(Script({1: [Order(A, Side.BUY, 10)]}))
        session.apply(SessionStarted(ts, "hand", "backtest", "hash"))
        return summary(session.run([flat(1, A, 100), flat(2, A, 110)]))

    assert told(1) == told(2)


def test_a_run_that_failed_before_its_first_record_has_a_summary() -> None:
    told = summary(Session(Script({}), Script({})), RunStatus.FAILED, "OSError: no")
    assert (told["status"], told["error"], told["session"]) == ("failed", "OSError: no", {})
    assert (told["results"]["slices"], told["results"]["first_session"], told["results"]["sharpe"]) == (0, None, None)


def test_slow_records_are_told_by_stage_and_change_no_result() -> None:
    session = Session(Script({1: [Order(A, Side.BUY, 10)]})).run([flat(1, A, 100), flat(2, A, 110)])
    slow = {"validator.lazy": 2, "strategy.s0": 1}
    told, quick = (
        summary_of(session.core, session.account, session.universe, RunStatus.FINISHED, slow=one) for one in (slow, {})
    )
    assert list(told.pop("slow").items()) == [("strategy.s0", 1), ("validator.lazy", 2)]
    assert quick.pop("slow") == {}
    assert told == quick


def test_a_stopped_strategy_is_told_with_its_error() -> None:
    def breaks(_: object) -> list[Order]:
        raise RuntimeError("oh")

    (stopped,) = summary(Session(Script({1: breaks})).run([flat(1, A, 100)]))["stopped_strategies"]
    assert (stopped["strategy"], stopped["error"]) == ("s0", "RuntimeError: oh")


def test_netting_is_told_with_those_who_disagreed() -> None:
    def told(*orders: Order) -> dict[str, Any]:
        scripts = (Script({1: [order]}) for order in orders)
        return summary(Session(*scripts, netting=True).run([flat(1, A, 100), flat(2, A, 120)]))

    disagreeing = told(Order(A, Side.BUY, 10), Order(A, Side.SELL, 4))
    assert disagreeing["netting"] == {
        "nettings": 1,
        "conflicts": 1,
        "account_orders": {"filled": 1},
        "account_fills": 1,
        "crossed": 4.8,
    }
    assert told(Order(A, Side.BUY, 10), Order(A, Side.BUY, 4))["netting"]["conflicts"] == 0
    assert "netting" not in told(Order(A, Side.BUY, 10))


@given(markets())
def test_whatever_happened_the_summary_is_valid_json_and_the_strategies_sum_to_the_account(market: Market) -> None:
    session = market.session(charges=PerFill(3, 2)).run(market.rows, *market.actions)
    told = summary(session)
    # Floats of a few hundred rupees: equal to the paisa.
    total = sum(round(book["equity"] * 100) for book in told["strategies"].values())
    assert total == round(told["results"]["end_equity"] * 100)
    assert sum(told["results"]["orders"].values()) == len(session.log.orders)

"""The docstring of every role ends with a plugin that is complete: installed, wired and run as it stands."""

from __future__ import annotations

import ast
import math
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from docs.documents import ROOT, blocks, example
from fakes.third_party_host import host_with, install, install_all
from fakes.training import table

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import Order, OrderStatus, Side
from friday_core.domain.records import CancelOrder, ChunkReceived, PlaceOrder
from friday_core.domain.sessions import to_date, to_datetime
from friday_core.errors import Refused
from friday_core.interfaces.broker import Broker, ChargesPlan, RealBroker, SimulatedBroker, Tariff
from friday_core.interfaces.calendar import Calendar
from friday_core.interfaces.columns import ColumnStrategy, ColumnTransformer, ColumnValidator, FeatureSet
from friday_core.interfaces.component import Component
from friday_core.interfaces.connection import Connection
from friday_core.interfaces.model import Model
from friday_core.interfaces.notifier import Notifier
from friday_core.interfaces.risk_adjuster import RiskAdjuster
from friday_core.interfaces.risk_rule import RiskRule
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.source import HistoricalData, LiveData
from friday_core.interfaces.strategy import Strategy
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.validator import Validator
from friday_core.interfaces.windows import WindowStrategy, WindowTransformer
from friday_core.models.evaluation import skill
from friday_core.models.splits import WalkForward
from friday_core.models.training import fit_walk_forward
from friday_core.models.versions import out_of_sample
from friday_core.orchestration.host import Host, RunResult
from friday_core.plugin.roles import ROLES

EXAMPLES = (
    HistoricalData,
    LiveData,
    Validator,
    ColumnValidator,
    Transformer,
    Strategy,
    Sizer,
    RiskRule,
    RiskAdjuster,
    ChargesPlan,
    Tariff,
    Calendar,
    Model,
    SimulatedBroker,
    RealBroker,
    Connection,
    Notifier,
    ColumnTransformer,
    FeatureSet,
    ColumnStrategy,
    WindowTransformer,
    WindowStrategy,
)

#: A broker of real money has a client besides, and three ways in which each request can end; live data have one too; a
#: connection has a user.
LONGER: dict[type, int] = {RealBroker: 70, Connection: 35, LiveData: 45}

#: Averages so short that sixty sessions have several crossings.
BRISK = "plugins.strategy.moving_average_cross={fast = 2, slow = 5}"

#: Sees every bar and wants nothing.
PROBE = """
from friday_core.api import Bar, ComponentSpec, Strategy, hookimpl

class Probe(Strategy):
    def __init__(self):
        self.bars = []

    def on_event(self, event, book):
        self.bars += [event] if isinstance(event, Bar) else []

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "probe", Probe)]
"""

REFUSAL = """
from friday_core.api import ComponentSpec, Judgement, Validator, Verdict, hookimpl

class RefuseAll(Validator):
    def validate(self, chunk):
        return Judgement.passing(chunk).marked(slice(None), Verdict.REJECT_CHUNK, "a test of the alarm")

@hookimpl
def friday_components():
    return [ComponentSpec("validator", "refuse_all", RefuseAll)]
"""


def _rows(result: RunResult, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(result.folder / f"{table}.parquet").to_pylist()
    return rows


def _active(*names: str) -> str:
    """Strategies with their plugins' settings, the id being the plugin's name."""
    entries = ", ".join(f'{{id = "{name}", use = "{name}"}}' for name in names)
    return f"trading.active_strategies=[{entries}]"


def _probed(host: Host) -> list[Bar]:
    """The bars that a run showed to the probe."""
    probe: Any = host.assembly.strategy("probe")
    bars: list[Bar] = probe.bars
    return bars


def test_every_role_has_an_example_of_its_own() -> None:
    named = {role for roles in ROLES.values() for role in roles} - {Component, Broker}
    assert named | {SimulatedBroker, RealBroker, LiveData} == set(EXAMPLES)


@pytest.mark.parametrize("role", EXAMPLES)
def test_an_example_has_at_most_30_lines(role: type) -> None:
    assert 0 < len(example(role).splitlines()) <= LONGER.get(role, 30)


@pytest.mark.parametrize("role", EXAMPLES)
def test_an_example_imports_nothing_of_friday_but_its_api(role: type) -> None:
    imports = [node for node in ast.walk(ast.parse(example(role))) if isinstance(node, ast.ImportFrom)]
    assert {node.module for node in imports if (node.module or "").startswith("friday")} == {"friday_core.api"}


def test_the_strategy_has_18_lines_and_is_the_one_in_the_readme() -> None:
    strategy = example(Strategy)
    assert len(strategy.splitlines()) == 18
    assert strategy in [block.text for block in blocks(ROOT / "README.md")]


def test_the_source_delivers_its_bars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = install(monkeypatch, example(HistoricalData))
    result = host_with(
        [plugin], tmp_path, "streams.market_data.source=waves", BRISK, _active("moving_average_cross")
    ).run()
    assert result.summary["results"]["rows"] == 250
    assert {row["instrument"] for row in _rows(result, "fills")} == {"WAVE.SEA"}


def test_the_source_of_live_data_is_read_until_somebody_stops_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plugins = [install(monkeypatch, example(LiveData)), install(monkeypatch, PROBE)]
    options = ("streams.market_data.source=harbour", "clock.kind=wall", _active("probe"))
    host = host_with(plugins, tmp_path, *options)

    def progress(rows: int, _ts: int) -> None:
        if rows == 3:
            host.request_stop()

    result = host.run(progress)
    assert (result.status, result.summary["results"]["rows"], result.summary["clock"]["live"]) == (
        "interrupted",
        3,
        True,
    )


def test_the_validator_holds_back_thin_bars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = install(monkeypatch, example(Validator))
    options = ('streams.market_data.validators=["thin_trade"]', "plugins.validator.thin_trade.least=500_000")
    host = host_with([plugin], tmp_path, *options)
    chunks = [record.chunk for record in host.assembly.feed.records() if isinstance(record, ChunkReceived)]
    thin = sum(int((chunk["volume"] < 500_000).sum()) for chunk in chunks)
    (counted,) = host.run().summary["quarantine"]
    assert counted == {
        "stream": "market_data",
        "stage": "thin_trade",
        "verdict": "QUARANTINE",
        "reason": "too little was traded",
        "rows": thin,
    }


def test_the_validator_in_columns_holds_back_prices_that_stand_still(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plugin = install(monkeypatch, example(ColumnValidator))
    options = ('streams.market_data.validators=["frozen"]', "plugins.validator.frozen.rows=2")
    host = host_with([plugin], tmp_path, *options)
    (chunk,) = [record.chunk for record in host.assembly.feed.records() if isinstance(record, ChunkReceived)]
    closes = [chunk["close"][chunk.inst == inst] for inst in range(len(host.assembly.universe))]
    still = sum(int((np.diff(one) == 0).sum()) for one in closes)
    (counted,) = host.run().summary["quarantine"]
    assert counted == {
        "stream": "market_data",
        "stage": "frozen",
        "verdict": "QUARANTINE",
        "reason": "the price stands still",
        "rows": still,
    }


def test_the_transformer_adds_the_gap_to_the_close_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugins = [install(monkeypatch, example(Transformer)), install(monkeypatch, PROBE)]
    host = host_with(plugins, tmp_path, 'streams.market_data.transformers=["gap"]', _active("probe"))
    host.run()
    bars = [bar for bar in _probed(host) if str(bar.instrument.id) == "SYN01.NSE"]
    assert math.isnan(bars[0]["gap"])
    assert [bar["gap"] for bar in bars[1:]] == pytest.approx([b.open / a.close - 1 for a, b in pairwise(bars)])


def test_the_strategy_wants_what_fell_three_times_in_a_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugins = [install(monkeypatch, example(Strategy)), install(monkeypatch, PROBE)]
    host = host_with(plugins, tmp_path, _active("buy_the_dip", "probe"))
    result = host.run()
    closes: dict[str, list[float]] = {}
    wanted = {}
    for bar in _probed(host):
        latest = closes.setdefault(str(bar.instrument.id), [])
        latest.append(bar.close)
        fell = len(latest) > 3 and all(later < earlier for earlier, later in pairwise(latest[-4:]))
        wanted[to_datetime(bar.ts_event), str(bar.instrument.id)] = 0.1 if fell else 0.0
    assert {(row["ts_event"], row["instrument"]): row["value"] for row in _rows(result, "decisions")} == wanted
    assert {row["strategy"] for row in _rows(result, "fills")} == {"buy_the_dip"}


def test_the_sizer_gives_every_position_the_same_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = install(monkeypatch, example(Sizer))
    options = ("trading.sizer=equal_share", "plugins.sizer.equal_share.positions=4")
    ours = host_with([plugin], tmp_path / "a", BRISK, _active("moving_average_cross"), *options).run()
    built_in = host_with(
        [], tmp_path / "b", BRISK, _active("moving_average_cross"), "plugins.sizer.fixed_fraction.fraction=0.25"
    ).run()
    assert ours.summary["results"]["digest"] == built_in.summary["results"]["digest"]


def test_the_risk_rule_denies_cheap_buys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugins = [install(monkeypatch, example(RiskRule)), install(monkeypatch, PROBE)]
    options = ('risk.rules=["no_penny_stocks"]', "plugins.risk_rule.no_penny_stocks.least=1_000")
    host = host_with(plugins, tmp_path, BRISK, _active("moving_average_cross", "probe"), *options)
    decisions = _rows(host.run(), "decisions")
    price = {(to_datetime(bar.ts_event), str(bar.instrument.id)): bar.raw.close / 100 for bar in _probed(host)}
    buys = {(row["ts_event"], row["instrument"]): row["code"] for row in decisions if row["value"] == 1.0}
    assert buys == {key: "SENT" if price[key] >= 1_000 else "PENNY_STOCK" for key in buys}
    assert set(buys.values()) == {"SENT", "PENNY_STOCK"}


def test_the_risk_adjuster_halves_targets_in_falls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = install(monkeypatch, example(RiskAdjuster))
    options = ('risk.rules=["halve_in_falls"]', "plugins.risk_rule.halve_in_falls.drawdown=0.01")
    result = host_with([plugin], tmp_path, BRISK, _active("moving_average_cross"), *options).run()
    peak, in_a_fall = Decimal(0), {}
    for row in _rows(result, "equity"):
        peak = max(peak, row["equity"])
        in_a_fall[row["ts_event"]] = peak - row["equity"] >= peak / 100
    longs = [row for row in _rows(result, "decisions") if row["value"] == 1.0]
    halved = {row["ts_event"]: row["detail"] == "halve_in_falls: weight 0.100000 -> 0.050000" for row in longs}
    assert halved == {ts_event: in_a_fall[ts_event] for ts_event in halved}
    assert set(halved.values()) == {True, False}


def test_the_charges_plan_never_asks_for_more_than_its_most(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = install(monkeypatch, example(ChargesPlan))
    result = host_with([plugin], tmp_path, BRISK, _active("moving_average_cross"), "account.charges=discount").run()
    fills = _rows(result, "fills")
    expected = [min(Decimal(20), int(row["quantity"] * row["price"] * 3 / 100) / Decimal(100)) for row in fills]
    assert [row["charges"] for row in fills] == expected


def test_the_tariff_charges_an_order_once_and_what_it_sells(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = install(monkeypatch, example(Tariff))
    host = host_with([plugin], tmp_path, _active("moving_average_cross"), "account.charges=fee_and_tax")
    tariff: Any = host.assembly.charges
    orders = [ExecutedOrder(Instrument(InstrumentId("A", "NSE"), "INR"), side, 1, 100_000, 1) for side in Side]
    assert [tariff.charges_of(order) for order in orders] == [2_000, 2_100]


def test_the_calendar_ends_each_week_on_thursday(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugins = [install(monkeypatch, example(Calendar)), install(monkeypatch, PROBE)]
    host = host_with(plugins, tmp_path, "data.calendar=long_weekend", _active("probe"))
    host.run()
    found = {(to_date(bar.session).weekday(), repr(bar["week_end"])) for bar in _probed(host)}
    assert found == {(0, "0.0"), (1, "0.0"), (2, "0.0"), (3, "1.0"), (4, "nan")}


def test_the_broker_fills_two_slices_after_the_decision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = install(monkeypatch, example(SimulatedBroker))
    result = host_with([plugin], tmp_path, BRISK, _active("moving_average_cross"), "broker.use=postal").run()
    slices = [row["ts_event"] for row in _rows(result, "equity")]
    decided = {row["tag"]: slices.index(row["ts_decided"]) for row in _rows(result, "orders")}
    delays = {slices.index(row["ts_event"]) - decided[row["tag"]] for row in _rows(result, "fills")}
    assert delays == {2}


def test_the_real_broker_tells_of_its_orders_and_answers_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = install(monkeypatch, example(RealBroker))
    (spec,) = plugin.entry_point.load().friday_components()
    broker: RealBroker = spec.factory()
    told: list[OrderUpdate] = []
    broker.listen(told.append)
    broker.send(
        [PlaceOrder(Order(InstrumentId("A", "NSE"), Side.BUY, quantity, tag=f"F{quantity}")) for quantity in (3, 5)]
    )
    assert [(one.tag, one.number, one.status, one.filled, one.notional) for one in told] == [
        ("F3", "NF3", OrderStatus.FILLED, 3, 30_000),
        ("F5", "NF5", OrderStatus.FILLED, 5, 50_000),
    ]
    assert broker.orders() == told
    with pytest.raises(Refused, match="order F3 is done"):
        broker.send([CancelOrder("F3", "CANCELLED: too late")])


def test_the_model_learns_and_its_skill_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = install(monkeypatch, example(Model))
    (spec,) = plugin.entry_point.load().friday_components()
    model: Model = spec.factory(spec.settings(shrink=1.0))
    rows = table(300, 5, signal=0.001)
    played = out_of_sample(rows, fit_walk_forward(model, rows, WalkForward("month", min_rows=100)))
    found = skill(played.predictions, rows.labels, rows.ts, played.label_means, horizon=1)
    assert found.verdict.startswith("Some skill")


def test_the_connection_is_shared_with_the_source_of_its_vendor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plugins = install_all(monkeypatch, example(Connection))
    secret = tmp_path / "secrets" / "plugins__connection__harbour__api_key"
    secret.parent.mkdir(mode=0o700)
    secret.write_text("letmein", "utf-8")
    secret.chmod(0o600)
    assert "connection.harbour" not in host_with(plugins, tmp_path).assembly.graph.nodes
    use = "streams.market_data.source=harbour_closes"
    host = host_with(plugins, tmp_path, use, BRISK, _active("moving_average_cross"))
    connection: Any = host.assembly.components["connection.harbour"]
    assert (host.run().summary["results"]["rows"], connection.asked) == (250, 1)
    assert connection.key.get_secret_value() == "letmein"


def test_the_notifier_writes_the_alarm_of_a_stopped_stream(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugins = [install(monkeypatch, example(Notifier)), install(monkeypatch, REFUSAL)]
    file = tmp_path / "told.txt"
    options = (
        'streams.market_data.validators=["refuse_all"]',
        'notify.use=["text_file"]',
        f"plugins.notifier.text_file.path={file}",
    )
    result = host_with(plugins, tmp_path, *options).run()
    assert file.read_text("utf-8") == f"ALARM stream {result.summary['error']}\n"


def test_the_transformer_in_columns_adds_its_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = [install(monkeypatch, example(ColumnTransformer)), install(monkeypatch, PROBE)]
    settings = "plugins.transformer.distance.window=5"
    host = host_with(plugins, tmp_path, 'streams.market_data.transformers=["distance"]', settings, _active("probe"))
    host.run()
    known = [bar["distance"] for bar in _probed(host) if not math.isnan(bar["distance"])]
    assert len(known) > 200
    assert max(map(abs, known)) < 2.0  # with five rows no z-score reaches 4 / sqrt(5)


def test_the_feature_set_ranks_the_instruments_of_a_slice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = [install(monkeypatch, example(FeatureSet)), install(monkeypatch, PROBE)]
    stream = 'streams.features={source="stream:market_data", feature_sets=["momentum"]}'
    host = host_with(plugins, tmp_path, stream, "plugins.feature_set.momentum.rows=10", _active("probe"))
    host.run()
    bars = _probed(host)
    count = len({bar.instrument.id for bar in bars})
    last = [bar for bar in bars if bar.ts_event == bars[-1].ts_event]
    ranked = sorted(last, key=lambda bar: bar["momentum"])
    assert [bar["momentum_rank"] for bar in ranked] == [place / count for place in range(1, count + 1)]


def test_the_strategy_in_columns_holds_one_instrument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = install(monkeypatch, example(ColumnStrategy))
    result = host_with([plugin], tmp_path, _active("leader")).run()
    assert result.summary["results"]["fills"] > 5
    held = [row["instrument"] for row in _rows(result, "positions")]
    assert len(set(held)) > 1


def test_the_transformer_in_pandas_adds_its_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = [install(monkeypatch, example(WindowTransformer)), install(monkeypatch, PROBE)]
    settings = "plugins.transformer.skewness.rows=9"
    host = host_with(plugins, tmp_path, 'streams.market_data.transformers=["skewness"]', settings, _active("probe"))
    host.run()
    bars = [bar for bar in _probed(host) if str(bar.instrument.id) == "SYN01.NSE"]
    moves = [math.nan, *(after.close / before.close - 1 for before, after in pairwise(bars))]
    expected = [pd.Series(moves[n - 8 : n + 1][1:]).skew() if n >= 8 else math.nan for n in range(len(bars))]
    assert [bar["skewness"] for bar in bars] == pytest.approx(expected, nan_ok=True)


def test_the_strategy_in_pandas_is_long_while_rises_follow_rises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = install(monkeypatch, example(WindowStrategy))
    settings = "plugins.strategy.persistence.rows=10"
    result = host_with([plugin], tmp_path, settings, _active("persistence")).run()
    rows = _rows(result, "decisions")
    assert {row["value"] for row in rows} == {0.0, 1.0}
    assert all((float(row["reason"].rsplit(" ", 1)[1]) > 0) for row in rows if row["value"] == 1.0)
    assert result.summary["results"]["fills"] > 5

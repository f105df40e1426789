"""``rolling`` and ``ewm`` of a column: which operators they become, on a grid and elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from friday_core.causal.columns import Col
from friday_core.causal.kinds import Kind
from friday_core.causal.market import Market
from friday_core.causal.trace import Node, Trace
from friday_core.errors import TraceError


def _market(*, adjusted: bool = False) -> Market:
    return Market(Trace("1d"), ["score"], "1d", adjusted=adjusted)


def _node(column: Col) -> Node:
    return column.trace.nodes[column.node]


def _inputs(column: Col) -> list[str]:
    return [column.trace.nodes[number].op.name for number in _node(column).inputs]


@pytest.mark.parametrize(
    ("make", "operator", "kind"),
    [
        (lambda c: c.rolling(3).sum(), "grid_rolling_sum", Kind.PRICE),
        (lambda c: c.rolling(3).mean(), "grid_rolling_mean", Kind.NUM),
        (lambda c: c.rolling(3).var(), "grid_rolling_var", Kind.NUM),
        (lambda c: c.rolling(3).min(), "rolling_min", Kind.PRICE),
        (lambda c: c.rolling(3).max(), "rolling_max", Kind.PRICE),
        (lambda c: c.rolling(3).rank(), "rolling_rank", Kind.NUM),
        (lambda c: c.shift(3), "shift", Kind.PRICE),
    ],
)
def test_a_window_of_prices_is_taken_on_the_grid(make: Callable[[Col], Col], operator: str, kind: Kind) -> None:
    column = make(_market().close)
    assert (_node(column).op.name, column.kind, _inputs(column)) == (operator, kind, ["input"])
    assert _node(column).params == (3.0,)


@pytest.mark.parametrize(
    ("make", "operator"),
    [
        (lambda c: c.rolling(3).quantile(0.25), "rolling_quantile"),
        (lambda c: c.rolling(3).cov(c.shift(1)), "rolling_cov"),
        (lambda c: c.rolling(3).corr(c.shift(1)), "rolling_corr"),
    ],
)
def test_a_window_without_an_exact_form_takes_prices_in_the_currency(make: Callable[[Col], Col], operator: str) -> None:
    column = make(_market().close)
    assert (_node(column).op.name, column.kind) == (operator, Kind.NUM)
    assert set(_inputs(column)) == {"to_num"}


@pytest.mark.parametrize(
    ("make", "operator"),
    [
        (lambda c: c.rolling(3).sum(), "rolling_sum"),
        (lambda c: c.rolling(3).mean(), "rolling_mean"),
        (lambda c: c.rolling(3).var(), "rolling_var"),
        (lambda c: c.rolling(3).min(), "rolling_min"),
        (lambda c: c.ewm(span=3).mean(), "ewm_mean"),
        (lambda c: c.ewm(span=3).var(), "ewm_var"),
    ],
)
def test_a_window_of_other_numbers_is_anchored(make: Callable[[Col], Col], operator: str) -> None:
    column = make(_market(adjusted=True).close)
    assert (_node(column).op.name, column.kind, _inputs(column)) == (operator, Kind.NUM, ["input"])


def test_a_sum_of_volumes_is_a_count() -> None:
    assert _market().volume.rolling(3).sum().kind is Kind.COUNT


def test_a_deviation_is_the_root_of_the_variance() -> None:
    column = _market().close.rolling(3).std()
    assert (_node(column).op.name, _inputs(column)) == ("sqrt", ["grid_rolling_var"])
    column = _market().score.ewm(alpha=0.5).std()
    assert (_node(column).op.name, _inputs(column)) == ("sqrt", ["ewm_var"])


def test_a_median_is_a_quantile() -> None:
    column = _market().score.rolling(5).median()
    assert (_node(column).op.name, _node(column).params) == ("rolling_quantile", (5.0, 0.5))


@pytest.mark.parametrize("name", ["sum", "mean", "var", "min", "max", "rank", "median"])
def test_a_window_of_conditions_is_refused_with_the_mend(name: str) -> None:
    m = _market()
    with pytest.raises(TraceError, match=r"needs numbers and got a true/false column; write where\(condition, 1.0"):
        getattr((m.close > m.open).rolling(3), name)()


@pytest.mark.parametrize("q", [-0.1, 1.1])
def test_a_quantile_outside_0_and_1_is_refused(q: float) -> None:
    with pytest.raises(TraceError, match=rf"test_window_columns.py:\d+: quantile\({q}\) must be in \[0, 1\]"):
        _market().close.rolling(3).quantile(q)


@pytest.mark.parametrize(
    ("given", "alpha"),
    [({"span": 3.0}, 0.5), ({"com": 1.0}, 0.5), ({"alpha": 0.25}, 0.25), ({"halflife": 1.0}, 0.5)],
)
def test_the_four_ways_to_say_a_smoothing_agree(given: dict[str, float], alpha: float) -> None:
    assert _node(_market().score.ewm(**given).mean()).params == (alpha,)


@pytest.mark.parametrize("given", [{}, {"span": 3.0, "com": 1.0}])
def test_a_smoothing_is_said_once(given: dict[str, float]) -> None:
    with pytest.raises(TraceError, match=r"ewm\(\) takes exactly one of span, com, alpha, halflife"):
        _market().score.ewm(**given)


@pytest.mark.parametrize(
    ("given", "alpha"),
    [
        ({"span": 0.5}, r"1.33\d*"),
        ({"alpha": 0.0}, "0.0"),
        ({"com": -1.0}, "nan"),
        ({"span": -1.0}, "nan"),
        ({"halflife": 0.0}, "nan"),
    ],
)
def test_a_smoothing_outside_0_and_1_is_refused(given: dict[str, float], alpha: str) -> None:
    with pytest.raises(TraceError, match=rf"ewm\(\w+=[-.\d]+\) gives alpha {alpha}; it must be in \(0, 1\]"):
        _market().score.ewm(**given)

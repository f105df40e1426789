"""What an author writes to get an operator, and what there is to write it with: for ``docs/operators.md``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from interface_members import Member, class_source, declared

from friday_core.causal import indicators
from friday_core.causal.columns import Col
from friday_core.causal.market import FEEDBACK, STAMPED, Market, Panel, Raw, latch, ratchet, where
from friday_core.causal.program import Program, trace_program
from friday_core.causal.windows import Ewm, Rolling

#: Operator to what an author writes; tests trace each and look for the operator.
WRITTEN: Mapping[str, tuple[str, ...]] = {
    "input": ("m.close", "m.volume", 'm["my column"]'),
    "const": ("x * 0.5",),
    "to_num": ("m.raw.close * x",),
    "count_to_num": ("m.volume * x",),
    "add": ("a + b",),
    "sub": ("a - b", "x.diff(k)"),
    "mul": ("a * b",),
    "div": ("a / b", "x.pct_change(k)"),
    "pow": ("a ** b",),
    "min": ("np.minimum(a, b)", "x.clip(upper=b)"),
    "max": ("np.maximum(a, b)", "x.clip(lower=b)"),
    "neg": ("-x",),
    "abs": ("abs(x)",),
    "sqrt": ("np.sqrt(x)",),
    "log": ("np.log(x)",),
    "exp": ("np.exp(x)",),
    "sign": ("np.sign(x)",),
    "floor": ("np.floor(x)",),
    "gt": ("a > b", "a.crossed_above(b)"),
    "ge": ("a >= b",),
    "lt": ("a < b", "a.crossed_below(b)"),
    "le": ("a <= b",),
    "eq": ("a == b",),
    "ne": ("a != b",),
    "and": ("(a > b) & (b > c)",),
    "or": ("(a > b) | (b > c)",),
    "not": ("~(a > b)",),
    "isna": ("x.isna()", "np.isnan(x)"),
    "where": ("where(a > b, a, b)", "where(a > b, 1.0, HOLD)"),
    "shift": ("x.shift(k)",),
    "rolling_sum": ("x.rolling(w).sum()",),
    "rolling_mean": ("x.rolling(w).mean()",),
    "rolling_var": ("x.rolling(w).var()", "x.rolling(w).std()"),
    "rolling_min": ("x.rolling(w).min()",),
    "rolling_max": ("x.rolling(w).max()",),
    "grid_rolling_sum": ("m.volume.rolling(w).sum()",),
    "grid_rolling_mean": ("m.raw.close.rolling(w).mean()",),
    "grid_rolling_var": ("m.raw.close.rolling(w).var()",),
    "rolling_cov": ("a.rolling(w).cov(b)",),
    "rolling_corr": ("a.rolling(w).corr(b)",),
    "rolling_quantile": ("x.rolling(w).quantile(q)", "x.rolling(w).median()"),
    "rolling_rank": ("x.rolling(w).rank()",),
    "ewm_mean": ("x.ewm(span=w).mean()",),
    "ewm_var": ("x.ewm(alpha=q).var()", "x.ewm(halflife=w).std()"),
    "ffill": ("x.ffill()",),
    "since": ("(a > b).since()",),
    "latch": ("latch(a > b, a < c)",),
    "ratchet": ("ratchet(x, a > b)",),
    "asof": ('m.at("1d").close.asof()',),
    "session_sum": ("x.cumsum()",),
    "session_first": ("x.session_first()",),
    "session_max": ("x.cummax()",),
    "session_min": ("x.cummin()",),
    "panel_rank": ("m.panel(x).rank()",),
    "panel_top": ("m.panel(x).top(k)", "m.panel(x).bottom(k)"),
    "panel_demean": ("m.panel(x).demean()",),
    "panel_zscore": ("m.panel(x).zscore()",),
    "panel_scale_to": ("m.panel(x).scale_to(1.0)",),
    "seeded_mean": ("indicators.ema(x, w)", "indicators.rma(x, w)"),
    "rolling_wma": ("indicators.wma(x, w)",),
    "rolling_mad": ("indicators.cci(a, b, c, w)",),
    "total": ("indicators.obv(x, m.volume)",),
    "trailing_stop": ("indicators.supertrend(a, b, c).line",),
    "trend_side": ("indicators.supertrend(a, b, c).side",),
    "psar": ("indicators.psar(a, b)",),
}
#: Operators that nobody writes: Friday adds them to what decides.
GATE = frozenset({"rows", "ready"})

_PRICES = "Prices adjusted forward, in the currency, where the source may have corporate actions; else as they traded."
#: Every name of ``m`` besides its methods and the stream's own columns.
NAMES: Mapping[str, str] = {
    "open`, `high`, `low`, `close": _PRICES + " NaN where one is missing.",
    "volume": "As it traded and **not** adjusted: over a 2:1 split it doubles where `close` is smooth. With the "
    "transformer `volume_adjuster` in the stream, `m.adj_volume` goes with adjusted prices.",
    "price": "Of a stream of ticks, the trade's price, as it traded.",
    "session": "The trading date, in days since 1970-01-01.",
    "month_end`, `week_end`, `session_start`, `session_end": "Conditions, with a [calendar](calendars.md); NaN else.",
    "pos": "Held of the row's instrument, in shares or contracts, negative for a short. Strategies only.",
    "open_qty": "What working orders would still add to it.",
    "avg_price": "What a share of the position cost on average, adjusted like `close`; NaN without a position.",
    "cash`, `equity": "The book's, in its currency.",
}

INTRODUCTION = """\
## The market `m`

What `outputs(m)` is handed (`friday_core.causal.market.Market`):

{names}
- `m.<name>` and `m["<name>"]`: every further column of the stream, those of the source and those that
    transformers and feature sets added: with `transformers = ["realised_volatility"]` there is
    `m.realised_volatility`. A name that is not there is refused at the start, with those that are; which ones a
    built-in plugin adds stands under [Settings](settings.md#built-in-plugins).
{methods}

## Columns

A column holds no data: it records. Columns and numbers mix (`2 * m.close`, `m.close > 100`), columns of one `m` only.
Conditions are joined by `&`, `|` and `~`, each comparison in brackets; `and`, `or`, `not`, `if` and `bool()` are
refused, since there is no value yet to ask. Python's `max()` and `min()` are `np.maximum` and `np.minimum`. Of numpy's
functions of one or two arrays there are {numpy}.

**Of a column** (`friday_core.causal.columns.Col`)

{column}

**Of `x.rolling(w)`**, a window of the instrument's latest `w` rows, this one included

{rolling}

**Of `x.ewm(...)`**, with exactly one of the keywords `span`, `com`, `alpha`, `halflife`

{ewm}

**Of `m.panel(x)`**, the column across the instruments of a slice

{panel}
"""


def market_sections() -> str:
    """The sections on ``m`` and on columns."""
    # Names of numpy's functions, as the refusal of any other one tells them.
    numpy = ", ".join(f"`np.{name}`" for name in sorted(set(Col._numpy_names)))
    return INTRODUCTION.format(
        names="\n".join(f"- `m.{names.replace('`, `', '`, `m.')}`: {meaning}" for names, meaning in NAMES.items()),
        methods=_listed(Market, "m."),
        numpy=numpy,
        column=_listed(Col, "x."),
        rolling=_listed(Rolling),
        ewm=_listed(Ewm),
        panel=_listed(Panel),
    )


def written(name: str) -> str:
    """The cell of the table: what an author writes."""
    return "<br>".join(f"`{one.replace('|', chr(92) + '|')}`" for one in WRITTEN.get(name, ())) or "by Friday itself"


def traced(expression: str, *, decides: bool = False) -> Program:
    """The program of an expression on one-minute bars, with the names that the table uses."""

    def outputs(m: Market) -> dict[str, Any]:
        given = {"m": m, "np": np, "where": where, "latch": latch, "ratchet": ratchet, "indicators": indicators}
        given |= {"w": 5, "k": 2, "q": 0.5, "HOLD": float("nan"), **{name: m[name] for name in "xabc"}}
        return {"signal" if decides else "value": eval(expression, given)}  # noqa: S307 - the expressions above

    return trace_program(outputs, ["x", "a", "b", "c", "my column"], base="1m")


def market_names() -> set[str]:
    """Every name that ``m`` knows without being told of further columns, besides ``price``, which is of ticks."""
    return {*(name for name in dir(Raw) if not name.startswith("_")), "volume", *FEEDBACK, *STAMPED}


def _listed(owner: type, prefix: str = "") -> str:
    body, lines = class_source(owner)
    hidden = {"then", "kind"}
    return "\n".join(_item(one, prefix) for one in declared(body, lines) if one.name not in hidden and _is_shown(one))


def _is_shown(one: Member) -> bool:
    return one.is_method or one.name == "raw"


def _item(one: Member, prefix: str) -> str:
    call = str(one) if one.is_method else f"{one.name}.open` to `{prefix}{one.name}.close"
    said = re.sub(r"\n\s*\n?", "\n    ", one.meaning.replace("``", "`"))
    call = call.partition(" -> ")[0].replace(", **options: Any", "")
    return f"- `{prefix}{call}`{': ' + said if said else ''}"

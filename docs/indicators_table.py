"""Writes ``docs/indicators.md`` from the indicators: ``python docs/indicators_table.py``; ``--check`` only compares."""

from __future__ import annotations

import inspect
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from stale import brought_up_to_date

from friday_core.causal import batch, indicators
from friday_core.causal.columns import Col
from friday_core.causal.market import Market
from friday_core.causal.program import Program, trace_program

DOCUMENT = Path(__file__).parent / "indicators.md"

_FACT = re.compile(r"^(?P<name>Warm-up|TA-Lib|pandas|Example): (?P<text>.+)$", re.MULTILINE)

#: Two sessions of one instrument: what every example is computed on.
BARS: Mapping[str, tuple[float, ...]] = {
    "open": (100, 101, 103, 102, 104, 106, 105, 103),
    "high": (102, 104, 104, 105, 107, 107, 106, 104),
    "low": (99, 101, 101, 102, 103, 104, 102, 101),
    "close": (101, 103, 102, 104, 106, 105, 103, 102),
    "volume": (10, 20, 10, 30, 40, 20, 10, 20),
    "session": (1, 1, 1, 1, 2, 2, 2, 2),
}

INTRODUCTION = """\
# Indicators

<!-- Written by docs/indicators_table.py from the docstrings of friday_core.causal.indicators; change those. -->

Functions of columns, made of operators, so they run with the same bits over years of history and live.
Give them columns of `m`: exact prices (`m.raw.close`), adjusted ones (`m.close`) or results of your own.

```python
from friday_core.api import ColumnStrategy, indicators, where
from friday_core.testing.columns import values_of


class Rising(ColumnStrategy):
    def outputs(self, m):
        rising = indicators.macd(m.close).histogram > 0.0
        return {{"signal": where(rising & (indicators.rsi(m.close, 14) < 70.0), 1.0, 0.0)}}


signal = values_of(Rising(), {{"close": [100.0 + row % 7 for row in range(40)]}})["signal"]
assert [row for row, value in enumerate(signal) if value == value][0] == 33
```

- **Warm-up** counts an instrument's rows before the first value. `w` is the window, `x[-1]` the value one row
  ago. Functions with several columns return a named tuple; its warm-up is that of its last column.
- **In `friday explain`** an indicator is shown as the [operators](operators.md) that it is made of: a `rolling_mean`
  is `sma`; a `seeded_mean` with `a` = 2 / (w + 1) is `ema`, with `a` = 1 / w it is `rma`, alone or inside `rsi`,
  `atr`, `macd`.
- **`keltner`** here lies around the `ema` of the typical price, (high + low + close) / 3, with bands of the average
  true range. Many charts take the close for the middle, or another average for the range: compare before you trust a
  picture.
- **Start.** Recursive averages (`ema`, `rma`, and all that stand on them) begin with the mean of their first
  values, as TA-Lib, Wilder and most charts do. `column.ewm(...)` begins with the first value, as pandas does.
- **NaN.** An average over a window is NaN while the window holds a NaN. A recursive average, `psar`,
  `supertrend` and `obv` are NaN on that row, keep their state and go on with the next value; TA-Lib would stay
  NaN for ever.
- **Standing still.** Where a formula divides by a range or a sum that is exactly 0, the answer is 0, as in
  TA-Lib: an RSI of 0 may mean that nothing moved. `zscore`, `correlation` and `beta` are NaN then.
- **Windows of 1** are allowed where the formula has a meaning; a standard deviation needs 2.
- **Ties.** On exact prices equal distances are equal. On decimal floats rounding decides them: TA-Lib's ADX of
  100.05, 100.10 ... differs from its ADX of the same prices in paise, and so does `adx` of adjusted prices.
- **Agreement** is the largest distance from TA-Lib's values, over the largest of these, on the first row on which
  TA-Lib has one and all later ones, unless the table says otherwise. Of the wide 1e-08 most is the rounding of
  the reference, measured against exact fractions.

## All indicators

| call | formula | warm-up | agrees with |
|---|---|---|---|
{rows}

## Examples

Computed on these bars of two sessions; `-` is NaN.

{bars}

| example | row 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
{examples}
"""


@dataclass(frozen=True)
class Indicator:
    """What the docstring of an indicator says of it.

    ``warmup`` is an expression in its arguments and ``w``; ``reference`` the library that it is compared
    with, ``function`` the names there, ``tolerance`` how far apart they may be from ``first_row`` on.
    """

    name: str
    function: Callable[..., Any]
    formula: str
    warmup: str
    reference: str
    functions: tuple[str, ...]
    tolerance: float
    first_row: int
    why: str
    example: str

    @property
    def call(self) -> str:
        """As an author writes it, with defaults."""
        return self.name + re.sub(r": '\w+'", "", str(inspect.signature(self.function)).split(" ->")[0])


def all_indicators() -> list[Indicator]:
    """In the order of their modules; ``ValueError`` if a docstring lacks a fact."""
    functions = [getattr(indicators, name) for name in indicators.__all__]
    functions = [one for one in functions if inspect.isfunction(one)]
    functions.sort(key=lambda one: (one.__module__, inspect.getsourcelines(inspect.unwrap(one))[1]))
    return [_read(one) for one in functions]


def _read(function: Callable[..., Any]) -> Indicator:
    text = inspect.getdoc(function) or ""
    facts = {found["name"]: found["text"] for found in _FACT.finditer(text)}
    reference = "TA-Lib" if "TA-Lib" in facts else "pandas"
    if not {"Warm-up", reference, "Example"} <= set(facts):
        raise ValueError(f"the docstring of {function.__name__} lacks a line Warm-up, TA-Lib or Example")
    names, tolerance, *note = facts[reference].split(", ", 2)
    row, _, why = note[0].removeprefix("from row ").partition(": ") if note else ("0", "", "")
    return Indicator(
        name=function.__name__,
        function=function,
        formula=text.splitlines()[0].replace("``", "`"),
        warmup=facts["Warm-up"],
        reference=reference,
        functions=tuple(names.split()),
        tolerance=float(tolerance),
        first_row=int(row),
        why=why,
        example=facts["Example"],
    )


def example_program(indicator: Indicator) -> Program:
    """The program of an indicator's example; its outputs are the columns by name."""

    def outputs(m: Market) -> dict[str, Any]:
        answer = eval(indicator.example, {"m": m, indicator.name: indicator.function})  # noqa: S307 - a docstring of ours
        return {indicator.example: answer} if isinstance(answer, Col) else _named(indicator.example, answer)

    return trace_program(outputs)


def _named(example: str, answer: Any) -> dict[str, Any]:
    return {f"{example}.{name}": getattr(answer, name) for name in answer._fields}


def example_values(indicator: Indicator) -> dict[str, list[float]]:
    """The columns of an indicator's example on the example bars."""
    outputs = batch.run(example_program(indicator), {name: np.array(column) for name, column in BARS.items()})
    return {name: values.tolist() for name, values in outputs.items()}


def indicators_document() -> str:
    """``docs/indicators.md``."""
    known = all_indicators()
    examples = [line for one in known for line in example_values(one).items()]
    return INTRODUCTION.format(
        rows="\n".join(_row(one) for one in known),
        bars="\n".join(_bars()),
        examples="\n".join(_line(f"`{name}`", values) for name, values in examples),
    )


def _row(one: Indicator) -> str:
    names = " ".join(f"`{name}`" for name in one.functions)
    agrees = f"{one.reference} {names} within {one.tolerance:g}"
    agrees += f" from row {one.first_row}" if one.first_row > 1 else ""
    agrees += f"; {one.why}" if one.why else ""
    cells = (f"`{one.call}`", one.formula, f"`{one.warmup}`", agrees)
    return f"| {' | '.join(cells)} |"


def _bars() -> list[str]:
    heading = ["| column | row 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |", "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    return heading + [_line(f"`m.{name}`", values) for name, values in BARS.items()]


def _line(name: str, values: Sequence[float]) -> str:
    return f"| {name} | {' | '.join('-' if math.isnan(one) else f'{one:.6g}' for one in values)} |"


def main(arguments: Sequence[str], document: Path = DOCUMENT) -> int:
    """Write the document, or with ``--check`` say whether it is stale; 0 if all is well."""
    return brought_up_to_date(document, indicators_document(), "indicators_table", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The table of operators is generated, complete, and true when it is read back."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
from docs.documents import DOCS, script, table
from unit.causal.stepping import bits, outputs

from friday_core.causal.columns import Col
from friday_core.causal.market import Panel
from friday_core.causal.op import Op
from friday_core.causal.operators import OPERATORS
from friday_core.causal.windows import Ewm, Rolling

ROWS = {row["name"]: row for row in table(DOCS / "operators.md", "name")}
EXAMPLES = [(name, example) for name, row in ROWS.items() for example in row["examples"].split("<br>") if example]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("operators_table")


@pytest.fixture(scope="module")
def words() -> ModuleType:
    return script("written_columns")


def _numbers(text: str) -> list[float]:
    return [] if text == "no rows" else list(map(float, text.split()))


def _read(op: Op, example: str) -> tuple[list[list[float]], tuple[float, ...], float, list[float]]:
    """Inputs, parameters, units and output of an example as it is printed."""
    before, after = example.split(" → ")
    given = {name: _numbers(text) for name, text in (part.split(" = ") for part in before.split("; "))}
    inputs = [given.pop(letter) for letter in ("x" if op.arity == 1 else "abc"[: op.arity])]
    (units,) = given.pop("units", [1.0])
    return inputs, tuple(given.pop(name)[0] for name in op.parameters), units, _numbers(after)


def _size(text: str, op: Op, params: tuple[float, ...]) -> float:
    """The value of a printed sum such as ``2 w + 3``."""
    total = 0.0
    for sign, factor, name in re.findall(r"(^|[-+]) ?(\d+)? ?([a-z]\w*)?", text):
        value = float(factor or 1) * (params[list(op.parameters).index(name)] if name else 1.0)
        total += -value if sign == "-" else value
    return total


def test_the_table_of_operators_is_up_to_date(generator: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_table_is_named_and_not_touched(
    generator: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "operators.md"
    stale.write_text("# Operators\n", "utf-8")
    assert generator.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == f"stale, run python docs/operators_table.py: {stale}\n"
    assert stale.read_text("utf-8") == "# Operators\n"


def test_a_stale_table_is_written_anew(generator: ModuleType, tmp_path: Path) -> None:
    assert generator.main([], tmp_path) == 0
    assert (tmp_path / "operators.md").read_text("utf-8") == generator.operators_document()


def test_every_operator_has_one_row_in_the_order_of_the_table() -> None:
    assert list(ROWS) == list(OPERATORS)


def test_every_cell_but_that_of_examples_says_something() -> None:
    assert [(name, key) for name, row in ROWS.items() for key in ("meaning", "kinds", "NaN") if not row[key]] == []
    assert [name for name, row in ROWS.items() if not row["examples"]] == ["input", "const", "asof"]


def test_what_is_written_to_get_an_operator_is_traced_to_it(words: ModuleType) -> None:
    found = {
        (name, text): name in {one.node.op.name for one in words.traced(text).instructions}
        for name, texts in words.WRITTEN.items()
        for text in texts
    }
    assert [what for what, is_there in found.items() if not is_there] == []
    assert {name for name, _ in found} | words.GATE == set(OPERATORS)


def test_what_is_written_stands_in_the_table(words: ModuleType) -> None:
    shown = {name: tuple(row["written as"].replace("\\|", "|").split("<br>")) for name, row in ROWS.items()}
    assert shown == {**words.WRITTEN, **dict.fromkeys(words.GATE, ("by Friday itself",))}


def test_every_name_of_the_market_is_told(words: ModuleType) -> None:
    told = {name for names in words.NAMES for name in names.split("`, `")}
    assert told == {*words.market_names(), "price"}


@pytest.mark.parametrize(
    ("heading", "owner"),
    [
        ("**Of a column**", Col),
        ("**Of `x.rolling(w)`**", Rolling),
        ("**Of `x.ewm(...)`**", Ewm),
        ("**Of `m.panel", Panel),
    ],
)
def test_every_method_is_told(heading: str, owner: type) -> None:
    part = (DOCS / "operators.md").read_text("utf-8").partition(heading)[2].split("\n**")[0].split("\n##")[0]
    methods = {name for name, one in vars(owner).items() if inspect.isfunction(one) and not name.startswith("_")}
    assert set(re.findall(r"^- `(?:x\.)?(\w+)\(", part, re.MULTILINE)) == methods - {"then"}


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_comes_out_as_printed(name: str, example: str) -> None:
    op = OPERATORS[name]
    inputs, params, units, expected = _read(op, example)
    assert bits(outputs(op, inputs, params, units)) == bits(expected)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_warm_up_and_state_are_as_printed(name: str, example: str) -> None:
    op = OPERATORS[name]
    _, params, _, _ = _read(op, example)
    assert _size(ROWS[name]["warm-up"], op, params) == op.warmup(params)
    assert _size(ROWS[name]["state"], op, params) == op.slots(params)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("add", "number, number → number"),
        ("mul", "num, num → num"),
        ("gt", "any, any → bool"),
        ("and", "bool, bool → bool"),
        ("where", "bool, any, any → any"),
        ("to_num", "price → num"),
        ("shift", "any → any"),
        ("grid_rolling_sum", "grid → grid"),
        ("grid_rolling_mean", "grid → num"),
        ("rolling_min", "number → number"),
        ("rolling_rank", "number → num"),
        ("since", "bool → count"),
        ("ratchet", "number, bool → number"),
        ("session_sum", "number, any → number"),
    ],
)
def test_kinds_are_told_in_few_words(name: str, kinds: str) -> None:
    assert ROWS[name]["kinds"] == kinds

"""docs/run_folder.md tells every table, type and key that a run writes, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from docs.documents import DOCS, table

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.main import cli

DOCUMENT = DOCS / "run_folder.md"
#: A model, two strategies that are netted, corporate actions: every table has columns.
SETTINGS = """\
profile = "demo"

[data]
end = 2002-03-31

[trading]
active_strategies = [
    { id = "monthly", use = "top_predictions" },
    { id = "cross", use = "moving_average_cross" },
]

[risk]
allow_refusals = ["ALL"]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documented")
    (folder / "friday.toml").write_text(SETTINGS, "utf-8")
    runs = folder / "runs"
    arguments = ["run", "--quiet", "--config", str(folder / "friday.toml"), "--set", f"run.folder={runs}"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    (made,) = runs.iterdir()
    return made


def _word(name: str, kind: pa.DataType) -> str:
    """What the document calls a type; of two decimals the name tells which it is."""
    if pa.types.is_decimal(kind):
        return "money" if name in ("charges", "cost", "value", "cash", "gross", "equity", "amount") else "price"
    words = {
        pa.timestamp("us", tz="UTC"): "time",
        pa.date32(): "date",
        pa.string(): "text",
        pa.int64(): "count",
        pa.float64(): "number",
        pa.bool_(): "flag",
        pa.binary(): "bytes",
    }
    return words[kind]


def _told(name: str) -> dict[str, str]:
    return {row[name]: row["type"] for row in table(DOCUMENT, name)}


def test_every_table_of_a_run_has_its_columns_with_their_types(run: Path) -> None:
    written = {path.stem: pq.read_schema(path) for path in sorted(run.glob("*.parquet"))}
    found = {name: {one.name: _word(one.name, one.type) for one in schema} for name, schema in written.items()}
    added = {"confidence", "interval_low", "interval_high"}
    found["predictions"] = {column: kind for column, kind in found["predictions"].items() if column not in added}
    assert {name: _told(name) for name in found} == found


def test_money_has_the_digits_of_the_currency_and_prices_those_of_the_finest_instrument(run: Path) -> None:
    fills = pq.read_schema(run / "fills.parquet")
    assert (fills.field("charges").type.scale, fills.field("price").type.scale) == (2, 4)


def test_every_type_of_the_tables_is_explained() -> None:
    explained = {row["word"] for row in table(DOCUMENT, "word")}
    names = re.findall(r"^\| (\w+) \| type \| meaning \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert {kind for name in names for kind in _told(name).values()} == explained


def test_every_file_is_named(run: Path) -> None:
    text = DOCUMENT.read_text("utf-8")
    assert [path.name for path in run.iterdir() if f"`{path.name}`" not in text] == []


def test_every_key_of_the_summary_is_explained(run: Path) -> None:
    told = [key for row in table(DOCUMENT, "key of `summary.json`") for key in row["key of `summary.json`"].split(", ")]
    assert [key for key in json.loads((run / "summary.json").read_text("utf-8")) if key not in told] == []


def test_the_exit_codes_are_those_of_the_command() -> None:
    assert [int(row["code"]) for row in table(DOCUMENT, "code")] == sorted(ExitCode)

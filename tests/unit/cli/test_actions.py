"""``friday actions``: what the three commands print."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from friday_core.cli.actions import command
from friday_core.errors import DataSourceError

LIST = """SYMBOL,PURPOSE,EX_DATE,FACE_VALUE
ONE,Bonus 1:1,10-Feb-2024,10
TWO,Demerger,10-Feb-2024,10
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=False)


def prices(folder: Path, name: str, *, halved: bool, factor: float = 1.0) -> Path:
    """Sixty days from January 1st; on the forty-first the price halves, or goes on."""
    lines = ["symbol,date,open,high,low,close,volume"]
    for number in range(60):
        price = (100.0 + number % 3) / (2 if halved and number >= 40 else 1)
        price /= factor if number < 40 else 1.0
        day = dt.date(2024, 1, 1) + dt.timedelta(days=number)
        lines.append(f"ONE,{day},{price:.2f},{price + 0.5:.2f},{price:.2f},{price:.2f},{1000}")
    path = folder / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def test_parse_tells_what_is_understood_and_what_is_not(listed: Path) -> None:
    assert run("parse", listed).output.splitlines() == [
        "line 3, TWO: not understood: 'Demerger': no rule knows 'DEMERGER'",
        "bonus: 1",
        "understood: 1 of 2 lines, 50.0%",
    ]


def test_parse_checks_a_list_against_prices(listed: Path, tmp_path: Path) -> None:
    (right, wrong) = (prices(tmp_path, f"{halved}.csv", halved=halved) for halved in (True, False))
    assert run("parse", listed, "--prices", right).output.splitlines()[-1].startswith("contradicted: 0, of the actions")
    lines = run("parse", listed, "--prices", wrong).output.splitlines()
    assert lines[-2].startswith("ONE 2024-02-10: contradicted by the prices: the price went on as if there were none")


def test_parse_writes_a_file_of_actions_that_it_can_read(listed: Path, tmp_path: Path) -> None:
    target = tmp_path / "own.csv"
    assert run("parse", listed, "--write", target).output.splitlines()[-1] == f"written: {target}"
    assert run("parse", target).output.splitlines() == ["bonus: 1", "understood: 1 of 1 lines, 100.0%"]


def test_find_shows_the_gap_with_its_ratio(tmp_path: Path) -> None:
    lines = run("find", prices(tmp_path, "raw.csv", halved=True)).output.splitlines()
    (row,) = (line.split() for line in lines if line.strip().startswith("ONE"))
    assert (row[:3], row[-1]) == (["ONE", "2024-02-10", "2:1"], "yes")
    assert lines[-1] == "found: 1 in 60 rows of 1 symbols"


def test_find_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    assert run("find", prices(tmp_path, "raw.csv", halved=False)).output == "found: 0 in 60 rows of 1 symbols\n"


def test_compare_lists_stretches_with_their_cause(listed: Path, tmp_path: Path) -> None:
    raw, adjusted = prices(tmp_path, "raw.csv", halved=True), prices(tmp_path, "a.csv", halved=True, factor=2.0)
    lines = run("compare", raw, adjusted).output.splitlines()
    assert "split or bonus: 40 days" in lines
    assert lines[-1] == "within a tick: 20 of 60 days that both have"
    assert run("compare", raw, adjusted, "--actions", listed).output == "within a tick: 60 of 60 days that both have\n"


def test_a_column_is_named_with_both_names(tmp_path: Path) -> None:
    raw = prices(tmp_path, "raw.csv", halved=True)
    assert "write for example symbol=TICKER" in run("find", raw, "--column", "symbol").output
    with pytest.raises(DataSourceError, match="there is no column 'symbol'"):
        run("find", raw, "--column", "symbol=name")

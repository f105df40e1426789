import datetime as dt
import re
from fractions import Fraction
from pathlib import Path

import pytest

from friday_core.errors import DataSourceError
from friday_core.market.corporate_actions import action_file
from friday_core.market.corporate_actions.action_file import read_actions, written
from friday_core.market.corporate_actions.announcement import Announcement
from friday_core.market.corporate_actions.terms import Demerger, Dividend, Kind, NoEffect, Rights, ShareChange

HEADER = "symbol,ex_date,kind,ratio,amount,announced\n"
#: Every kind of line, and what it says.
LINES = {
    "INFY,2018-09-04,bonus,1:1,,2018-07-13": ShareChange(Kind.BONUS, Fraction(2)),
    "TATASTEEL,2022-07-28,split,10:1,,": ShareChange(Kind.SPLIT, Fraction(10)),
    "BAJFINANCE,2025-06-16,bonus+split,10:1,,": ShareChange(Kind.BONUS_AND_SPLIT, Fraction(10)),
    "OLD,2020-01-02,consolidation,1:10,,": ShareChange(Kind.CONSOLIDATION, Fraction(1, 10)),
    "BHARTIARTL,2021-09-27,rights,1:14,535,2021-08-29": Rights(1, 14, Fraction(53_500)),
    "TATAMOTORS,2025-10-14,demerger,,0.6885,": Demerger(Fraction(6885, 10_000)),
    "ONGC,2024-11-19,interim_dividend,,6,": Dividend(Kind.INTERIM_DIVIDEND, Fraction(600)),
    "KOTYARK,2026-08-14,dividend,,0.4545,": Dividend(Kind.DIVIDEND, Fraction(4545, 100)),
    "IITL,2026-08-18,buyback,,,": NoEffect(Kind.BUYBACK),
}


def wrote(folder: Path, text: str) -> Path:
    path = folder / "actions.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_kind_of_line_is_read(tmp_path: Path) -> None:
    found = read_actions(wrote(tmp_path, HEADER + "\n".join(LINES)))
    assert [one.terms for one in found] == list(LINES.values())
    assert found[0] == Announcement("INFY", dt.date(2018, 9, 4), found[0].terms, dt.date(2018, 7, 13))
    assert found[1].announced is None


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    found = read_actions(wrote(tmp_path, HEADER + "\n".join(LINES)))
    assert list(written(found)) == [HEADER.strip(), *LINES]


def test_the_lines_of_the_description_are_read(tmp_path: Path) -> None:
    shown = [line.strip() for line in (action_file.__doc__ or "").splitlines() if line.startswith("    ")]
    assert len(read_actions(wrote(tmp_path, "\n".join(shown)))) == len(shown) - 1 == 5


def test_columns_may_be_missing_and_stand_in_any_order(tmp_path: Path) -> None:
    (one,) = read_actions(wrote(tmp_path, "kind,ex_date, symbol ,ratio\n split ,2022-07-28,TATASTEEL, 10:1\n\n"))
    assert (one.symbol, one.terms) == ("TATASTEEL", ShareChange(Kind.SPLIT, Fraction(10)))


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    path = wrote(tmp_path, HEADER + "A,2024-13-01,split,2:1,,\nB,2024-01-01,split,2:1,,\n\nC,2024-01-01,bonus,x,,\n")
    with pytest.raises(DataSourceError) as caught:
        read_actions(path)
    assert str(caught.value).splitlines() == [
        f"{path} is not a file of corporate actions:",
        "  line 2: ex_date '2024-13-01' is not a date of any calendar",
        "  line 5: ratio 'x' of a bonus is not one; write for example 1:1",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",2024-01-01,split,2:1,,", "the symbol is missing"),
        ("A,01-01-2024,split,2:1,,", "ex_date '01-01-2024' is not a date; write for example 2024-10-28"),
        ("A,2024-01-01,splitt,2:1,,", "'splitt' is not a kind of action; kinds are split, consolidation"),
        ("A,2024-01-01,split,,,", "a split needs ratio"),
        ("A,2024-01-01,split,2:1,5,", "a split has no amount"),
        ("A,2024-01-01,dividend,1:1,5,", "a dividend has no ratio"),
        ("A,2024-01-01,rights,1:2,,", "a rights needs amount"),
        ("A,2024-01-01,meeting,,5,", "a meeting has no amount"),
        ("A,2024-01-01,dividend,,-5,", "amount '-5' is not a number"),
        ("A,2024-01-01,dividend,,1e3,", "amount '1e3' is not a number"),
        ("A,2024-01-01,dividend,,0,", "a dividend of 0.0 paise is none"),
        ("A,2024-01-01,split,0:1,,", "ratio '0:1' of a split is not one"),
        ("A,2024-01-01,split,1:2,,", "a split does not make 1/2 of one share"),
        ("A,2024-01-01,demerger,,68.85,", "between 0 and 1 stays, not 68.85"),
        ("A,2024-01-01,split,2:1,,soon", "announced 'soon' is not a date"),
        ("A,2024-01-01,split,2:1,,\nA,2024-01-01,split,3:1,,", "A has a split on 2024-01-01 in line 2 already"),
    ],
)
def test_a_line_that_cannot_be_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(DataSourceError, match=re.escape(message)):
        read_actions(wrote(tmp_path, HEADER + line))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: it is empty"),
        ("symbol,ex_date\n", "line 1: there is no column 'kind'"),
        ("symbol,ex_date,kind,price\n", "line 1: 'price' is not a column of actions"),
        (HEADER + "A,2024-01-01\n", "line 2: 2 fields where the first line names 6"),
        (HEADER + 'A,"2024\n', "unexpected end of data"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataSourceError, match=re.escape(message)):
        read_actions(wrote(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"nowhere\.csv: it cannot be read: No such file"):
        read_actions(tmp_path / "nowhere.csv")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "actions.csv"
    path.write_bytes(b"\xff\xfe\x80")
    with pytest.raises(DataSourceError, match="it is not UTF-8 text"):
        read_actions(path)

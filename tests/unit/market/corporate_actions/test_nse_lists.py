import datetime as dt
from fractions import Fraction
from pathlib import Path

import pytest

from friday_core.errors import DataSourceError
from friday_core.market.corporate_actions.nse_lists import NotUnderstood, read_list
from friday_core.market.corporate_actions.terms import Dividend, Kind, ShareChange


def wrote(folder: Path, *lines: str) -> Path:
    path = folder / "list.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_list_with_purposes_is_read(tmp_path: Path) -> None:
    found = read_list(
        wrote(
            tmp_path,
            "SYMBOL,COMPANY,PURPOSE,EX_DATE,RECORD_DATE,FACE_VALUE",
            "GOODLUCK,Goodluck,Bonus 2:1,21-Aug-2026,21-Aug-2026,2",
            "JMA,JMA,Dividend - Rs 2 Per Share & Special Dividend Re 1 Per Share,18-Aug-2026,18-Aug-2026,2",
            "NEW,New,Interim Dividend 50%,2026-08-19,-,10",
        )
    )
    assert [(one.symbol, one.terms.kind) for one in found.announcements] == [
        ("GOODLUCK", Kind.BONUS),
        ("JMA", Kind.DIVIDEND),
        ("JMA", Kind.SPECIAL_DIVIDEND),
        ("NEW", Kind.INTERIM_DIVIDEND),
    ]
    assert found.announcements[0].ex_date == dt.date(2026, 8, 21)
    assert found.announcements[3].terms == Dividend(Kind.INTERIM_DIVIDEND, Fraction(500))
    assert (found.lines, found.not_understood, found.understood) == (3, (), 1.0)


def test_the_names_of_a_download_are_known_too(tmp_path: Path) -> None:
    header = '"SYMBOL","COMPANY NAME","SERIES","PURPOSE","FACE VALUE","EX-DATE","RECORD DATE"'
    (one,) = read_list(
        wrote(tmp_path, header, '"A","A","EQ","Rights 1:4 @ Premium Rs 8","10","21-Aug-2026","-"')
    ).announcements
    assert (one.terms.kind, one.text) == (Kind.RIGHTS, "Rights 1:4 @ Premium Rs 8")


def test_a_line_that_is_not_wholly_understood_is_listed_and_nothing_is_taken_from_it(tmp_path: Path) -> None:
    found = read_list(
        wrote(
            tmp_path,
            "SYMBOL,PURPOSE,EX_DATE,FACE_VALUE",
            "A,Demerger,21-Aug-2026,2",
            "B,Bonus 1:1 / Scheme Of Arrangement,21-Aug-2026,2",
            "C,Bonus 1:1,21 August,2",
            "D,,21-Aug-2026,2",
        )
    )
    assert (found.announcements, found.understood) == ((), 0.0)
    assert found.not_understood == (
        NotUnderstood(2, "A", "Demerger", "no rule knows 'DEMERGER'"),
        NotUnderstood(3, "B", "Bonus 1:1 / Scheme Of Arrangement", "no rule knows 'SCHEME OF ARRANGEMENT'"),
        NotUnderstood(4, "C", "Bonus 1:1", "'21 August' is not a date"),
        NotUnderstood(5, "D", " ".join(["None", "None"]), "there is no text"),
    )


def test_a_list_with_factors_is_read(tmp_path: Path) -> None:
    found = read_list(
        wrote(
            tmp_path,
            "symbol,ex_date,factor_nse,kind_nse",
            "ASTRAL,2021-03-18,1.333333,bonus",
            "360ONE,2023-03-02,13.33333,bonus+split",
            "OLD,2010-06-15,1.6667,split_or_bonus (unlabelled)",
        )
    )
    assert [one.terms for one in found.announcements] == [
        ShareChange(Kind.BONUS, Fraction(4, 3)),
        ShareChange(Kind.BONUS_AND_SPLIT, Fraction(40, 3)),
        ShareChange(Kind.BONUS_AND_SPLIT, Fraction(5, 3)),
    ]


def test_of_two_columns_with_factors_the_plain_name_counts(tmp_path: Path) -> None:
    (one,) = read_list(
        wrote(tmp_path, "symbol,ex_date,factor,kind,factor_nse", "A,2021-03-18,2.0,split,")
    ).announcements
    assert one.terms == ShareChange(Kind.SPLIT, Fraction(2))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("A,2021-03-18,,demerger", "'' is not a factor"),
        ("A,2021-03-18,1.2345678,bonus", "1.2345678 is not a ratio of shares"),
        ("A,2021-03-18,2.0,demerger", "'demerger' says neither split nor bonus"),
        ("A,2021-03-18,1.0,bonus", "a bonus of one share into 1 is none"),
    ],
)
def test_a_factor_that_cannot_be_is_listed(tmp_path: Path, line: str, why: str) -> None:
    (left,) = read_list(wrote(tmp_path, "symbol,ex_date,factor,kind", line)).not_understood
    assert left.why == why


def test_a_file_of_ones_own_is_a_list_too(tmp_path: Path) -> None:
    found = read_list(wrote(tmp_path, "symbol,ex_date,kind,ratio", "A,2021-03-18,bonus,1:1"))
    assert (found.lines, len(found.announcements)) == (1, 1)


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match="line 1: this is no list of corporate actions"):
        read_list(wrote(tmp_path, "a,b", "1,2"))

from fractions import Fraction

import pytest

from friday_core.market.corporate_actions.purpose import parse_purpose
from friday_core.market.corporate_actions.terms import Dividend, Kind, NoEffect, Rights, ShareChange, Terms

TEN = Fraction(10)


def split(before: int, after: int) -> ShareChange:
    return ShareChange(Kind.SPLIT, Fraction(before, after))


def bonus(new: int, held: int) -> ShareChange:
    return ShareChange(Kind.BONUS, Fraction(new + held, held))


def dividend(rupees: str, kind: Kind = Kind.DIVIDEND) -> Dividend:
    return Dividend(kind, 100 * Fraction(rupees))


def rights(new: int, held: int, rupees: str) -> Rights:
    return Rights(new, held, 100 * Fraction(rupees))


MEETING = NoEffect(Kind.MEETING)
INTERIM, FINAL, SPECIAL = Kind.INTERIM_DIVIDEND, Kind.FINAL_DIVIDEND, Kind.SPECIAL_DIVIDEND
UNDERSTOOD: list[tuple[str, list[Terms]]] = [
    ("Dividend - Rs 14 Per Share", [dividend("14")]),
    ("Dividend - Re 0.4545 Per Share", [dividend("0.4545")]),
    ("Dividend - Re 0.70  Per Share", [dividend("0.70")]),
    ("Dividend - Rs 33 Per Sh", [dividend("33")]),
    ("Dividend Rs 1,250 Per Share", [dividend("1250")]),
    ("Dividend - Rs1.25 Per Share", [dividend("1.25")]),
    ("Interim Dividend - Rs 6.25 Per Share", [dividend("6.25", INTERIM)]),
    ("Interimdividend - Rs 1.30  Per Share", [dividend("1.30", INTERIM)]),
    ("Interim Dividend - Re. .50", [dividend("0.50", INTERIM)]),
    ("Interim Dividend - Rs. - 3.0000", [dividend("3", INTERIM)]),
    ("INT DIV-RS.2/-", [dividend("2", INTERIM)]),
    ("INT DIV-25%", [dividend("2.50", INTERIM)]),
    ("First Interim Dividend 100%", [dividend("10", INTERIM)]),
    ("FINALDIV.-10%+SPL.DIV.-5%", [dividend("1", FINAL), dividend("0.50", SPECIAL)]),
    ("Interim & Special Dividend Rs 5 Per Share", [dividend("5", SPECIAL)]),
    ("Dividend - Rs 2 Per Share & Special Dividend Re 1 Per Share", [dividend("2"), dividend("1", SPECIAL)]),
    (
        "Interim Dividend - Rs 9 Per Share Special Dividend - Rs 18 Per Share",
        [dividend("9", INTERIM), dividend("18", SPECIAL)],
    ),
    ("Annual General Meeting/Dividend - Rs 2.50 Per Share", [MEETING, dividend("2.50")]),
    ("AGM AND DIVIDEND RE.1/- PER SHARE", [MEETING, dividend("1")]),
    (
        "Distribution - Rs 3.55 Per Unit Consists Of Interest Rs 2.38 Per Unit & Return Of Capital Rs 1.17 Per Unit",
        [dividend("3.55", Kind.DISTRIBUTION)],
    ),
    (
        "Distribution - Rs 5.60 Per Unit Consisting Of Interest - Rs 1.65 Per Unit/ Dividend - Re 0.93 Per Unit",
        [dividend("5.60", Kind.DISTRIBUTION)],
    ),
    ("Bonus 2:1", [bonus(2, 1)]),
    ("Bonus 1 : 2", [bonus(1, 2)]),
    ("Bonus-1:1", [bonus(1, 1)]),
    ("Bonus Shares In The Ratio Of 1:1", [bonus(1, 1)]),
    ("Face Value Split (Sub-Division) - From Rs 10/- Per Share To Re 1/- Per Share", [split(10, 1)]),
    ("Face Value Split From Rs.10/- To Rs.5/- Per Share", [split(10, 5)]),
    ("FV SPLT FRM RS 10 TO RS 2", [split(10, 2)]),
    ("FVSPLT FRM RS 2 TO RE 1", [split(2, 1)]),
    ("Fv Split Rs.10/- To Rs.2/", [split(10, 2)]),
    ("SUB - DIVISION FROM RS 10 TO RS 1", [split(10, 1)]),
    ("Sub-Division w.e.f. 12-08-2024 From Rs.10/- To Re.1/-", [split(10, 1)]),
    ("CONSOLIDATION RE1 TO RS10", [ShareChange(Kind.CONSOLIDATION, Fraction(1, 10))]),
    ("BON 1:2/SPLIT RS.10TORS.2", [bonus(1, 2), split(10, 2)]),
    ("Bonus - 1:1 And Face Value Split From Rs. 10 To Rs. 2", [bonus(1, 1), split(10, 2)]),
    ("Rights 3:10 @ Premium Rs 120/-", [rights(3, 10, "130")]),
    ("Rights 2:5 @ Premium Rs 1.17/-", [rights(2, 5, "11.17")]),
    ("Rights 11: 50 @ Premium Rs 0/-", [rights(11, 50, "10")]),
    ("RHTS 5:12@PRM RS.35", [rights(5, 12, "45")]),
    ("Rights 1:1 @ Par", [rights(1, 1, "10")]),
    ("Rights 3:10 @ Rs 130 (Including Premium Of Rs 120)", [rights(3, 10, "130")]),
    ("Buy Back", [NoEffect(Kind.BUYBACK)]),
    ("Interest Payment", [NoEffect(Kind.INTEREST)]),
    ("Annual General Meeting", [MEETING]),
]


@pytest.mark.parametrize(("text", "terms"), UNDERSTOOD, ids=[text for text, _ in UNDERSTOOD])
def test_a_purpose_is_understood(text: str, terms: list[Terms]) -> None:
    purpose = parse_purpose(text, TEN)
    assert (list(purpose.terms), purpose.left) == (terms, ())


@pytest.mark.parametrize(
    "text",
    [
        "Scheme Of Arrangement",
        "Demerger",
        "Capital Reduction",
        "Bonus Debentures 1:1",
        "Bonus 1 Dvr",
        "Bonus 0:1",
        "Rights 1:11.10 @ Premium Rs 5",
        "Rights Issue 1:4",
        "Ratio Of The Rights Is 3:2",
        "Interim Dividend Rs 2 Special Dividend Rs 3",
        "Bonus 1:1 Div Rs 2",
        "Dividend",
        "Face Value Split",
        "Fv Split Rs.10 To Rs.10",
    ],
)
def test_what_no_rule_knows_is_given_back(text: str) -> None:
    purpose = parse_purpose(text, TEN)
    assert (purpose.terms, purpose.left) == ((), (text.upper(),))


@pytest.mark.parametrize("text", ["DIVIDEND-25%", "RIGHTS 1:4 @ PREMIUM RS 8", "RIGHTS 1:4 @ PAR"])
def test_what_depends_on_the_face_value_is_not_understood_without_it(text: str) -> None:
    assert parse_purpose(text).left == (text,)
    assert parse_purpose(text, TEN).left == ()


def test_half_a_line_that_is_not_understood_is_named() -> None:
    purpose = parse_purpose("Rights - 4:25 Fully Paid @ Premium Rs 500/- / 2:25 Partly Paid @ Premium Rs 605/-", TEN)
    assert purpose.terms == (rights(4, 25, "510"),)
    assert purpose.left == ("2:25 PARTLY PAID @ PREMIUM RS 605",)


def test_an_empty_text_has_no_terms() -> None:
    assert parse_purpose(" - ").terms == ()

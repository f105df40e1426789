"""Writes the table of faults into ``docs/zerodha.md``: ``python docs/faults_table.py``; ``--check`` only compares."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stale import brought_up_to_date

FOLDER = Path(__file__).parent
TESTS = FOLDER.parent / "tests"
DOCUMENT = "zerodha.md"
BEGIN, END = "<!-- Faults: written by docs/faults_table.py from the names of tests. -->", "<!-- End of the faults. -->"

#: What Kite does; what becomes of it is told by the names of the tests.
FAULTS: Mapping[int, str] = {
    1: "An order stands although its answer is lost, late, cut, or an error",
    2: "An order appears in the book seconds or minutes after its error",
    3: "A 400 for an order that was accepted",
    4: "A book of orders that lacks the newest ones",
    5: "The process dies between the sending and the answer",
    6: "Nobody knows whether a cancel or a modification arrived",
    7: "Of an order above the freeze quantity a part fails",
    8: "An order trades in parts, and is cancelled with a part of it",
    9: "A market order becomes a limit order and rests",
    10: "Type and price in the book are not what was sent",
    11: "Order updates come late, twice, backwards, or never",
    12: "An order that has its number is rejected",
    13: "A change is refused or ignored, or is one too many",
    14: "A cancel is ignored, or loses the race against a fill",
    15: "Somebody else trades in the account",
    16: "A GTT is triggered, and its order fails",
    17: "Ticks, lots, bands, products, triggers, tags and quantities that Kite would refuse",
    18: "A float is no price",
    19: "The access token dies at 06:00, or at any time",
    20: "A socket outlives its token, and is then refused",
    21: "Orders are refused from an address that is not registered",
    22: "A request token is good once; a wrong secret",
    23: "429: too many requests",
    24: "An order loop costs the app",
    25: "A socket, or an instrument on it, too many",
    26: "A socket that is open, and dead",
    27: "Heartbeats without ticks, and prices that stand still",
    28: "A socket drops, and what it would have told is lost",
    29: "A slow or failing callback cuts the socket",
    30: "Frames that are garbage, cut, or have flipped bits",
    31: "Ticks twice, and older ones after newer ones",
    32: "A bad print within the limits",
    33: "Ticks out of hours",
    34: "A packet of unknown length",
    35: "Candles that are not finished, missing, corrected or adjusted",
    36: "An instrument gets another token",
    37: "Reads that fail, hang, or answer nonsense",
    38: "This machine's clock and Kite's differ",
    39: "A halt, or a price at its limit with nobody on the other side",
    40: "The broker squares off before the strategy does",
    41: "Money or shares that were there are there no more",
    42: "Maintenance, and a list of instruments that is late",
    43: "A killed process, a full disk, two instances",
}
_NAME = re.compile(r"fault_(\d\d)(?:_and_(\d\d))?_")


class FaultTest(NamedTuple):
    """``numbers`` are those in its name, ``reaction`` the rest of it, ``file`` is without folders."""

    numbers: tuple[int, ...]
    reaction: str
    file: str


def fault_tests(folder: Path = TESTS) -> Iterator[FaultTest]:
    """All that are named after faults, in the order of files and of lines."""
    for path in sorted(folder.rglob("test_*.py"), key=lambda one: one.name):
        text = path.read_text("utf-8")
        if "def test_fault_" not in text:
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_fault_"):
                numbers = [int(one) for found in _NAME.findall(node.name) for one in found if one]
                words = _NAME.sub("", node.name.removeprefix("test_")).replace("_", " ")
                yield FaultTest(tuple(numbers), words, path.name)


def faults_table(tests: Sequence[FaultTest]) -> str:
    """A row for each fault."""
    by_number: dict[int, list[FaultTest]] = defaultdict(list)
    for one in tests:
        for number in one.numbers:
            by_number[number].append(one)
    lines = ["| fault | what Kite does | Friday's reaction | shown by |", "|--:|---|---|---|"]
    for number, words in FAULTS.items():
        found = by_number[number]
        files = dict.fromkeys(f"`{one.file}`" for one in found)
        lines.append(f"| {number} | {words} | {'<br>'.join(one.reaction for one in found)} | {'<br>'.join(files)} |")
    return "\n".join(lines)


def zerodha_document(text: str, tests: Sequence[FaultTest]) -> str:
    """The document with the table of now; ``ValueError`` if it has no place for it."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{DOCUMENT} lacks the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{faults_table(tests)}\n\n{END}{after}"


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Write the table into the document of ``folder``, or with ``--check`` tell whether it is stale; 0 if not."""
    path = folder / DOCUMENT
    text = zerodha_document(path.read_text("utf-8"), [*fault_tests()])
    return brought_up_to_date(path, text, "faults_table", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

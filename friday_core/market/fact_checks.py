"""A file of one's own with facts: of which kind it is, and all that is wrong with it, by line."""

from __future__ import annotations

import datetime as dt
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from friday_core.errors import DataSourceError
from friday_core.market.charges.rate_file import RateFile
from friday_core.market.corporate_actions.action_file import read_actions
from friday_core.market.fact_file import FactFile, Fault, check_file
from friday_core.market.instruments.dated_file import InstrumentFile
from friday_core.market.instruments.kite_list import read_kite
from friday_core.market.margins.margin_file import MarginFile
from friday_core.market.sessions.session_file import SessionFile

_TABLE = re.compile(r"^\s*\[\[?\s*([\w-]+)", re.MULTILINE)
_LISTED = re.compile(r"^  line (\d+): (.+)$", re.MULTILINE)
_LINE = re.compile(r"\bline (\d+)\b")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class FactKind:
    """``marks`` are tables of a TOML file, or columns that stand together in the first line of another one.

    ``form`` says where to see how such a file is written.
    """

    name: str
    marks: frozenset[str]
    form: str
    faults: Callable[[Path, dt.date], list[Fault]]
    by_columns: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A file, what it is taken for, and what is wrong with it; no fault if it can be used."""

    path: Path
    kind: FactKind
    faults: tuple[Fault, ...]


def check_facts(path: Path, kind: str = "", day: dt.date = dt.date.max) -> Checked:
    """Judge a file as ``kind``, else as what its content shows; a list of instruments is that of ``day``.

    ``DataSourceError`` if it cannot be read, if nothing or several kinds show, and for a kind that there is not.
    """
    try:
        found = _named(kind) if kind else _recognised(path, path.read_bytes())
        return Checked(path, found, tuple(found.faults(path, day)))
    except OSError as error:
        raise DataSourceError(
            f"{path} cannot be read: {error.strerror or error}\n    mend: correct the path"
        ) from error


def _named(name: str) -> FactKind:
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise DataSourceError(f"no facts of kind {name!r}\n    mend: one of {', '.join(kind.name for kind in KINDS)}")


def _recognised(path: Path, raw: bytes) -> FactKind:
    text = (gzip.decompress(raw) if raw.startswith(_GZIP) else raw).decode("utf-8-sig", "replace")
    columns = {name.strip(' "').lower() for name in re.split("[,;\t]", text.partition("\n")[0].strip())}
    tables = set(_TABLE.findall(text))
    found = [kind for kind in KINDS if (kind.marks <= columns if kind.by_columns else kind.marks & tables)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and of ".join(kind.name for kind in found)
        raise DataSourceError(f"{path} has tables of {names}\n    mend: write a file for each, or say --kind")
    there = "".join(f"\n  {kind.name}: {', '.join(sorted(kind.marks))}" for kind in KINDS)
    raise DataSourceError(
        f"{path} shows no kind of facts; tables or columns that do:{there}\n    mend: use these names, or say --kind"
    )


def _refused(read: Callable[[], object]) -> list[Fault]:
    """What a reader refuses a file for, with the lines that it names."""
    try:
        read()
    except DataSourceError as error:
        text = str(error)
        listed = [Fault(int(line), message) for line, message in _LISTED.findall(text)]
        found = _LINE.search(text)
        return listed or [Fault(int(found[1]) if found else 1, text)]
    return []


def _dated(name: str, model: type[FactFile]) -> FactKind:
    """A kind of TOML files, told by its tables."""
    return FactKind(name, frozenset(model.tables), model.form, lambda path, _day: check_file(path, model))


#: What a file of one's own can be about.
KINDS = (
    _dated("charges", RateFile),
    _dated("margins", MarginFile),
    _dated("sessions", SessionFile),
    _dated("instruments", InstrumentFile),
    FactKind(
        "instrument_list",
        frozenset({"instrument_token", "exchange_token", "tradingsymbol"}),
        "the list of instruments of Kite Connect, docs/instruments.md",
        lambda path, day: _refused(lambda: read_kite(path, day)),
        by_columns=True,
    ),
    FactKind(
        "corporate_actions",
        frozenset({"symbol", "ex_date", "kind"}),
        "the docstring of friday_core.market.corporate_actions.action_file",
        lambda path, _day: _refused(lambda: read_actions(path)),
        by_columns=True,
    ),
)

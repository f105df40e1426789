"""Writes ``docs/values.md``: ``python docs/values_reference.py``; ``--check`` only compares."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from interface_members import Member
from stale import brought_up_to_date
from value_members import first_sentence, members_of, signature_of, words_of

from friday_core import api
from friday_core.interfaces.component import Component

DOCUMENT = Path(__file__).parent / "values.md"

INTRODUCTION = """\
# What a plugin handles

<!-- Written by docs/values_reference.py from friday_core/api.py and the docstrings of its names; change those. -->

Every name of `friday_core.api`: what a plugin may import, and is handed. What it can *be* is in
[Interfaces](interfaces.md). A name without arguments in its heading is made of its fields, in their order.

Three conventions hold for all of them:

- **Time** is whole microseconds UTC (`ts_event`, `ts_recv`), a trading date (`session`) days since 1970-01-01.
- **Prices** in chunks, orders, fills and `raw` are whole price units of the instrument (paise, for rupees with two
  decimals); in columns of `m`, bars and frames they are floats in the currency, adjusted. **Money** is in whole minor
  units of the currency; where it is a float, its docstring says so.
- **What is missing** is NaN in floats, `MISSING_PRICE` in price units, `None` where a field may be left out.
"""

#: Each name once, under what it belongs to.
GROUPS = {
    "Columns and the market": "Market Col HOLD where latch ratchet indicators operator Op Example",
    "Rows and verdicts": (
        "Chunk PlainRow FewRows chunk_of Universe Float64 Int64 PRICE_COLUMNS MISSING_PRICE Cursor Verdict RowCode "
        "Judgement"
    ),
    "Instruments and money": "Instrument InstrumentId divide_half_even format_money",
    "What a strategy is told": "Event Bar RawBar Fill OrderEnded CorporateAction BookView",
    "What a strategy answers": "Decision Signal Target Order Cancel Side OrderType TimeInForce Product OrderStatus",
    "Sizing and risk": "Proposal Ruling OrderTerms Bound RiskState WorkingOrder",
    "Brokers and fills": (
        "Intent PlaceOrder CancelOrder OrderUpdate Execution Matcher BarMatcher MatchingRules MatchingSettings "
        "FillAt ExecutedOrder BillTerms BillLine Amount BillRounding"
    ),
    "Sources of rows": "BarFileSource BarFileSettings BarReader BarTimes Origin in_chunks",
    "Trained models": (
        "TrainingTable CompiledModel ModelKernel LinearModel TreeModel TreeNodes compile_linear compile_logistic "
        "compile_forest compile_boosting"
    ),
    "Dates and hours": (
        "to_date to_days in_utc Schedule Sessions KnownDates MarketSessions SessionBase SessionFile session_files "
        "session_overrides library_sessions"
    ),
    "Facts of markets": (
        "IndianTariff rate_tables ContractName contract_name instrument_facts monthly_expiry MarginEstimate "
        "HoldingsMargin Volatilities margin_tables Gap LikelyRatio likely_ratio spread_of turnover_of"
    ),
    "Registration and settings": (
        "hookimpl ComponentSpec PluginSettings NoSettings TimeZone API_VERSION FridayDeprecationWarning get_logger "
        "Health Finding Outcome Stateful Fetches Lists"
    ),
    "Telling people": "Notification Severity",
    "Errors to raise": (
        "FridayError PluginError DataError DataSourceError SchemaError FactsError CalendarError BrokerError Refused "
        "InDoubt"
    ),
    "Roles": (
        "Component HistoricalData LiveData Validator RowJudge RowsJudge ColumnValidator Transformer RowTransformer "
        "ColumnTransformer WindowTransformer FeatureSet Model Strategy ColumnStrategy WindowStrategy Sizer RiskRule "
        "RiskAdjuster Broker SimulatedBroker RealBroker ChargesPlan Tariff Calendar Connection Notifier"
    ),
}

#: What stands below the heading of a group.
ABOUT = {
    "Columns and the market": (
        "Written in [`outputs(m)`](operators.md#the-market-m); what columns can do is in [Operators](operators.md), "
        "and `indicators` in [Indicators](indicators.md)."
    ),
    "Errors to raise": (
        "`DataSourceError` for a file or feed of a source, `DataError` for any other file, in the factory, with file "
        "and line; `Refused` and `InDoubt` by brokers. Other exceptions are taken for mistakes of the plugin, and told "
        "with their class."
    ),
    "Roles": "The classes that a plugin derives from; each has its section in [Interfaces](interfaces.md).",
}
#: A table as docstrings draw it, between lines of equals signs.
_TABLE = re.compile(r"^={3,}[= ]*\n(?:.+\n)+={3,}[= ]*$", re.MULTILINE)
#: Names that are told elsewhere, and where.
ELSEWHERE = {"Col": "operators.md#columns", "Market": "operators.md#the-market-m", "indicators": "indicators.md"}


def values_document() -> str:
    """``docs/values.md``."""
    parts = [INTRODUCTION]
    for group, names in GROUPS.items():
        parts += [f"## {group}\n", *([f"{ABOUT[group]}\n"] if group in ABOUT else []), *_table(names.split())]
        parts += [text for name in names.split() if not _elsewhere(name) for text in _told(name)]
    return "\n".join(parts).rstrip("\n") + "\n"


def names() -> list[str]:
    """Every name of the document, in its order."""
    return " ".join(GROUPS.values()).split()


def _table(names: Sequence[str]) -> Iterator[str]:
    yield "| name | what it is |\n|---|---|"
    for name in names:
        where = _elsewhere(name) or f"#{name.lower()}"
        yield f"| [`{name}`]({where}) | {_escaped(first_sentence(_markdown(words_of(name))))} |"
    yield ""


def _elsewhere(name: str) -> str:
    value = getattr(api, name)
    if inspect.isclass(value) and issubclass(value, Component) and name in GROUPS["Roles"].split():
        return f"interfaces.md#{name.lower()}"
    return ELSEWHERE.get(name, "")


def _told(name: str) -> Iterator[str]:
    yield f"### `{name}`\n"
    signature = signature_of(name)
    if signature and signature != name:
        yield f"`{signature}`\n"
    yield f"{_TABLE.sub(_fenced, _markdown(words_of(name)))}\n"
    found = members_of(name)
    if found:
        yield "\n".join(map(_member, found)) + "\n"


def _member(one: Member) -> str:
    said = _markdown(_without_blank_lines(one.meaning))
    indented = re.sub(r"\n(?=[^\n])", "\n    ", said)
    return f"- `{one}`{': ' + indented if said else ''}"


def _fenced(table: re.Match[str]) -> str:
    return f"```text\n{table[0]}\n```"


def _without_blank_lines(text: str) -> str:
    """All but the blank lines: an item of a list is one paragraph."""
    return "\n".join(line for line in text.splitlines() if line.strip())


def _markdown(text: str) -> str:
    return text.replace("``", "`")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: Sequence[str], document: Path = DOCUMENT) -> int:
    """Write the document, or with ``--check`` say whether it is stale; 0 if all is well."""
    return brought_up_to_date(document, values_document(), "values_reference", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

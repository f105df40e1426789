"""Writes ``docs/operators.md``: ``python docs/operators_table.py``; ``--check`` only compares."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from stale import brought_up_to_date
from written_columns import market_sections, written

from friday_core.causal.kinds import Kind
from friday_core.causal.op import Example, Op, Params
from friday_core.causal.operators import OPERATORS

FOLDER = Path(__file__).parent
DOCUMENT = "operators.md"

INTRODUCTION = """\
# Operators

<!-- Written by docs/operators_table.py from friday_core/causal/operators; change those, not this file. -->

What `outputs(m)` computes becomes instructions of this table. An operator sees one row of one
instrument and its own state, so that nothing in it can look ahead; a *panel* operator sees the rows
of one time. The examples are executed by tests, to the last bit.

**Kinds.** Every column is float64. `price` and `count` hold exact integers, of the instrument's price
unit and of one; `num` is any number, prices in the currency; `bool` is 1, 0 or NaN for unknown.
Below, *grid* is a price or a count, *number* one of these or a num, and a word that comes back behind
the arrow is the same kind. A grid that an operator does not take is converted before it, by `to_num`
or `count_to_num`; a `bool` where numbers are needed is an error when the plugin loads.

**NaN** is "unknown", never "false". It passes through arithmetic and comparisons; `and` and `or` are
Kleene's, so that `false & unknown` is false; a window is NaN exactly while it holds a NaN or is not
full. Means, variances, covariances and correlations take an infinity for NaN; elsewhere it is a
number, and arithmetic with it is that of IEEE 754. An operator's *warm-up* is the rows before its
first value, beyond those of its inputs.

**Grid.** On a grid, sums are exact below 2\\*\\*53, and the `grid_` operators divide once, at the end:
their bits do not depend on where the data begin. The tracer takes them by itself.

**Anchors.** Other sums, means and variances are built in blocks of w rows, counted from the
instrument's first row. What leaves a window is not subtracted but forgotten, so there is no drift, and
a constant window has exactly its value as mean and 0 as variance; but the last bits depend on that
first row, as those of `ewm` do. The count is part of the state: any cut of the data into chunks, and a
snapshot on any row, give the same bits.

**Ties.** Of equal values the first argument wins in `min` and `max`, and the oldest row in
`rolling_min` and `rolling_max`, even between 0.0 and -0.0. Ranks of equal values are averaged.

**Clocks.** A column belongs to one clock domain: `tick`; a length as `30s`, `15m` or `1h`; `1d`, a whole
session, also called `session`; or a volume as `v1000`, for a program's own bars only. `60m` is `1h`.
`m.at("15m")` has the columns of a coarser domain, and `asof` alone brings their values over: those of the
latest bar that had closed. Bars of one close time come coarser first. Windows and warm-up count the rows of
their own domain. What decides (`signal`, `target`) passes a gate of `ready`, `rows`, `asof`, `gt` and `where`
that Friday adds: NaN until every domain has had its warm-up.

**The book.** Strategies see their book as it is before the slice's decisions; coarser domains and features
know none. `m.pos` is what is held of the row's instrument in shares or contracts,
negative for a short; `m.open_qty` what working orders would still add to it, sells counting negative, so that
`m.pos + m.open_qty` is held once they have filled. `m.avg_price` is the average price at which the open lots
were bought, or sold short, first in, first out: in the currency, without charges, times the row's factor, so
that it compares with an adjusted `m.close` across splits; NaN without a position. `m.close / m.avg_price - 1`
is the move since then; dividends are not in it, they are in the cash. `m.cash` and `m.equity` are the book's,
in its currency.

**A new operator** is an `Op` in a module of `friday_core/causal/operators/`, listed in its
`OPERATORS`: `kind` says what it takes and gives, `start` its first state, and `step` what it does, in
float arithmetic of a fixed order, with whole floats for integers in the state. Its examples must show
a value, a NaN, the warm-up and a tie. A change of what it computes raises its `version`, and with it
the key of every program that uses it. `step` is compiled as it stands; where it uses
a word that the compiler lacks, `kernel` is the same step without it, and an operator that cannot be
compiled runs in plain Python, with a notice. Either way the bits are those of `step`.

{sections}
## The table

`x`, or `a`, `b` and `c`, are input columns; parameters follow the semicolon. *Written as* shows what a plugin
writes to get the operator, with `np` for numpy and the other words from `friday_core.api`; tests trace each. In the
examples `nan` is NaN, and `units` the price units of one currency unit, else 1.
"""

_HEADINGS = ("name", "written as", "arguments", "meaning", "kinds", "NaN", "warm-up", "state", "examples")
#: Words for sets of kinds that an operator takes in one and the same place.
_WORDS = {
    frozenset(Kind): "any",
    frozenset({Kind.PRICE, Kind.COUNT, Kind.NUM}): "number",
    frozenset({Kind.PRICE, Kind.COUNT}): "grid",
}
_GIVEN = {"input": "→ as declared", "const": "→ num or bool"}


def operators_document() -> str:
    """``docs/operators.md``."""
    return (
        "\n".join([_introduction(), _line(_HEADINGS), _line(["---"] * len(_HEADINGS)), *map(_row, OPERATORS.values())])
        + "\n"
    )


def _introduction() -> str:
    return INTRODUCTION.replace("{sections}", market_sections())


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(op: Op) -> str:
    meaning = f"{op.meaning}. {op.note[0].upper()}{op.note[1:]}" if op.note else op.meaning
    cells = [_arguments(op), meaning, kinds_of(op), op.nan, _rows_of(op, op.warmup), _rows_of(op, op.slots)]
    return _line(
        [f"`{op.name}`", written(op.name), *map(_escaped, cells), "<br>".join(_example(op, one) for one in op.examples)]
    )


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def _letters(op: Op) -> Sequence[str]:
    return ["x"] if op.arity == 1 else ["a", "b", "c"][: op.arity]


def _arguments(op: Op) -> str:
    return "; ".join(filter(None, [", ".join(_letters(op)), ", ".join(op.parameters)]))


def _example(op: Op, example: Example) -> str:
    inputs = [f"{letter} = {_list(rows)}" for letter, rows in zip(_letters(op), example.inputs, strict=True)]
    inputs += [f"{name} = {_number(value)}" for name, value in zip(op.parameters, example.params, strict=True)]
    inputs += [f"units = {_number(example.scale)}"] if example.scale != 1.0 else []
    return f"`{'; '.join(inputs)} → {_list(example.output)}`"


def _list(rows: Sequence[float]) -> str:
    return " ".join(map(_number, rows)) or "no rows"


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


# Kinds -----------------------------------------------------------------------------------------

#: Kinds of the inputs, then of the output; ``None`` where any kind of a set may stand.
_Pattern = tuple[Kind | None, ...]


def kinds_of(op: Op) -> str:
    """What goes in and what comes out, tried out on every combination of kinds."""
    if op.name in _GIVEN:
        return _GIVEN[op.name]
    taken = {(*kinds, out) for kinds in itertools.product(Kind, repeat=op.arity) if (out := op.kind(kinds)) is not None}
    if op.arity > 1 and len(taken) == len(Kind) ** op.arity and all(one[-1] is one[0] for one in taken):
        return f"{', '.join(['any'] * op.arity)} → the first"
    found = []
    while taken:
        pattern, kinds = max(_patterns(taken), key=lambda one: (len(one[1]), -one[0].count(None)))
        word = _WORDS.get(kinds) or next(iter(kinds))
        found.append(_signature(pattern, word))
        taken -= {tuple(word if kind is None else kind for kind in pattern) for word in kinds}
    return "; ".join(_merged(found))


def _merged(signatures: Sequence[str]) -> list[str]:
    """Signatures that differ in one word become one, with the word for all of them."""
    left = list(signatures)
    for kinds, word in _WORDS.items():
        for one in signatures:
            alike = [re.sub(rf"\b{min(kinds)}\b", kind, one) for kind in sorted(kinds)]
            if len(set(alike)) == len(kinds) and set(alike) <= set(left):
                left = [*(other for other in left if other not in alike), re.sub(rf"\b{min(kinds)}\b", word, one)]
    return left


def _signature(pattern: _Pattern, word: str) -> str:
    *inputs, output = [word if kind is None else kind.value for kind in pattern]
    return f"{', '.join(inputs)} → {output}"


def _patterns(taken: set[tuple[Kind, ...]]) -> Iterator[tuple[_Pattern, frozenset[Kind]]]:
    """Every way to see combinations as one: places that hold the same kind, and the kinds that may stand there."""
    kinds_by_pattern: dict[_Pattern, set[Kind]] = {}
    for combination in sorted(taken):
        for kind in dict.fromkeys(combination[:-1]):
            places = [place for place, one in enumerate(combination) if one is kind]
            for chosen in itertools.chain.from_iterable(
                itertools.combinations(places, size) for size in range(1, len(places) + 1)
            ):
                if chosen == (len(combination) - 1,):
                    continue
                pattern = tuple(None if place in chosen else one for place, one in enumerate(combination))
                kinds_by_pattern.setdefault(pattern, set()).add(kind)
    for pattern, kinds in kinds_by_pattern.items():
        named = [set(words) for words in _WORDS if words <= kinds]
        yield from ((pattern, frozenset(words)) for words in named)
        yield from ((pattern, frozenset({kind})) for kind in kinds)


# Sizes -----------------------------------------------------------------------------------------


def _rows_of(op: Op, size: Callable[[Params], int]) -> str:
    """A size as a sum of multiples of the parameters, found by trying."""
    base = [4.0] * len(op.parameters)
    steps = [[value + (place == other) for other, value in enumerate(base)] for place in range(len(base))]
    first = size(tuple(base))
    slopes = [size(tuple(step)) - first for step in steps]
    constant = first - sum(4 * slope for slope in slopes)
    if size(tuple(9.0 for _ in base)) != constant + 9 * sum(slopes):
        raise ValueError(f"operator {op.name}: this size is no sum of multiples of its parameters")
    terms = [
        f"{slope} {name}" if slope != 1 else name for slope, name in zip(slopes, op.parameters, strict=True) if slope
    ]
    sign = "-" if constant < 0 else "+"
    return " ".join([" + ".join(terms), sign, str(abs(constant))] if constant and terms else terms or [str(constant)])


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Write the document into ``folder``, or with ``--check`` say whether it is stale; 0 if all is well."""
    return brought_up_to_date(folder / DOCUMENT, operators_document(), "operators_table", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

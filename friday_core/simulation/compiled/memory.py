"""What the kernel works on: arrays that it reads and writes, by whatever means they are reached."""

from __future__ import annotations

from typing import Any, NamedTuple


class Memory(NamedTuple):
    """Arrays of int64, or float64 where it is said: pointers in compiled code, memory views in plain Python.

    ``c`` is the context and ``s`` everything that is written, with its places in the context: the state and
    a copy of it, instruments, drafts, and the tables. ``e`` is cash and equity of each slice and desk,
    one column after the other, and with several instruments gross, and the first row of each slice. Then the
    rows: ``volume`` and ``session`` are float64, and so is ``targets``, desk by desk, NaN where nothing is
    decided.

    ``soon(rows, place)`` says that a value will be read before long, and may be one of no row.

    What stands elsewhere is reached by its address: ``floats`` and ``words`` make arrays of one, and
    ``run(desk, context, first, stop)`` runs the rows of a desk's columns that read its book. ``again`` runs
    the first of these rows once more, with the same book and the state from before them.
    ``until(code, context, latest, first, stop)`` is ``run`` by a function of its own, up to the first row whose
    value is not NaN and not the latest one of its instrument (``latest`` 0: whatever that is); it answers with it.
    """

    c: Any
    s: Any
    e: Any
    ts: Any
    inst: Any
    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any
    session: Any
    targets: Any
    floats: Any
    words: Any
    soon: Any
    run: Any
    again: Any
    until: Any

"""The tables of a run that nobody asked to write: each is made of the log when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pyarrow as pa

from friday_core.domain.chunk import Universe
from friday_core.orchestration.model_tables import models_table, predictions_table
from friday_core.orchestration.run_tables import OBJECT, WAITING_ROWS
from friday_core.orchestration.training import Training
from friday_core.session.columns import Block
from friday_core.session.core import Core
from friday_core.session.table_parts import with_changes
from friday_core.session.tables import Mask, ResultTables, parents_in

_QUARANTINE = "quarantine"


class KeptTables(Mapping[str, pa.Table]):
    """By name what ``RunTables`` would write, equal in every row; empty before the run has finished.

    ``flush`` and ``finish`` are called as those of ``RunTables``: what is an object in the log, or was held
    back, becomes columns while the run goes on.
    """

    def __init__(
        self, core: Core, universe: Universe, capital: int, *, currency: str, mask: Mask, waiting: int = WAITING_ROWS
    ) -> None:
        self._core = core
        self._universe = universe
        self._capital = capital
        self._tables = ResultTables(universe, currency, mask)
        self._waiting = waiting
        self._rows = core.log.tables()
        self._released: dict[str, list[Block]] = {name: [] for name in self._rows}
        self._held: list[pa.Table] = []
        self._names: tuple[str, ...] = ()
        #: Those that are not of the log.
        self._makers: dict[str, Callable[[], pa.Table]] = {}
        self._made: dict[str, pa.Table] = {}

    def flush(self) -> None:
        """Let go of objects that have become too many to keep."""
        for name, rows in self._rows.items():
            if rows.kept * OBJECT >= self._waiting and rows.objects * OBJECT >= self._waiting:
                self._released[name] += self._core.log.release(name, self._universe, self._capital)
        for quarantine in self._core.flow.quarantines.values():
            if len(quarantine) >= 2 * self._waiting:
                self._held.append(self._tables.quarantine(quarantine.release(self._waiting)))

    def finish(self, training: Training | None) -> None:
        """The run is over: from here on every table is there. The log is taken from the core, which may go."""
        core, universe = self._core, self._universe
        self._log = core.log.taken()
        self._rows = self._log.tables()
        self._quarantines = list(core.flow.quarantines.values())
        makers: dict[str, Callable[[], pa.Table]] = {}
        if (bars := core.bars) is not None:
            makers["bars"] = lambda: bars.table(universe)
        if training is not None:
            predicted = core.flow.predictions(training.stream)
            makers["predictions"] = lambda: predictions_table(predicted, universe, training)
            makers["models"] = lambda: models_table(training)
        of_log = [name for name in self._rows if name in self._tables.names]
        self._names, self._makers = tuple(sorted([*of_log, _QUARANTINE, *makers])), makers
        del self._core

    def digest(self) -> str:
        """That of the run, which its summary does not have."""
        return self._log.digest()

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _make(self, name: str) -> pa.Table:
        if name in self._makers:
            return self._makers[name]()
        if name not in self._names:
            raise KeyError(name)
        return self._quarantine() if name == _QUARANTINE else self._table(name)

    def _table(self, name: str) -> pa.Table:
        rows, behind = self._rows[name], parents_in(self._blocks("account_orders"))
        whole = self._tables.table(name, self._blocks(name), behind)
        numbers = sorted(rows.late)
        if not numbers:
            return whole
        late = self._tables.table(name, [rows.layout.block([rows.late[number] for number in numbers])], behind)
        return pa.concat_tables(with_changes([whole], numbers, late))

    def _blocks(self, name: str) -> list[Block]:
        return [*self._released[name], *self._rows[name].blocks()] if name in self._rows else []

    def _quarantine(self) -> pa.Table:
        held = [row for quarantine in self._quarantines for row in quarantine.rows]
        return pa.concat_tables([*self._held, self._tables.quarantine(held)])

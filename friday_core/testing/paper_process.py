"""A paper broker in a process of its own, for tests that kill it, start it again, and look into its book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from friday_core.sandbox.paper.book import tables_of
from friday_core.sandbox.paper.client import ask
from friday_core.sandbox.paper.process import Launch, address_of
from friday_core.testing.served_process import ServedProcess


class PaperServer(ServedProcess):
    """A server in ``folder``, and the handles to it; leaving the context kills it.

    ``scenario`` is the text of a scenario (``docs/sandbox_paper.md``). A broker ``paper_process`` finds the one that
    runs by the file ``server.json`` in the folder.
    """

    _module = "friday_core.sandbox.paper"

    def __init__(
        self, folder: Path, scenario: str = "", *, prices: Path | None = None, seed: int | None = None
    ) -> None:
        super().__init__(folder, scenario)
        self._prices, self._seed = prices, seed

    def ask(self, method: str, **params: Any) -> Any:
        """One request, as ``friday_core.sandbox.paper.client.ask``."""
        return ask(self.folder, method, **params)

    def fail(self, do: str, **rule: Any) -> None:
        """Set a fault: ``fail("lost_reply", method="place", nth=2)``."""
        self.ask("set_faults", faults=[{"do": do, **rule}])

    def tables(self) -> Mapping[str, Sequence[Any]]:
        """``orders``, ``trades`` and ``requests`` as they stand on disk, whether it runs or not."""
        return tables_of(self.folder)

    def address(self) -> tuple[str, int]:
        """Host and port."""
        found = address_of(self.folder)
        return found.host, found.port

    def _launch(self) -> Launch:
        path = self.folder / "scenario.toml"
        path.write_text(self._scenario, encoding="utf-8")
        prices = None if self._prices is None else str(self._prices)
        return Launch(str(self.folder), 0, prices, str(path), self._seed)

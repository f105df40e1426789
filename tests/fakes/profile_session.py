"""A session of a built-in profile, with its parts at hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import containers
from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ActionAnnounced, ChunkReceived
from friday_core.flow.manager import DataFlowManager
from friday_core.flow.quarantine import Quarantine
from friday_core.orchestration.host import RunResult
from friday_core.plugin.plan import MARKET_DATA
from friday_core.session.core import Core
from friday_core.session.journal import MemoryJournal

#: Synthetic bars of which some are faulty: nothing else of the default profile is changed.
DIRTY = ("plugins.source.synthetic.dirt=0.05",)
#: Profiles, each with the settings that make it worth a test.
PROFILES = [
    pytest.param("backtest", DIRTY, id="backtest"),
    pytest.param(
        "demo",
        (),
        id="demo",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("bokeh_sampledata") is None,
            reason="the prices are in the package bokeh_sampledata: pip install 'friday-trading[demo]'",
        ),
    ),
]


class ProfileSession:
    """One session as the composition root makes it; the run folder is below ``folder``."""

    def __init__(self, profile: str, folder: Path, *overrides: str) -> None:
        settings = [f"run.folder={folder / 'runs'}", *overrides]
        loaded = containers.load_settings(profile, environ={}, folder=folder, overrides=settings)
        infrastructure = containers.Infrastructure(loaded=loaded.in_use())
        plugins = containers.Plugins(infrastructure=infrastructure)
        self._parts = containers.Session(infrastructure=infrastructure, plugins=plugins)
        self._host = self._parts.host()

    def run(self) -> RunResult:
        result: RunResult = self._host.run()
        return result

    def flow(self) -> tuple[Quarantine, list[Chunk]]:
        """The source's rows through the stream of market data alone: what it held, and its slices."""
        flow: DataFlowManager = self._parts.data_flow_manager()
        slices: list[Chunk] = []
        for record in self._host.assembly.records():
            if isinstance(record, ActionAnnounced):
                flow.announce(record.action)
            elif isinstance(record, ChunkReceived):
                slices += [one.rows for one in flow.process_data_stream(record.stream, record.chunk)]
        slices += [one.rows for one in flow.end(MARKET_DATA)]
        return flow.quarantines[MARKET_DATA], slices

    @property
    def core(self) -> Core:
        core: Core = self._parts.core()
        return core

    @property
    def journal(self) -> MemoryJournal:
        journal: MemoryJournal = self._parts.journal()
        return journal

"""A session is its journal: the same records in a fresh core give the same intents and the same log."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.profile_session import PROFILES, ProfileSession


@pytest.mark.parametrize(("profile", "overrides"), PROFILES)
def test_the_journal_replayed_gives_the_same_intents_and_digest(
    profile: str, overrides: tuple[str, ...], tmp_path: Path
) -> None:
    original = ProfileSession(profile, tmp_path, "run.chunk_rows=500", *overrides)
    result = original.run()
    replayed = ProfileSession(profile, tmp_path, *overrides).core
    intents = 0
    for entry in original.journal:
        assert tuple(replayed.apply(entry.record)) == entry.intents
        intents += len(entry.intents)
    assert intents == sum(result.summary["results"]["orders"].values()) > 0
    assert replayed.log.digest() == result.summary["results"]["digest"]
    assert replayed.log.positions == original.core.log.positions
    assert replayed.log.actions == original.core.log.actions

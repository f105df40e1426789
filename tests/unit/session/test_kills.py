"""Sessions that are killed at random instants, against an exchange that loses, delays, doubles and refuses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from fakes.kills import Kills

from friday_core.session.at_broker import InDoubtPolicy


@pytest.mark.parametrize("policy", InDoubtPolicy)
def test_nothing_is_lost_doubled_or_unknown_however_often_it_is_killed(policy: InDoubtPolicy, tmp_path: Path) -> None:
    wrong: list[str] = []
    deaths: Counter[str] = Counter()
    for seed in range(60):
        kills = Kills(tmp_path / str(seed), seed, policy=policy)
        wrong += kills.run()
        deaths += kills.deaths
    assert wrong == []
    assert deaths.total() >= 150
    assert {"Mortal.append", "Mortal.answer", "Wire._answer", "Wire.opening"} <= deaths.keys()


@pytest.mark.parametrize(
    "without", [{"settles": False}, {"reads": False}, {"resends_blindly": True}], ids=lambda one: next(iter(one))
)
def test_the_harness_sees_what_goes_wrong_without_one_of_the_precautions(
    without: dict[str, bool], tmp_path: Path
) -> None:
    wrong = [
        one
        for seed in range(40)
        for one in Kills(tmp_path / str(seed), seed, policy=InDoubtPolicy.RESEND, **without).run()
    ]
    assert wrong

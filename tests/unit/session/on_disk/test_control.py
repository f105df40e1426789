"""What a person asks of a session, through a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from friday_core.domain.records import Action, Command
from friday_core.errors import JournalError
from friday_core.session.on_disk.control import Control

PAUSE = Command(5, Action.PAUSE, "strange prices", "me")


def test_a_command_is_news_once_and_stays_what_is_wished(tmp_path: Path) -> None:
    control, session = Control(tmp_path / "paper"), Control(tmp_path / "paper")
    assert list(session.news()) == []
    control.write(PAUSE)
    assert list(session.news()) == [PAUSE]
    assert list(session.news()) == []
    assert session.wish() == PAUSE
    rearm = Command(6, Action.REARM, "looked at it")
    control.write(rearm)
    assert list(session.news()) == [rearm]


def test_a_file_that_cannot_be_read_asks_for_a_pause(tmp_path: Path) -> None:
    control = Control(tmp_path)
    control.path.write_text("{")
    (command,) = control.news()
    assert (command.action, "it cannot be read" in command.reason) == (Action.PAUSE, True)
    with pytest.raises(JournalError, match=r"control\.json: it cannot be read .*friday halt pause, or friday rearm"):
        control.read()


def test_what_cannot_be_written_changes_nothing_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="the session was told nothing"):
        Control(tmp_path / "file" / "paper").write(PAUSE)

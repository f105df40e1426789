"""The log as a channel to a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from friday_core.infrastructure.logging import configure_logging
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.interfaces.notifier import Notification, Severity
from friday_plugins.notifiers.log import LogNotifier, friday_components


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.INFO, "info"), (Severity.WARNING, "warning"), (Severity.ALARM, "critical")],
)
def test_a_notification_is_one_line_at_the_level_of_its_severity(
    tmp_path: Path, severity: Severity, level: str
) -> None:
    path = tmp_path / "log.jsonl"
    handle = configure_logging(path, SecretRegistry(), run_id="r1")
    LogNotifier().notify(Notification(severity, "feed", "no ticks for 9 s"))
    handle.close()
    (line,) = [json.loads(text) for text in path.read_text().splitlines()]
    assert {key: line[key] for key in ("level", "component", "event", "subject", "message")} == {
        "level": level,
        "component": "notifier.log",
        "event": "notification",
        "subject": "feed",
        "message": "no ticks for 9 s",
    }


def test_every_severity_has_a_level() -> None:
    notifier = LogNotifier()
    for severity in Severity:
        notifier.notify(Notification(severity, "x", "y"))


def test_it_registers_as_the_notifier_log() -> None:
    (spec,) = friday_components()
    assert (spec.key, spec.factory) == ("notifier.log", LogNotifier)

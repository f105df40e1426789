"""From a log record to a line of JSON: made and masked by the caller, written by another thread.

The line is made at once, because what it tells about may change later. What the caller pays is
some tens of microseconds; it never waits for a file.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import queue
import threading
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from logging.handlers import QueueHandler, QueueListener
from types import MappingProxyType
from typing import Any

from friday_core.infrastructure.log_repeats import Repeats
from friday_core.infrastructure.secrets import SecretRegistry

#: Attribute of a log record that holds the fields of a structured event.
FIELDS = "friday_fields"
#: Fields of every line that is logged in this context.
CONTEXT: ContextVar[Mapping[str, object]] = ContextVar("friday_log_context", default=MappingProxyType({}))
#: Lines that may wait to be written; beyond that they are lost and counted.
WAITING_LINES = 100_000
#: What every line begins with. A field of such a name gets an underscore behind it.
_HEAD = ("ts", "level", "component", "run_id", "event")


class LineMaker:
    """The last structlog processor of a record: arranges, masks and renders it as JSON without ``ts``."""

    def __init__(self, secrets: SecretRegistry, run_id: str) -> None:
        self._secrets = secrets
        self._run_id = run_id

    def __call__(self, _logger: object, _method: str, event_dict: MutableMapping[str, Any]) -> str:
        record: logging.LogRecord = event_dict.pop("_record")
        del event_dict["_from_structlog"]
        given = event_dict.pop(FIELDS, None) or {}
        event = event_dict.pop("event")
        return self.line(record.levelname, record.name, event, {**CONTEXT.get(), **event_dict, **given})

    def line(self, level: str, component: str, event: object, fields: Mapping[str, object]) -> str:
        """A JSON object in one line; everything but the level is masked."""
        head = {"component": component.removeprefix("friday."), "run_id": self._run_id, "event": event}
        rest = {f"{key}_" if key in _HEAD else key: value for key, value in fields.items()}
        masked = self._secrets.mask_deep({**head, **rest})
        return json.dumps({"level": level.lower(), **masked}, ensure_ascii=False, separators=(",", ":"))

    def excuse(self, record: logging.LogRecord, error: Exception) -> str:
        """The line for a record that could not be rendered, for example for wrong arguments."""
        fields = {"template": record.msg, "error": f"{type(error).__name__}: {error}"}
        return self.line("ERROR", record.name, "a log line could not be rendered", fields)


class LineQueue(QueueHandler):
    """Puts lines into a queue. Neither waits for anybody nor raises; ``lost`` counts lines for which it was full."""

    def __init__(self, maker: LineMaker, formatter: logging.Formatter, repeats: Repeats) -> None:
        self.lines: queue.Queue[logging.LogRecord | None] = queue.Queue(WAITING_LINES)
        super().__init__(self.lines)
        self.setFormatter(formatter)
        self.lost = 0
        self._maker = maker
        self._repeats = repeats
        self._counting = threading.Lock()

    def handle(self, record: logging.LogRecord) -> bool:
        # Without the handler's lock: what is slow to show delays only the thread that shows it.
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        try:
            body, level = self.format(record), record.levelno
        except Exception as error:  # noqa: BLE001 - whoever logs must not fail because of the log
            body, level = self._maker.excuse(record, error), logging.ERROR
        for line, its_level in self._repeats.admit(body, level):
            self._put(line, its_level, record.created)

    def finish(self, now: float) -> None:
        """Queue what is still to be told: repeats that were held back, and how many lines were lost."""
        for line, level in self._repeats.flush():
            self._put(line, level, now)
        if self.lost:
            fields = {"lines": self.lost}
            self._put(self._maker.line("WARNING", "logging", "lines were lost", fields), logging.WARNING, now)

    def _put(self, body: str, level: int, created: float) -> None:
        line = f'{{"ts":"{_utc(created)}",{body[1:]}'
        try:
            self.lines.put_nowait(logging.makeLogRecord({"msg": line, "levelno": level}))
        except queue.Full:
            with self._counting:
                self.lost += 1


class LineWriter(QueueListener):
    """The thread that writes; ``stop`` returns when everything queued is written."""

    def __init__(self, lines: queue.Queue[logging.LogRecord | None], *handlers: logging.Handler) -> None:
        super().__init__(lines, *handlers, respect_handler_level=True)
        self._lines = lines

    def enqueue_sentinel(self) -> None:
        self._lines.put(None)  # the inherited way raises if the queue is full


class LineFile(logging.FileHandler):
    """Appends to a file; ``lost`` counts lines that could not be written."""

    lost = 0

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's own name
        self.lost += 1

    def close(self) -> None:
        """Raises nothing: where the disk is full, something else has to be told than that the log is not whole."""
        try:
            super().close()
        except OSError:
            self.lost += 1


def line_formatter(maker: LineMaker) -> logging.Formatter:
    """The formatter that both stdlib and structlog records go through."""
    import structlog  # noqa: PLC0415 - costs 0.3 s, and only a run that logs needs it

    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.format_exc_info,
            maker,
        ]
    )


def _utc(created: float) -> str:
    return dt.datetime.fromtimestamp(created, dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

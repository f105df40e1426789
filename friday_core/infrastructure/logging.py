"""The structured log: one JSON object a line, secrets masked, written by a thread of its own.

Every line has ``ts`` (UTC), ``level``, ``component``, ``run_id`` and ``event``, then the fields of
the event. Records of the standard library and of structlog take the same way.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from friday_core.errors import RunFolderError
from friday_core.infrastructure.log_lines import (
    CONTEXT,
    FIELDS,
    LineFile,
    LineMaker,
    LineQueue,
    LineWriter,
    line_formatter,
)
from friday_core.infrastructure.log_repeats import Repeats
from friday_core.infrastructure.secrets import SecretRegistry


class Logger:
    """Logs events with fields: ``log.info("order filled", tag=order.tag)``.

    The event is a fixed text, what varies is a field, of any name. Nothing is raised and nobody
    is waited for. ``exc_info`` is an exception, or true for the one that is being handled.
    """

    def __init__(self, logger: logging.Logger, bound: Mapping[str, object]) -> None:
        self._logger = logger
        self._bound = bound

    def bind(self, **fields: object) -> Logger:
        """A logger that adds ``fields`` to every event."""
        return Logger(self._logger, {**self._bound, **fields})

    def debug(self, event: str, /, **fields: object) -> None:
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        self._log(logging.ERROR, event, fields)

    def critical(self, event: str, /, **fields: object) -> None:
        self._log(logging.CRITICAL, event, fields)

    def exception(self, event: str, /, **fields: object) -> None:
        """An error with the traceback of the exception that is being handled."""
        self._log(logging.ERROR, event, {"exc_info": True, **fields})

    def _log(self, level: int, event: str, fields: dict[str, Any]) -> None:
        if self._logger.isEnabledFor(level):
            exc_info = fields.pop("exc_info", None)
            extra = {FIELDS: {**self._bound, **fields}}
            self._logger.log(level, event, exc_info=exc_info, extra=extra, stacklevel=3)


def get_logger(component: str) -> Logger:
    """The logger of ``component``: the standard library's logger ``friday.<component>``."""
    return Logger(logging.getLogger(f"friday.{component}"), MappingProxyType({}))


def described(error: BaseException) -> str:
    """Class and text of an error, of any error: one whose text cannot be made has its class only."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - the text is a stranger's code
        return type(error).__name__


@contextlib.contextmanager
def log_context(**fields: object) -> Iterator[None]:
    """Add ``fields`` to every line that this thread or task logs meanwhile, whoever logs it."""
    token = CONTEXT.set({**CONTEXT.get(), **fields})
    try:
        yield
    finally:
        CONTEXT.reset(token)


class LoggingHandle:
    """A configured log; ``close`` ends it."""

    def __init__(self, line_queue: LineQueue, file: LineFile | None, writer: LineWriter) -> None:
        self._queue = line_queue
        self._file = file
        self._writer = writer
        self._restore = contextlib.ExitStack()

    @property
    def lost(self) -> int:
        """Lines that are missing because the queue was full or the file could not be written."""
        return self._queue.lost + (self._file.lost if self._file else 0)

    def open(self, level: int) -> None:
        """Take over the standard library's root logger and structlog."""
        self._restore.callback(self._end)
        self._restore.enter_context(_root_logger(self._queue, level))
        self._restore.enter_context(_structlog())
        self._writer.start()

    def close(self) -> None:
        """Write what is queued, close the file, restore what was configured before; once."""
        self._restore.close()

    def _end(self) -> None:
        self._queue.finish(time.time())
        self._writer.stop()
        if self._file:
            self._file.close()


def configure_logging(
    path: Path | None,
    secrets: SecretRegistry,
    level: str = "INFO",
    run_id: str = "",
    *,
    to_stderr: bool = False,
    repeats: int = 5,
    window: float = 60.0,
    monotonic: Callable[[], float] = time.monotonic,
) -> LoggingHandle:
    """Log from ``level`` on to the file ``path``, and with ``to_stderr`` warnings also to standard error.

    Handlers of the root logger are put aside until the handle is closed: what they would show is
    not masked. Of identical lines, ``repeats`` in ``window`` seconds are written. Raises
    ``RunFolderError`` if the file cannot be opened, ``ValueError`` for an unknown level.
    """
    levels = logging.getLevelNamesMapping()
    if level.upper() not in levels:
        raise ValueError(f"{level!r} is not a log level; known are {', '.join(levels)}")
    file = _opened(path) if path else None
    handlers: list[logging.Handler] = [file] if file else []
    if to_stderr:
        handlers.append(logging.StreamHandler(sys.stderr))
        handlers[-1].setLevel(logging.WARNING)
    maker = LineMaker(secrets, run_id)
    line_queue = LineQueue(maker, line_formatter(maker), Repeats(repeats, window, monotonic))
    handle = LoggingHandle(line_queue, file, LineWriter(line_queue.lines, *handlers))
    handle.open(levels[level.upper()])
    return handle


def _opened(path: Path) -> LineFile:
    try:
        return LineFile(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise RunFolderError(f"cannot write the log {path}: {error.strerror}; check the folder") from error


@contextlib.contextmanager
def _root_logger(handler: logging.Handler, level: int) -> Iterator[None]:
    """Log to ``handler`` alone. Handlers that others add meanwhile are theirs and stay."""
    root = logging.getLogger()
    level_before, put_aside = root.level, root.handlers[:]
    for one in put_aside:
        root.removeHandler(one)
    root.addHandler(handler)
    root.setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level_before)
        for one in put_aside:
            root.addHandler(one)  # does nothing if it is back already


@contextlib.contextmanager
def _structlog() -> Iterator[None]:
    """Lead the loggers of plugins that use structlog themselves into the standard library's."""
    import structlog  # noqa: PLC0415 - see line_formatter

    before = structlog.get_config() if structlog.is_configured() else None
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.PositionalArgumentsFormatter(), _hand_over],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=lambda *names: logging.getLogger(*names or ("structlog",)),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        if before is None:
            structlog.reset_defaults()
        else:
            structlog.configure(**before)


def _hand_over(_logger: object, _method: str, event_dict: Any) -> tuple[tuple[str], dict[str, Any]]:
    """Arguments for a method of the standard library's logger."""
    event = str(event_dict.pop("event", ""))
    kept = {key: event_dict.pop(key) for key in ("exc_info", "stack_info", "stacklevel") if key in event_dict}
    return (event,), {**kept, "extra": {FIELDS: event_dict}}

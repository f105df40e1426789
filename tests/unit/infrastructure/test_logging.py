"""The structured log: what a line holds, what it never holds, and that nobody waits for it."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from pydantic import SecretStr

from friday_core.errors import RunFolderError
from friday_core.infrastructure.log_lines import LineFile
from friday_core.infrastructure.logging import LoggingHandle, configure_logging, get_logger, log_context
from friday_core.infrastructure.secrets import SecretRegistry

SECRET = "s3cr3t/key+42"
Line = dict[str, Any]


class Log:
    """A configured log in a folder; ``lines`` closes it and reads it back."""

    def __init__(self, folder: Path, level: str = "INFO", **options: Any) -> None:
        self.secrets = SecretRegistry()
        self.secrets.register(SecretStr(SECRET))
        self.path = folder / "friday.log"
        self.handle: LoggingHandle = configure_logging(self.path, self.secrets, level, "run-1", **options)

    def text(self) -> str:
        self.handle.close()
        return self.path.read_text(encoding="utf-8")

    def lines(self) -> list[Line]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    yield made
    made.handle.close()


def without_time(line: Line) -> Line:
    return {key: value for key, value in line.items() if key != "ts"}


def test_an_event_with_its_fields_is_one_line(log: Log) -> None:
    get_logger("feed").info("connected", host="example.org", attempt=2)
    assert [without_time(line) for line in log.lines()] == [
        {
            "level": "info",
            "component": "feed",
            "run_id": "run-1",
            "event": "connected",
            "host": "example.org",
            "attempt": 2,
        }
    ]


def test_the_standard_librarys_records_become_the_same_lines(log: Log) -> None:
    logging.getLogger("urllib3.pool").warning("retry %d of %s", 2, "GET", extra={"path": "/x"})
    assert [without_time(line) for line in log.lines()] == [
        {"level": "warning", "component": "urllib3.pool", "run_id": "run-1", "event": "retry 2 of GET", "path": "/x"}
    ]


def test_structlogs_own_loggers_become_the_same_lines(log: Log) -> None:
    structlog.get_logger("vendor").bind(a=1).warning("odd %s", "thing", b=2)
    structlog.get_logger("vendor").debug("not shown")
    assert [without_time(line) for line in log.lines()] == [
        {"level": "warning", "component": "vendor", "run_id": "run-1", "event": "odd thing", "a": 1, "b": 2}
    ]


def test_the_time_is_utc_in_iso_form(log: Log) -> None:
    before = dt.datetime.now(dt.UTC)
    get_logger("feed").info("now")
    ts = log.lines()[0]["ts"]
    assert ts.endswith("Z")
    assert before - dt.timedelta(seconds=1) <= dt.datetime.fromisoformat(ts) <= dt.datetime.now(dt.UTC)


def test_events_below_the_level_are_not_written(tmp_path: Path) -> None:
    log = Log(tmp_path, level="warning")
    get_logger("feed").info("no")
    get_logger("feed").warning("yes")
    assert [line["event"] for line in log.lines()] == ["yes"]


def test_every_level_has_its_name(tmp_path: Path) -> None:
    log = Log(tmp_path, level="debug")
    logger = get_logger("feed")
    for write in (logger.debug, logger.info, logger.warning, logger.error, logger.critical):
        write("x")
    assert [line["level"] for line in log.lines()] == ["debug", "info", "warning", "error", "critical"]


def test_an_unknown_level_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'loud' is not a log level; known are .*INFO"):
        Log(tmp_path, level="loud")
    assert not (tmp_path / "friday.log").exists()


def test_bound_fields_are_in_every_event_and_can_be_overridden(log: Log) -> None:
    logger = get_logger("feed").bind(instrument="INFY.NSE", session=1)
    logger.info("a")
    logger.info("b", session=2)
    assert [(line["instrument"], line["session"]) for line in log.lines()] == [("INFY.NSE", 1), ("INFY.NSE", 2)]


def test_the_context_adds_its_fields_to_whatever_is_logged_in_it(log: Log) -> None:
    with log_context(correlation="c7"):
        get_logger("feed").info("inside")
        logging.getLogger("vendor").info("inside too")
    get_logger("feed").info("outside")
    assert [line.get("correlation") for line in log.lines()] == ["c7", "c7", None]


def test_a_field_named_like_the_head_is_kept_under_another_name(log: Log) -> None:
    get_logger("feed").info("moved", component="broker.paper", level=3, name="x", message="y", args="z")
    line = log.lines()[0]
    assert (line["component"], line["component_"], line["level"], line["level_"]) == ("feed", "broker.paper", "info", 3)
    assert (line["name"], line["message"], line["args"]) == ("x", "y", "z")


def test_a_percent_sign_in_an_event_is_no_format(log: Log) -> None:
    get_logger("feed").info("100 %s of it")
    assert log.lines()[0]["event"] == "100 %s of it"


def test_a_line_tells_what_was_true_when_it_was_logged(log: Log) -> None:
    state = {"position": 5}
    get_logger("book").info("state", book=state)
    state["position"] = 6
    assert log.lines()[0]["book"] == {"position": 5}


def test_text_of_any_script_is_readable_and_half_characters_do_no_harm(log: Log) -> None:
    get_logger("feed").info("₹ 100", broken="\udc80")
    assert "₹ 100" in log.text()
    assert log.lines()[0]["broken"] == "\udc80"


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_what_cannot_be_shown_is_named_and_raises_nothing(log: Log) -> None:
    get_logger("feed").info("odd", thing=Unprintable())
    assert log.lines()[0]["thing"] == "<Unprintable that cannot be shown>"


def test_wrong_arguments_raise_nothing_and_are_told(tmp_path: Path) -> None:
    log = Log(tmp_path)
    logging.getLogger("vendor").info("%d pieces", "many")
    assert [without_time(line) for line in log.lines()] == [
        {
            "level": "error",
            "component": "vendor",
            "run_id": "run-1",
            "event": "a log line could not be rendered",
            "template": "%d pieces",
            "error": "TypeError: %d format: a real number is required, not str",
        }
    ]


def raise_with(text: str) -> None:
    try:
        raise KeyError(text)
    except KeyError as error:
        raise ValueError(f"wrapped {text}") from error


def log_an_exception(write: Callable[[], None]) -> None:
    local = "a local " + "value"  # put together here, so that no source line shows it whole
    try:
        raise_with("x" + local[:0])
    except ValueError:
        write()


@pytest.mark.parametrize(
    "write",
    [
        lambda: get_logger("feed").exception("failed"),
        lambda: get_logger("feed").error("failed", exc_info=True),
        lambda: logging.getLogger("vendor").exception("failed"),
        lambda: structlog.get_logger("vendor").exception("failed"),
    ],
)
def test_a_traceback_is_written_with_its_cause_and_without_locals(log: Log, write: Callable[[], None]) -> None:
    log_an_exception(write)
    text = log.lines()[0]["exception"]
    assert text.startswith("Traceback (most recent call last):")
    assert "KeyError: 'x'" in text
    assert text.endswith("ValueError: wrapped x")
    assert "a local value" not in text


def log_exception_group() -> None:
    error = ValueError(SECRET)
    error.add_note(f"note {SECRET}")
    try:
        raise ExceptionGroup(f"group {SECRET}", [error])
    except ExceptionGroup:
        get_logger("x").exception("failed")


def log_chained_exception() -> None:
    try:
        raise_with(SECRET)
    except ValueError:
        logging.getLogger("x").exception("failed")


def log_in_context() -> None:
    with log_context(token=SECRET):
        logging.getLogger("x").info("hello")


class Holder:
    def __repr__(self) -> str:
        return f"Holder({SECRET!r})"


#: Every way by which a text can come into the log.
ROUTES: dict[str, Callable[[], object]] = {
    "event": lambda: get_logger("x").info(f"key {SECRET}"),
    "component": lambda: get_logger(SECRET).info("hello"),
    "field": lambda: get_logger("x").info("hello", token=SECRET),
    "name of a field": lambda: get_logger("x").info("hello", **{SECRET: 1}),
    "bound field": lambda: get_logger("x").bind(token=SECRET).info("hello"),
    "context": log_in_context,
    "nested field": lambda: get_logger("x").info("hello", a={"b": [{"c": (1, SECRET)}], SECRET: 2}),
    "field of an object": lambda: get_logger("x").info("hello", holder=Holder(), deep=[Holder()]),
    "field of an exception": lambda: get_logger("x").info("hello", error=ValueError(SECRET)),
    "exc_info": lambda: get_logger("x").error("failed", exc_info=ValueError(SECRET)),
    "chained exception": log_chained_exception,
    "exception group with a note": log_exception_group,
    "stdlib message": lambda: logging.getLogger("x").info(f"key {SECRET}"),
    "stdlib arguments": lambda: logging.getLogger("x").info("key %s and %r", SECRET, Holder()),
    "stdlib argument in two parts": lambda: logging.getLogger("x").info("%s%s", SECRET[:5], SECRET[5:]),
    "stdlib dict argument": lambda: logging.getLogger("x").info("key %(key)s", {"key": SECRET}),
    "stdlib extra": lambda: logging.getLogger("x").info("hello", extra={"token": {"x": SECRET}}),
    "stdlib logger name": lambda: logging.getLogger(SECRET).info("hello"),
    "stdlib stack": lambda: logging.getLogger("x").info("s3cr3t/key+42", stack_info=True),
    "stdlib wrong arguments": lambda: logging.getLogger("x").info(f"%d {SECRET}", SECRET),
    "structlog event": lambda: structlog.get_logger("x").info(f"key {SECRET}"),
    "structlog field": lambda: structlog.get_logger("x").info("hello", token={"x": SECRET}),
    "structlog arguments": lambda: structlog.get_logger("x").info("key %s", SECRET),
    "structlog context": lambda: structlog.get_logger("x").bind(token=SECRET).info("hello"),
    "URL": lambda: logging.getLogger("x").info("GET /?key=%s", quote(SECRET, safe="")),
    "JSON text": lambda: get_logger("x").info("hello", body=json.dumps({"key": SECRET})),
}


@pytest.mark.parametrize("route", ROUTES)
def test_no_secret_comes_into_the_log_by_any_route(tmp_path: Path, route: str) -> None:
    log = Log(tmp_path)
    ROUTES[route]()
    text = log.text()
    assert "***" in text
    for form in (SECRET, quote(SECRET, safe=""), SECRET.replace("/", "\\/")):
        assert form not in text


def test_a_secret_in_a_suppressed_line_stays_masked(tmp_path: Path) -> None:
    log = Log(tmp_path, repeats=1)
    for _ in range(3):
        get_logger("x").info(f"key {SECRET}")
    assert log.lines()[-1]["suppressed"] == "key ***"


def test_a_secret_that_becomes_known_later_is_masked_from_then_on(log: Log) -> None:
    log.secrets.register("token-of-today")
    get_logger("x").info("got token-of-today")
    assert log.lines()[0]["event"] == "got ***"


def test_no_secret_is_shown_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(tmp_path, to_stderr=True)
    get_logger("x").info("info is not for standard error")
    logging.getLogger("x").warning("bad key %s", SECRET)
    logging.getLogger("x").info("%d", SECRET)
    log.handle.close()
    shown = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert shown == ["bad key ***", "a log line could not be rendered"]


def test_nothing_is_shown_on_the_console_otherwise(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("x").error("failed")
    get_logger("x").error("failed", exc_info=ValueError("x"))
    log.handle.close()
    assert capsys.readouterr() == ("", "")


def test_identical_events_are_counted_after_the_first_few(tmp_path: Path) -> None:
    log = Log(tmp_path, repeats=3, window=60.0, monotonic=lambda: 0.0)
    for _ in range(10):
        get_logger("feed").warning("late", lag=1)
    get_logger("feed").warning("late", lag=2)
    assert [(line["event"], line.get("lag")) for line in log.lines()] == [
        ("late", 1),
        ("late", 1),
        ("late", 1),
        ("late", 2),
        ("suppressed 7 times", None),
    ]


def test_logging_waits_for_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging, release = threading.Event(), threading.Event()

    def hang(_handler: LineFile, _record: logging.LogRecord) -> None:
        hanging.set()
        release.wait(30)

    with monkeypatch.context() as patch:
        patch.setattr(LineFile, "emit", hang)
        log = Log(tmp_path)
        get_logger("feed").info("first")
        assert hanging.wait(30)
        for number in range(1000):
            get_logger("feed").info("next", number=number)
        assert not release.is_set()
        patch.undo()
        release.set()
        assert [line["number"] for line in log.lines()] == list(range(1000))


def test_what_is_slow_to_show_delays_only_its_own_thread(log: Log) -> None:
    showing, release = threading.Event(), threading.Event()

    class Slow:
        def __str__(self) -> str:
            showing.set()
            release.wait(30)
            return "at last"

    thread = threading.Thread(target=lambda: get_logger("a").info("slow", thing=Slow()))
    thread.start()
    assert showing.wait(30)
    get_logger("b").info("quick")
    release.set()
    thread.join(30)
    assert [line["event"] for line in log.lines()] == ["quick", "slow"]


def test_lines_that_cannot_be_written_are_counted_and_disturb_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_handler: LineFile, record: logging.LogRecord) -> None:
        try:
            raise OSError("disk full")
        except OSError:
            _handler.handleError(record)

    monkeypatch.setattr(LineFile, "emit", full)
    log = Log(tmp_path)
    get_logger("feed").info("a")
    get_logger("feed").info("b")
    log.handle.close()
    assert log.handle.lost == 2
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_log_on_a_full_disk_is_closed_without_an_error_and_counts_what_is_lost() -> None:
    handle = configure_logging(Path("/dev/full"), SecretRegistry())
    logging.getLogger("friday.test").info("a line")
    handle.close()
    assert handle.lost >= 1


def test_lines_beyond_a_full_queue_are_counted_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("friday_core.infrastructure.log_lines.WAITING_LINES", 2)
    hanging, release = threading.Event(), threading.Event()
    write = LineFile.emit

    def hang_once(handler: LineFile, record: logging.LogRecord) -> None:
        hanging.set()
        release.wait(30)
        write(handler, record)

    monkeypatch.setattr(LineFile, "emit", hang_once)
    log = Log(tmp_path)
    get_logger("feed").info("0")
    assert hanging.wait(30)
    for number in range(1, 6):
        get_logger("feed").info(str(number))
    assert log.handle.lost == 3
    release.set()
    while log.handle._queue.lines.qsize():  # room for the last word
        pass
    assert [(line["event"], line.get("lines")) for line in log.lines()] == [
        ("0", None),
        ("1", None),
        ("2", None),
        ("lines were lost", 3),
    ]


def test_lines_are_appended_to_what_the_file_holds(tmp_path: Path) -> None:
    for event in ("first run", "second run"):
        log = Log(tmp_path)
        get_logger("x").info(event)
        lines = log.lines()
    assert [line["event"] for line in lines] == ["first run", "second run"]


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"cannot write the log .*friday\.log: No such file or directory"):
        Log(tmp_path / "missing")


def test_without_a_file_nothing_is_written_and_nothing_fails() -> None:
    handle = configure_logging(None, SecretRegistry(), "INFO", "run-1")
    get_logger("x").info("hello")
    handle.close()
    assert handle.lost == 0


class Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.events.append(record.getMessage())


def test_closing_restores_what_was_configured_before(tmp_path: Path) -> None:
    root, before = logging.getLogger(), Collector()
    root.addHandler(before)
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(root.removeHandler, before)
        handlers, level, logger_class = root.handlers[:], root.level, logging.getLoggerClass()
        log = Log(tmp_path)
        get_logger("x").warning("inside")
        log.handle.close()
        log.handle.close()
        assert (root.handlers, root.level, logging.getLoggerClass()) == (handlers, level, logger_class)
        assert not structlog.is_configured()
        get_logger("x").warning("after")
    assert before.events == ["after"]
    assert [line["event"] for line in log.lines()] == ["inside"]


def test_closing_restores_a_configured_structlog(tmp_path: Path) -> None:
    def mine(_logger: object, _method: str, event_dict: Any) -> str:
        return "rendered"

    structlog.configure(processors=[mine])
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(structlog.reset_defaults)
        Log(tmp_path).handle.close()
        assert structlog.get_config()["processors"] == [mine]


def test_a_handler_added_meanwhile_stays(log: Log) -> None:
    root, added = logging.getLogger(), Collector()
    root.addHandler(added)
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(root.removeHandler, added)
        log.handle.close()
        assert added in root.handlers


def test_no_thread_is_left_after_closing(tmp_path: Path) -> None:
    before = threading.active_count()
    Log(tmp_path).handle.close()
    assert threading.active_count() == before


def test_lines_of_many_threads_are_all_written_and_each_thread_in_order(log: Log) -> None:
    def write(thread: int) -> None:
        for number in range(200):
            get_logger("x").info("n", thread=thread, number=number)

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    lines = log.lines()
    for thread_number in range(4):
        assert [line["number"] for line in lines if line["thread"] == thread_number] == list(range(200))

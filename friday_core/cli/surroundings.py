"""What ``friday doctor`` asks of the place where it is called: configuration, run folder, clock, secrets."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo

from friday_core.cli.findings import Check, Finding, fail, ok, warn
from friday_core.cli.options import Choice, Loaded
from friday_core.errors import ConfigurationError, Problem

#: As in ``friday_settings.catalogue`` and ``friday_settings.secret_files``, which the core does not know.
CONFIG_VARIABLE = "FRIDAY_CONFIG"
SECRETS_VARIABLE = "FRIDAY_SECRETS_DIR"
SECRETS_FOLDER = "secrets"

_ENOUGH_BYTES = 1_000_000_000
_FIRST_YEAR, _LAST_YEAR = 2025, 2100


def surrounding_checks(choice: Choice, now: dt.datetime) -> list[Check]:
    """The configuration and what it needs of the machine. They start nothing and leave no file."""
    loaded: list[Loaded] = []

    def configuration() -> Iterator[Finding]:
        try:
            loaded.append(choice.load())
        except ConfigurationError as error:
            yield from map(_problem, error.problems)
        else:
            yield from check_graph(choice, loaded[0])

    def folder() -> Path:
        return loaded[0].settings.run.folder if loaded else Path("runs")

    def zone() -> str:
        return loaded[0].settings.data.timezone if loaded else "Asia/Kolkata"

    def executor() -> str:
        return loaded[0].settings.run.executor if loaded else "compiled"

    return [
        ("configuration", configuration),
        ("live", lambda: check_live(choice, loaded[0], now) if loaded else ()),
        ("executor", lambda: check_executor(executor())),
        ("run folder", lambda: check_run_folder(folder())),
        ("time zones", lambda: [check_time_zone(zone())]),
        ("clock", lambda: [check_clock(now)]),
        ("secrets", lambda: check_secrets(secrets_folder(choice, os.environ))),
    ]


def check_graph(choice: Choice, loaded: Loaded) -> Iterator[Finding]:
    """Every problem between a configuration that loads and a start, as ``friday config check`` has it."""
    find_problems = getattr(choice.module(), "check", None)
    problems = list(find_problems(loaded)) if find_problems is not None else []
    yield from map(_problem, problems)
    if not problems:
        from friday_core.plugin.plan import requested_components  # noqa: PLC0415 - known to be loaded by now

        origins = dict.fromkeys(str(row.origin) for row in loaded.explain() if str(row.origin) != "code")
        count = f"{len(requested_components(loaded.settings))} components fit together"
        yield ok("configuration", f"profile {loaded.profile}, {count}; from {', '.join(origins)}")


def check_live(choice: Choice, loaded: Loaded, now: dt.datetime) -> Iterator[Finding]:
    """What stands between a configuration that trades real money and its arming; nothing where none is at stake."""
    if loaded.settings.clock.kind != "wall" or loaded.settings.clock.speed is not None:
        return
    from friday_core.orchestration.lone_connection import unbuilt_findings  # noqa: PLC0415 - as much as a session
    from friday_core.orchestration.preflight import armed_finding, preflight  # noqa: PLC0415

    ts = round(now.timestamp() * 1e6)
    try:
        host = choice.builder()(loaded)
    except ConfigurationError:  # told already; what else is missing is told now, and not after the first mend
        yield from unbuilt_findings(loaded.settings)
        return
    found = preflight(host.assembly, host.profile, ts)
    yield from found.findings
    if found.findings:
        yield armed_finding(found.folder, ts)


def check_executor(wanted: str) -> Iterator[Finding]:
    """What runs columns, and where compiled operators are kept; compiles none."""
    from friday_core.causal.compiled.choice import obstacle  # noqa: PLC0415 - imports numpy
    from friday_core.causal.compiled.object_store import default_folder  # noqa: PLC0415 - the same

    if wanted == "python":
        yield ok("executor", 'columns run in plain Python, as [run] executor = "python" says')
        return
    if reason := obstacle():
        evidence = f"columns run in plain Python, slower and with the same numbers: {reason}"
        yield warn("executor", evidence, "pip install --upgrade numba llvmlite, in versions for this Python and numpy")
        return
    folder = default_folder()
    kept = sum(1 for _ in folder.glob("*.kernel"))
    yield ok("executor", f"columns run compiled; what was compiled is kept in {folder}, {kept} files")
    try:
        with tempfile.TemporaryFile(dir=_there(folder)):
            pass
    except OSError as error:
        evidence = f"{folder} cannot be written, and every run compiles anew: {error.strerror or error}"
        yield warn("executor", evidence, "change the rights there, or name another cache folder in XDG_CACHE_HOME")


def check_run_folder(folder: Path) -> Iterator[Finding]:
    """Whether files can be made where runs will be written, and how much room is left."""
    elsewhere = "or choose another place: --set run.folder=FOLDER"
    try:
        there = _there(folder)
        with tempfile.TemporaryFile(dir=there) as probe:
            probe.write(b"friday")
        free = shutil.disk_usage(there).free
    except OSError as error:
        evidence = f"{folder} cannot be written: {error.strerror or error}"
        yield fail("run folder", evidence, f"change the rights there, {elsewhere}")
        return
    yield ok("run folder", f"{folder} can be " + ("written" if there == folder else f"made in {there}"))
    room = f"{free / 1e9:,.1f} GB free"
    mend = f"free space, {elsewhere}"
    yield ok("disk space", room) if free >= _ENOUGH_BYTES else warn("disk space", room, mend)


def _there(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def check_time_zone(zone: str) -> Finding:
    """Whether the zone of the trading day is known here."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return fail("time zones", f"{zone} is not in the data base", "pip install --upgrade tzdata")
    try:
        version = metadata.version("tzdata")
    except metadata.PackageNotFoundError:
        return ok("time zones", f"{zone} is there, from the operating system")
    return ok("time zones", f"{zone} is there, tzdata {version}")


def check_clock(now: dt.datetime) -> Finding:
    """Whether the machine's time can be true."""
    if _FIRST_YEAR <= now.year <= _LAST_YEAR:
        return ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")
    mend = "set the machine's clock: runs, certificates and live sessions depend on it"
    return fail("clock", f"it says {now:%Y-%m-%d}", mend)


def secrets_folder(choice: Choice, environ: Mapping[str, str]) -> Path:
    """Where ``load_settings`` looks for secrets."""
    if environ.get(SECRETS_VARIABLE):
        return Path(environ[SECRETS_VARIABLE])
    config = choice.config or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    return (config.parent if config is not None else Path()) / SECRETS_FOLDER


def check_secrets(folder: Path) -> Iterator[Finding]:
    """The modes of the folder and of its files, where files have modes; no secret is read."""
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        wrong = [finding for path in (folder, *files) if (finding := _check_mode(path)) is not None]
    except FileNotFoundError:
        yield ok("secrets", f"no folder {folder}, and none is needed without secrets")
        return
    except OSError as error:
        yield fail("secrets", f"{folder} cannot be read: {error.strerror}", "make it a folder that you own")
        return
    yield from wrong
    if not wrong:
        holds = f"{len(files)} secrets, which only you can read" if files else "no secret"
        yield ok("secrets", f"{folder} holds {holds}")


def _check_mode(path: Path) -> Finding | None:
    """What is wrong with a mode: others may read a secret, or put one into the folder."""
    mode = stat.S_IMODE(path.stat().st_mode) if os.name == "posix" else 0
    if path.is_dir():
        evidence = f"others may write into {path} (mode {mode:04o})"
        return warn("secrets", evidence, f"chmod 700 {path}") if mode & 0o022 else None
    evidence = f"others may read {path} (mode {mode:04o})"
    return fail("secrets", evidence, f"chmod 600 {path}") if mode & 0o077 else None


def _problem(problem: Problem) -> Finding:
    where = f"[{problem.section}] " if problem.section else ""
    who = f" ({problem.plugin})" if problem.plugin else ""
    return fail("configuration", f"{where}{problem.kind}: {problem.message}{who}", problem.mend)

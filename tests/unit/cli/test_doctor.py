"""``friday doctor``: each check with what it sees and what it advises."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from friday_core import __version__
from friday_core.cli import surroundings
from friday_core.cli.doctor import examine
from friday_core.cli.findings import Finding, Outcome, ok
from friday_core.cli.installation import (
    check_dependencies,
    check_extras,
    check_friday,
    check_plugins,
    check_python,
    is_at_least,
)
from friday_core.cli.main import cli
from friday_core.cli.options import Choice
from friday_core.cli.surroundings import (
    check_clock,
    check_executor,
    check_run_folder,
    check_secrets,
    check_time_zone,
    secrets_folder,
)
from friday_core.plugin import discovery
from friday_settings import catalogue, secret_files

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, no variable of Friday's, and facts that are known for long, whatever today is."""
    for name in [name for name in os.environ if name.startswith("FRIDAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("friday_core.cli.doctor.check_facts_known", lambda day: [ok("facts", f"known on {day}")])
    return tmp_path


class Installation:
    """Sets what the metadata of installed distributions say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def requires(self, *requirements: str) -> None:
        self._monkeypatch.setattr(metadata, "requires", lambda name: list(requirements))

    def versions(self, **versions: str) -> None:
        def version(name: str) -> str:
            if name not in versions:
                raise metadata.PackageNotFoundError(name)
            return versions[name]

        self._monkeypatch.setattr(metadata, "version", version)

    def friday(self, version: str, direct_url: str | None) -> None:
        found = SimpleNamespace(version=version, read_text=lambda name: direct_url)
        self._monkeypatch.setattr(metadata, "distribution", lambda name: found)

    def nothing(self) -> None:
        def missing(name: str) -> Any:
            raise metadata.PackageNotFoundError(name)

        for name in ("metadata", "distribution", "requires", "version"):
            self._monkeypatch.setattr(metadata, name, missing)


@pytest.fixture
def installation(monkeypatch: pytest.MonkeyPatch) -> Installation:
    return Installation(monkeypatch)


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["doctor", *arguments])


def told(finding: Finding) -> tuple[str, str, str]:
    return str(finding.outcome), finding.evidence, finding.mend


# the command -------------------------------------------------------------------------------------


def test_a_new_user_in_an_empty_folder_is_ready(here: Path) -> None:
    result = doctor()
    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == "ready"
    assert list(here.iterdir()) == []


def test_every_line_on_a_pipe_is_plain_and_whole(here: Path) -> None:
    lines = doctor("--set", "risk.max_drawdwn=0.2").output.splitlines()
    assert "\x1b" not in "".join(lines)
    at = next(n for n, line in enumerate(lines) if line.startswith("fail  configuration  [risk] unknown key:"))
    assert lines[at + 1] == " " * 21 + "mend: did you mean 'max_drawdown'?"


def test_a_failure_is_exit_code_1_and_counted(here: Path) -> None:
    result = doctor("--set", "risk.max_drawdwn=0.2")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == "1 failed, 0 to look at"


def test_a_warning_leaves_the_exit_code_at_0(here: Path) -> None:
    (here / "secrets").mkdir()
    (here / "secrets").chmod(0o777)
    result = doctor()
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "ready, 1 to look at")


def test_json_has_every_check(here: Path) -> None:
    found = json.loads(doctor("--json").output)
    assert found["ok"] is True
    assert {one["check"] for one in found["checks"]} >= {
        "python",
        "friday",
        "dependencies",
        "plugins",
        "configuration",
        "run folder",
        "disk space",
        "time zones",
        "clock",
        "secrets",
        "facts",
    }
    assert {tuple(one) for one in found["checks"]} == {("outcome", "check", "evidence", "mend")}


def test_json_of_a_failure_exits_with_1_too(here: Path) -> None:
    result = doctor("--json", "--set", "broker.use=papr")
    assert (result.exit_code, json.loads(result.output)["ok"]) == (1, False)


def test_a_check_that_breaks_is_a_finding_and_the_rest_goes_on() -> None:
    def broken() -> Iterator[Finding]:
        yield ok("first", "fine")
        raise RuntimeError("the password is hunter2")

    findings = list(examine([("first", broken), ("second", lambda: [ok("second", "fine")])]))
    assert [(one.check, str(one.outcome)) for one in findings] == [("first", "ok"), ("first", "fail"), ("second", "ok")]
    assert findings[1].evidence == "the check itself broke with a RuntimeError"


# configuration -----------------------------------------------------------------------------------


def test_the_configuration_is_told_with_its_files(here: Path) -> None:
    (here / "friday.toml").write_text("[risk]\nmax_drawdown = 0.2\n", encoding="utf-8")
    (line,) = [line for line in doctor().output.splitlines() if line[6:].startswith("configuration")]
    told, _, files = line.partition("; from ")
    assert told == "ok    configuration  profile backtest, 10 components fit together"
    assert set(files.split(", ")) == {"friday_settings/default.toml", "friday_settings/backtest.toml", "friday.toml"}


def test_problems_of_the_graph_are_failures(here: Path) -> None:
    output = doctor("--set", "broker.use=papr").output
    assert "fail  configuration  [broker] unknown component: no installed plugin offers the broker 'papr'" in output
    assert "mend: did you mean 'paper'?" in output


def test_what_needs_no_configuration_is_checked_without_one(here: Path) -> None:
    output = doctor("--container", "no_such_module:build").output
    assert "fail  configuration  import failed: --container no_such_module:build: there is no such module" in output
    assert "ok    run folder     runs can be made in" in output


@pytest.mark.parametrize("place", ["file", "environment"])
def test_a_secret_is_never_printed(here: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    if place == "file":
        (here / "secrets").mkdir(mode=0o700)
        secret = here / "secrets/plugins__broker__paper__api_key"
        secret.write_text("hunter2-hunter2", encoding="utf-8")
        secret.chmod(0o600)
    else:
        monkeypatch.setenv("FRIDAY_PLUGINS__BROKER__PAPER__API_KEY", "hunter2-hunter2")
    for arguments in ([], ["--json"]):
        result = doctor(*arguments)
        assert (result.exit_code, "hunter2" in result.output) == (1, False)
        assert "unknown key 'api_key'" in result.output


# executor ----------------------------------------------------------------------------------------


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of compiled operators, which is not there yet."""
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path))
    return tmp_path / "friday" / "kernels"


def test_the_compiled_executor_is_tried_and_nothing_is_kept_for_it(kernels: Path) -> None:
    (only,) = check_executor("compiled")
    assert told(only) == ("ok", f"columns run compiled; what was compiled is kept in {kernels}, 0 files", "")
    assert not kernels.exists()


def test_plain_python_that_is_asked_for_is_nothing_to_look_at() -> None:
    (only,) = check_executor("python")
    assert told(only) == ("ok", 'columns run in plain Python, as [run] executor = "python" says', "")


def test_a_compiler_that_does_not_work_is_a_warning_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("friday_core.causal.compiled.choice.obstacle", lambda: "ImportError: no numba")
    (only,) = check_executor("compiled")
    evidence = "columns run in plain Python, slower and with the same numbers: ImportError: no numba"
    mend = "pip install --upgrade numba llvmlite, in versions for this Python and numpy"
    assert told(only) == ("warn", evidence, mend)


def test_a_cache_that_cannot_be_written_is_a_warning(kernels: Path) -> None:
    kernels.parent.mkdir()
    kernels.touch()
    serves, warned = check_executor("compiled")
    assert serves.outcome is Outcome.OK
    evidence = f"{kernels} cannot be written, and every run compiles anew: Not a directory"
    mend = "change the rights there, or name another cache folder in XDG_CACHE_HOME"
    assert told(warned) == ("warn", evidence, mend)


# run folder and disk -----------------------------------------------------------------------------


def test_a_run_folder_that_is_still_to_be_made_leaves_no_trace(tmp_path: Path) -> None:
    folder = tmp_path / "a/b"
    first, *_ = check_run_folder(folder)
    assert told(first) == ("ok", f"{folder} can be made in {tmp_path}", "")
    assert list(tmp_path.iterdir()) == []


def test_a_run_folder_that_is_there_is_written_to_for_proof(tmp_path: Path) -> None:
    first, *_ = check_run_folder(tmp_path)
    assert told(first) == ("ok", f"{tmp_path} can be written", "")


def test_a_run_folder_that_is_a_file_fails(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    (only,) = check_run_folder(tmp_path / "runs")
    mend = "change the rights there, or choose another place: --set run.folder=FOLDER"
    assert told(only) == ("fail", f"{tmp_path / 'runs'} cannot be written: Not a directory", mend)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_run_folder_without_rights_fails(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    (only,) = check_run_folder(tmp_path)
    assert only.evidence == f"{tmp_path} cannot be written: Permission denied"


@pytest.mark.parametrize(("free", "outcome"), [(10**9, "ok"), (10**9 - 1, "warn")])
def test_less_than_a_gigabyte_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, outcome: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    *_, room = check_run_folder(tmp_path)
    assert told(room)[:2] == (outcome, "1.0 GB free")


# time --------------------------------------------------------------------------------------------


def test_the_zone_of_the_trading_day_is_looked_up() -> None:
    assert told(check_time_zone("Asia/Kolkata"))[:2] == (
        "ok",
        f"Asia/Kolkata is there, tzdata {metadata.version('tzdata')}",
    )


def test_a_zone_that_is_not_there_fails() -> None:
    assert told(check_time_zone("Asia/Atlantis")) == (
        "fail",
        "Asia/Atlantis is not in the data base",
        "pip install --upgrade tzdata",
    )


def test_a_clock_that_can_be_true_is_shown() -> None:
    assert told(check_clock(NOON)) == ("ok", "2026-11-22 12:00 UTC", "")


@pytest.mark.parametrize("year", [1970, 2024, 2101])
def test_an_absurd_year_fails(year: int) -> None:
    finding = check_clock(NOON.replace(year=year))
    assert told(finding)[:2] == ("fail", f"it says {year}-11-22")
    assert finding.mend.startswith("set the machine's clock")


# secrets -----------------------------------------------------------------------------------------


def test_no_secrets_folder_is_fine(tmp_path: Path) -> None:
    (only,) = check_secrets(tmp_path / "secrets")
    assert told(only) == ("ok", f"no folder {tmp_path / 'secrets'}, and none is needed without secrets", "")


def test_secrets_that_only_the_owner_reads_are_counted(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    for name in ("one", "two", ".gitkeep"):
        (tmp_path / name).touch(mode=0o644 if name == ".gitkeep" else 0o600)
    (only,) = check_secrets(tmp_path)
    assert told(only) == ("ok", f"{tmp_path} holds 2 secrets, which only you can read", "")


@pytest.mark.skipif(os.name != "posix", reason="files have no modes")
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o666])
def test_a_secret_that_others_may_read_fails_with_the_command_to_run(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(0o700)
    secret = tmp_path / "key"
    secret.touch()
    secret.chmod(mode)
    (only,) = check_secrets(tmp_path)
    assert told(only) == ("fail", f"others may read {secret} (mode {mode:04o})", f"chmod 600 {secret}")


@pytest.mark.skipif(os.name != "posix", reason="files have no modes")
def test_a_folder_that_others_may_write_is_a_warning(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)
    (only,) = check_secrets(tmp_path)
    assert told(only) == ("warn", f"others may write into {tmp_path} (mode 0770)", f"chmod 700 {tmp_path}")


def test_a_secrets_folder_that_is_a_file_fails(tmp_path: Path) -> None:
    (tmp_path / "secrets").touch()
    (only,) = check_secrets(tmp_path / "secrets")
    assert told(only)[:2] == ("fail", f"{tmp_path / 'secrets'} cannot be read: Not a directory")


@pytest.mark.parametrize(
    ("choice", "environ", "folder"),
    [
        (Choice(), {}, "secrets"),
        (Choice(config=Path("host/friday.toml")), {}, "host/secrets"),
        (Choice(), {"FRIDAY_CONFIG": "other/friday.toml"}, "other/secrets"),
        (Choice(config=Path("host/friday.toml")), {"FRIDAY_CONFIG": "other/friday.toml"}, "host/secrets"),
        (Choice(config=Path("host/friday.toml")), {"FRIDAY_SECRETS_DIR": "elsewhere"}, "elsewhere"),
    ],
)
def test_secrets_are_looked_for_where_settings_find_them(choice: Choice, environ: dict[str, str], folder: str) -> None:
    assert secrets_folder(choice, environ) == Path(folder)


def test_the_names_that_choose_the_folder_are_those_of_the_settings() -> None:
    ours = (surroundings.CONFIG_VARIABLE, surroundings.SECRETS_VARIABLE, surroundings.SECRETS_FOLDER)
    assert ours == (catalogue.CONFIG_VARIABLE, catalogue.SECRETS_VARIABLE, secret_files.SECRETS_FOLDER)


# installation ------------------------------------------------------------------------------------


def test_a_python_that_is_new_enough_is_shown() -> None:
    assert told(check_python("3.14.0")) == ("ok", "CPython 3.14.0; 3.11 or later is needed", "")


def test_an_old_python_fails() -> None:
    finding = check_python("3.10.12")
    assert told(finding)[:2] == ("fail", "CPython 3.10.12; 3.11 or later is needed")
    assert finding.mend == "make an environment with a newer Python and install Friday there"


@pytest.mark.parametrize(
    ("direct_url", "how"),
    [
        (None, "installed from a wheel"),
        ('{"url": "file:///a/wheel.whl", "archive_info": {}}', "installed from a wheel"),
        ('{"url": "file:///a", "dir_info": {"editable": true}}', "editable, from its source files"),
    ],
)
def test_how_friday_came_here_is_told(installation: Installation, direct_url: str | None, how: str) -> None:
    installation.friday(__version__, direct_url)
    assert told(check_friday()) == ("ok", f"{__version__}, {how}", "")


def test_code_of_another_version_than_the_metadata_fails(installation: Installation) -> None:
    installation.friday("0.0.1", None)
    finding = check_friday()
    evidence = f"the code is {__version__}, installed as 0.0.1 (installed from a wheel)"
    assert told(finding)[:2] == ("fail", evidence)


def test_source_files_that_are_not_installed_are_a_warning(installation: Installation) -> None:
    installation.nothing()
    assert told(check_friday())[:2] == ("warn", f"{__version__}, source files that are not installed")
    assert [told(one)[0] for one in check_dependencies()] == ["warn"]
    assert check_python("3.11.0").outcome is Outcome.OK


def test_dependencies_that_are_all_there_are_one_line(installation: Installation) -> None:
    installation.requires("click>=8.2", "numpy>=2.2", 'sampledata>=1; extra == "demo"')
    installation.versions(click="8.2", numpy="2.10.0")
    (only,) = check_dependencies()
    assert told(only) == ("ok", "2 of 2 installed, each as new as needed", "")


def test_each_dependency_that_is_wrong_is_a_line_of_its_own(installation: Installation) -> None:
    installation.requires("click>=8.2", "numpy>=2.2", "pandas", "rich>=14.0")
    installation.versions(numpy="2.1.9", rich="14.0")
    assert [told(one) for one in check_dependencies()] == [
        ("fail", "click is not installed", "pip install 'click>=8.2'"),
        ("fail", "numpy is 2.1.9; 2.2 or later is needed", "pip install 'numpy>=2.2'"),
        ("fail", "pandas is not installed", "pip install 'pandas'"),
    ]


def test_an_extra_that_is_not_there_is_fine_and_says_how_to_get_it(installation: Installation) -> None:
    installation.requires("click>=8.2", "sampledata>=1; extra == 'demo'", 'other>=1; extra == "fast"')
    installation.versions(other="1.0")
    assert [(one.check, *told(one)) for one in check_extras()] == [
        ("extra demo", "ok", "not installed; if you want it: pip install 'friday-trading[demo]'", ""),
        ("extra fast", "ok", "installed", ""),
    ]


def plugin(key: str, distribution: str) -> Any:
    point = metadata.EntryPoint(key, "module", "friday.plugins")
    return discovery.InstalledPlugin(point, distribution, "1.0")


def test_plugins_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [plugin("broker.paper", "friday-trading"), plugin("broker.moon", "friday-moon")]
    monkeypatch.setattr(discovery, "installed_plugins", lambda: found)
    (only,) = check_plugins()
    evidence = "2 installed, 1 of them from other distributions; `friday plugins` tries each of them"
    assert told(only) == ("ok", evidence, "")


def test_a_name_that_two_distributions_offer_is_a_warning_that_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [plugin("broker.paper", "friday-trading"), plugin("broker.paper", "friday-moon")]
    monkeypatch.setattr(discovery, "installed_plugins", lambda: found)
    first, _ = check_plugins()
    assert told(first)[:2] == ("warn", "broker.paper is offered by friday-trading 1.0 and friday-moon 1.0")


def test_a_plugin_for_another_friday_is_a_warning_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("broker.moon", "module", "friday.plugins.v2")
    found = [plugin("broker.paper", "friday-trading"), discovery.InstalledPlugin(point, "friday-moon", "2.0")]
    monkeypatch.setattr(discovery, "installed_plugins", lambda: found)
    first, _ = check_plugins()
    assert told(first) == (
        "warn",
        "broker.moon of friday-moon 2.0: it is written for plugin API 2, this Friday has 1.0",
        "install a release of friday-moon for plugin API 1, or update friday-trading to a release with plugin API 2; "
        "a configuration that names it is refused",
    )


def test_an_installation_without_its_own_plugins_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "installed_plugins", lambda: [])
    (only,) = check_plugins()
    assert told(only)[:2] == ("fail", "0 installed, 0 of them from other distributions")


NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
ENDS = st.sampled_from(["", "a1", "b2", "rc1", ".dev3", ".post1", ".post2.dev1", "+local.7", "rc2.post1"])


@given(version=NUMBERS, end=ENDS, bound=NUMBERS)
def test_versions_are_compared_as_installers_do(version: str, end: str, bound: str) -> None:
    assert is_at_least(version + end, bound) == (Version(version + end) >= Version(bound))


@given(bound=NUMBERS, end=ENDS)
def test_an_end_of_the_bound_itself_counts_too(bound: str, end: str) -> None:
    assert is_at_least(bound + end, bound) == (Version(bound + end) >= Version(bound))


def test_a_version_that_cannot_be_read_is_not_enough() -> None:
    assert not is_at_least("unknown", "2.0")

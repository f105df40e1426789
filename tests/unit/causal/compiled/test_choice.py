"""What a host runs its columns in: nothing is loaded before the first of them, and plain Python where it must be."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from friday_core.causal.compiled import choice
from friday_core.causal.compiled.choice import ChosenExecutor, fastest_executor, obstacle
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.errors import InvariantError

NOTICE = "columns run in plain Python, slower and with the same numbers: "


@pytest.fixture
def told() -> list[str]:
    return []


def mean() -> Program:
    return trace_program(lambda m: {"mean": m.close.rolling(2).mean()})


def test_nothing_is_imported_or_kept_before_the_first_program(tmp_path: Path) -> None:
    script = f"""
        import sys
        from pathlib import Path
        from friday_core.causal.compiled.choice import ChosenExecutor
        chosen = ChosenExecutor("compiled", Path({str(tmp_path / "kernels")!r}), print)
        print(chosen.serving, chosen.summary()["ran"], [name for name in ("numba", "llvmlite") if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "compiled [] []\n"
    assert list(tmp_path.iterdir()) == []


def test_all_executors_of_a_host_have_the_same_kernels(kernel_folder: Path, told: list[str]) -> None:
    chosen = ChosenExecutor("compiled", kernel_folder, told.append)
    first, second = chosen(mean(), [1.0]), chosen(mean(), [1.0])
    assert isinstance(first, CompiledExecutor)
    assert isinstance(second, CompiledExecutor)
    assert chosen.kernels() is chosen.kernels() is not None
    assert chosen.summary() == {"wanted": "compiled", "ran": ["compiled"], "reason": ""}


def test_whoever_wants_plain_python_gets_it_without_a_notice(tmp_path: Path, told: list[str]) -> None:
    chosen = ChosenExecutor("python", tmp_path, told.append)
    assert type(chosen(mean(), [1.0])) is Oracle
    assert chosen.kernels() is None
    assert chosen.summary() == {"wanted": "python", "ran": ["python"], "reason": ""}
    assert (told, list(tmp_path.iterdir())) == ([], [])


def test_where_nothing_can_be_loaded_plain_python_serves_with_one_notice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: list[str]
) -> None:
    def fails(_folder: Path, _tell: object) -> object:
        raise OSError("no such library")

    monkeypatch.setattr(choice, "_loaded", fails)
    chosen = ChosenExecutor("compiled", tmp_path, told.append)
    assert [type(chosen(mean(), [1.0])) for _ in range(3)] == [Oracle] * 3
    assert told == [f"{NOTICE}OSError: no such library"]
    assert chosen.serving == "python"
    assert chosen.summary() == {"wanted": "compiled", "ran": ["python"], "reason": "OSError: no such library"}
    assert fastest_executor(tmp_path, told.append) is Oracle


def test_where_the_compiler_is_gone_what_needs_it_runs_in_plain_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: list[str]
) -> None:
    """The driver and some kernels are on disk, and numba was broken by an upgrade since."""
    chosen = ChosenExecutor("compiled", tmp_path, told.append)
    assert isinstance(chosen(mean(), [1.0]), CompiledExecutor)
    told.clear()
    monkeypatch.setitem(sys.modules, "friday_core.causal.compiled.lowering", None)
    again = ChosenExecutor("compiled", tmp_path, told.append)
    assert isinstance(again(mean(), [1.0]), CompiledExecutor)
    assert type(again(trace_program(lambda m: {"high": m.close.rolling(2).max()}), [1.0])) is Oracle
    assert type(again(mean(), [1.0])) is Oracle
    assert again.summary()["ran"] == ["compiled", "python"]
    assert [line for line in told if line.startswith(NOTICE)] == told[-1:]


def test_a_program_that_no_executor_may_run_is_refused_and_no_reason_for_plain_python(
    kernel_folder: Path, told: list[str]
) -> None:
    chosen = ChosenExecutor("compiled", kernel_folder, told.append)
    program = mean()
    program.outputs["mean"] = 99
    with pytest.raises(InvariantError, match="malformed program"):
        chosen(program, [1.0])
    assert chosen.serving == "compiled"
    assert told == []


def test_without_another_listener_the_log_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "friday_core.causal.compiled.kernels", None)
    with caplog.at_level(logging.WARNING, "friday.kernels"):
        ChosenExecutor("compiled", tmp_path)(mean(), [1.0])
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("friday.kernels", "WARNING")
    assert record.getMessage().startswith(NOTICE)


def test_an_obstacle_is_told_in_the_library_s_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert obstacle() == ""
    monkeypatch.setitem(sys.modules, "friday_core.causal.compiled.lowering", None)
    monkeypatch.delattr("friday_core.causal.compiled.lowering")
    assert obstacle().startswith("ModuleNotFoundError: import of friday_core.causal.compiled.lowering halted")

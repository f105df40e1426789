"""Kernels on disk and in the process: compiled once, announced, kept, checked, and made anew when broken."""

from __future__ import annotations

import ast
import errno
import math
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest
from unit.causal.stepping import bits

from friday_core.causal.batch import run
from friday_core.causal.compiled.choice import fastest_executor
from friday_core.causal.compiled.code import Code
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.fingerprint import RUNNERS, Routine, kernel_key, routine_key
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.compiled.object_store import ObjectStore
from friday_core.causal.kinds import Kind
from friday_core.causal.market import Market
from friday_core.causal.op import Op, Params, always
from friday_core.causal.operators import OPERATORS
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.causal.trace import Trace
from friday_core.errors import DataError


def _doubled(_state: list[float], _at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    return 2.0 * x[0]


def _formatted(_state: list[float], _at: int, x: Sequence[float], _params: Params, _scale: float) -> float:
    """Words that no compiler knows."""
    return float(f"{x[0]:.3e}")


def own(step: object, name: str = "own") -> Op:
    """An operator of a plugin."""
    return Op(name, 1, always(Kind.NUM), "its own", "never", step)  # type: ignore[arg-type]


def program_of(op: Op) -> Program:
    trace = Trace("1d")
    nodes = [trace.input("x", Kind.NUM, "1d")]
    trace.add("abs", nodes)
    node = replace(trace.nodes[-1], op=op)
    return Program([trace.nodes[0], node], {"y": 1}, "1d")


@pytest.fixture
def told() -> list[str]:
    return []


def test_the_first_compile_is_announced_and_the_next_run_loads(tmp_path: Path, told: list[str]) -> None:
    first = Kernels(tmp_path, told.append).addresses([(own(_doubled), 1)])
    assert told == [f"compiling 1 operators for this machine, once; kept in {tmp_path}"]
    again = Kernels(tmp_path, told.append).addresses([(own(_doubled), 1)])
    assert len(told) == 1
    assert [*first, *again] == [("own/1", 1)] * 2
    assert None not in [*first.values(), *again.values()]


def test_loading_what_is_there_needs_no_compiler(kernel_folder: Path, kernels: Kernels) -> None:
    script = f"""
        import sys
        from pathlib import Path
        from friday_core.causal.batch import run
        from friday_core.causal.compiled.choice import fastest_executor
        from friday_core.causal.program import trace_program
        program = trace_program(lambda m: {{"y": m.close.rolling(2).mean() + 1.0}})
        executor = fastest_executor(Path({str(kernel_folder)!r}), print)
        print(run(program, {{"close": [1.0, 2.0, 4.0]}}, executor=executor)["y"].tolist(), "numba" in sys.modules)
    """
    executor = fastest_executor(kernel_folder, print)
    run(trace_program(lambda m: {"y": m.close.rolling(2).mean() + 1.0}), {"close": [1.0]}, executor=executor)
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "[nan, 2.5, 4.0] False\n"


@pytest.mark.parametrize("broken", [b"", b"FRK1", b"FRK1" + bytes(200)])
def test_a_broken_file_is_made_anew_with_a_notice(tmp_path: Path, told: list[str], broken: bytes) -> None:
    Kernels(tmp_path, told.append).addresses([(own(_doubled), 1)])
    path = tmp_path / f"{kernel_key(own(_doubled), 1)}.kernel"
    whole = path.read_bytes()
    path.write_bytes(broken)
    told.clear()
    assert None not in Kernels(tmp_path, told.append).addresses([(own(_doubled), 1)]).values()
    assert told[0] == f"{path} is not whole, or was changed; it is compiled anew"
    assert path.read_bytes()[:4] == whole[:4]
    assert ObjectStore(tmp_path).get(path.stem) is not None


def test_a_file_under_another_name_is_not_taken(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    store.put("a", b"code")
    (tmp_path / "a.kernel").rename(tmp_path / "b.kernel")
    with pytest.raises(DataError, match="is not whole, or was changed"):
        store.get("b")


def test_a_folder_that_cannot_be_written_costs_a_notice_only(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    kernels = Kernels(tmp_path / "file", told.append)
    assert None not in kernels.addresses([(own(_doubled), 1)]).values()
    assert told[1].startswith("kernels cannot be kept, and are compiled in every run: ")


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Files end after 100 bytes, as where there is no more room."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def read_only_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_options: object) -> NoReturn:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", refused)


@pytest.mark.parametrize("hindrance", ["full_disk", "read_only_folder"])
def test_where_nothing_can_be_kept_kernels_are_compiled_with_one_notice(
    tmp_path: Path, told: list[str], request: pytest.FixtureRequest, hindrance: str
) -> None:
    request.getfixturevalue(hindrance)
    kernels = Kernels(tmp_path, told.append)
    wanted = [(own(_doubled), 1), (OPERATORS["neg"], 1)]
    assert None not in kernels.addresses(wanted).values()
    assert kernels.driver() == kernels.driver()
    assert [text.partition(":")[0] for text in told] == [
        f"compiling 2 operators for this machine, once; kept in {tmp_path}",
        "kernels cannot be kept, and are compiled in every run",
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_broken", [False, True])
def test_two_processes_that_compile_at_once_both_have_whole_kernels(tmp_path: Path, is_broken: bool) -> None:
    if is_broken:
        Kernels(tmp_path, lambda _text: None).addresses([(OPERATORS[name], 1) for name in ("add", "ewm_mean")])
        for path in tmp_path.iterdir():
            path.write_bytes(path.read_bytes()[:-1])
    script = f"""
        from pathlib import Path
        from friday_core.causal.compiled.kernels import Kernels
        from friday_core.causal.operators import OPERATORS
        names = ("add", "ewm_mean")
        print(None in Kernels(Path({str(tmp_path)!r}), lambda text: None).addresses(
            [(OPERATORS[name], 1) for name in names]).values())
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [one.communicate()[0] for one in both] == ["False\n"] * 2
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".kernel"] * 4  # each with its step
    store = ObjectStore(tmp_path)
    assert None not in [store.get(path.stem) for path in tmp_path.iterdir()]


def test_an_operator_that_cannot_be_compiled_runs_in_plain_python(tmp_path: Path, told: list[str]) -> None:
    op = own(_formatted, "formatted")
    kernels = Kernels(tmp_path, told.append)
    program, column = program_of(op), [1.23456, math.nan, -0.0]
    shown = run(program, {"x": column}, executor=lambda *given: CompiledExecutor(*given, kernels=kernels))
    assert bits(shown["y"].tolist()) == bits(run(program, {"x": column})["y"].tolist())
    assert told[-1].startswith(f"operator formatted of {__name__} has no kernel and runs in plain Python: ")
    assert list(kernels.reasons) == ["formatted/1"]
    assert Kernels(tmp_path, told.append).known_reasons([op, OPERATORS["add"]]) == kernels.reasons
    assert Kernels(tmp_path, told.append).addresses([(op, 1)]) == {("formatted/1", 1): None}


def test_a_kernel_is_known_by_the_code_it_is_made_from() -> None:
    def other(state: list[float], at: int, x: Sequence[float], params: Params, scale: float) -> float:
        return 3.0 * x[0]

    op = own(_doubled)
    keys = [kernel_key(op, 1), kernel_key(own(other), 1), kernel_key(replace(op, version=2), 1), kernel_key(op, 4)]
    assert len(set(keys)) == 4
    assert kernel_key(own(_doubled), 1) == keys[0]


def test_two_operators_of_one_name_have_kernels_of_their_own(kernels: Kernels) -> None:
    def tripled(state: list[float], at: int, x: Sequence[float], params: Params, scale: float) -> float:
        return 3.0 * x[0]

    shown = [
        run(program_of(own(step)), {"x": [1.5]}, executor=lambda *given: CompiledExecutor(*given, kernels=kernels))
        for step in (_doubled, tripled)
    ]
    assert [one["y"].tolist() for one in shown] == [[3.0], [4.5]]


def test_equal_programs_have_one_code_unless_it_holds_what_is_brought_over(kernels: Kernels) -> None:
    def code(outputs: Callable[[Market], dict[str, Any]], shown: Sequence[int] = (0,)) -> Code:
        return kernels.code(trace_program(outputs, base="1h"), "1h", shown)

    def plain(m: Market) -> dict[str, Any]:
        return {"y": m.close - m.open}

    def joined(m: Market) -> dict[str, Any]:
        return {"y": m.at("1d").close.asof()}

    assert code(plain) is code(plain)
    assert code(plain) is not code(plain, (1,))
    assert code(joined) is not code(joined)


def test_code_is_not_that_of_instructions_that_are_gone(kernels: Kernels) -> None:
    for price in ("open", "high", "low", "close"):
        program = trace_program(lambda m, price=price: {"y": getattr(m, price) * 2.0})
        labels = kernels.code(program, "1d", (0,)).labels
        program.instructions = program.instructions[:1]
        assert list(labels) == [price]


def test_without_a_compiler_plain_python_serves_with_one_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    for name in [name for name in sys.modules if name.startswith("friday_core.causal.compiled.")]:
        if not name.endswith((".choice", ".object_store")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    assert fastest_executor(Path("nowhere"), told.append) is Oracle
    assert len(told) == 1
    assert told[0].startswith("columns run in plain Python, slower and with the same numbers: ModuleNotFoundError")


def test_importing_columns_loads_no_compiler() -> None:
    script = "import sys, friday_core.causal.batch, friday_core.api; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_kernel_of_a_step_takes_the_place_of_one_that_cannot_be_compiled() -> None:
    assert [name for name, op in OPERATORS.items() if op.kernel is not None] == ["pow", "exp", "floor"]


def test_modules_whose_text_does_not_count_are_none_that_the_compiler_reads() -> None:
    prefix = "friday_core.causal.compiled."
    read: set[str] = set()
    waiting = ["lowering", "driver"]
    while waiting:
        name = waiting.pop()
        if name not in read:
            read.add(name)
            tree = ast.parse(Path(str(find_spec(prefix + name).origin)).read_text("utf-8"))  # type: ignore[union-attr]
            froms = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
            waiting += [module.removeprefix(prefix) for module in froms if module.startswith(prefix)]
    assert read & RUNNERS == set()
    assert {"row_kernels", "words", "loading"} <= read
    assert [name for name in RUNNERS if find_spec(prefix + name) is None and name != "__init__"] == []


def test_a_routine_is_known_by_the_text_of_its_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("routine_of_test", "rules_of_test"):
        (tmp_path / f"{name}.py").write_text("x = 1\n", "utf-8")
    one = Routine("routine_of_test", "play", ("rules_of_test",))
    keys = [routine_key(one), routine_key(replace(one, name="other")), routine_key(replace(one, sources=()))]
    (tmp_path / "rules_of_test.py").write_text("x = 2\n", "utf-8")
    keys.append(routine_key(one))
    assert len(set(keys)) == 4
    assert not {"routine_of_test", "rules_of_test"} & sys.modules.keys()
    with pytest.raises(ModuleNotFoundError, match="no module 'nowhere' to take a routine's code from"):
        routine_key(Routine("nowhere", "play"))

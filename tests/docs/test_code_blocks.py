"""The code in the documents works: each block is executed or, where it cannot be, checked; none is neither.

Python runs as it stands. TOML is handed to whatever of Friday reads such a file. Shell blocks are run if
they are marked, and otherwise each command is held against the program that would get it. Output is text.
Marks are HTML comments on the line above a block: ``run``, ``run beside``, ``file: NAME`` and ``with KEY=VALUE; ...``
say how it is tried, ``framework: NAME`` that it needs another package. Any other block says why nothing can try
it, by ``title="not run: ..."`` behind its language.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from docs.commands import PROGRAMS, command_lines, complaint
from docs.configurations import PYPROJECT, WITH, complaints, file_of
from docs.documents import ROOT, Block, blocks, documents, mentions
from docs.workplace import BESIDE, FILE, RUN, Workplace

ALL = [block for path in documents() for block in blocks(path)]
#: Above Python that needs another package; ``tools/frameworks`` runs it where that is installed.
FRAMEWORK = "framework: "
NOT_RUN = re.compile(r"not run: \S+")
#: Documents with commands that are run, and the one that takes longest, which is begun first.
LONGEST = "docs/zerodha.md"
FOLLOWED = sorted({block.document for block in ALL if block.comment == RUN}, key=lambda name: (name != LONGEST, name))
#: Languages of blocks that something tries, and of those that hold output.
TRIED, OUTPUT = {"python", "toml", "sh"}, {"text", "json"}

#: How many blocks nothing executes or loads as Friday would, by document: they are only read.
ONLY_READ = {
    "README.md": {"sh that is parsed": 1, PYPROJECT: 1},
    "CONTRIBUTING.md": {"sh that is parsed": 1},
    "docs/api_policy.md": {PYPROJECT: 2},
    "docs/conformance.md": {"sh that is parsed": 1, PYPROJECT: 2},
    "docs/from_other_frameworks.md": {"python that is compiled": 4},
    "docs/hooks.md": {PYPROJECT: 2},
    "docs/live.md": {"sh that is parsed": 1},
    "docs/paper.md": {"sh that is parsed": 1},
    "docs/parity.md": {"sh that is parsed": 1},
    "docs/reliability.md": {"sh that is parsed": 3},
    "docs/report.md": {"sh that is parsed": 1},
    "docs/sandbox.md": {"sh that is parsed": 2},
    "docs/sandbox_paper.md": {"sh that is parsed": 1},
    "docs/settings.md": {"sh that is parsed": 1},
    "docs/write_a_plugin.md": {"sh that is parsed": 1},
    "docs/zerodha.md": {"sh that is parsed": 6},
    "examples/friday-moon/README.md": {"sh that is parsed": 2, PYPROJECT: 1},
}


def _is_followed(block: Block) -> bool:
    """Whether it is a file with which the commands of its document are run."""
    return block.comment.startswith(FILE) and block.document in FOLLOWED


def _needs_more(block: Block) -> bool:
    return block.comment.startswith(FRAMEWORK) or bool(NOT_RUN.match(block.title))


def _of(language: str) -> list[Block]:
    return [block for block in ALL if block.language == language and not NOT_RUN.match(block.title)]


def _how(block: Block) -> str:
    """How a block is tried, in the words of ``ONLY_READ``; empty if it is executed, loaded, or output."""
    if NOT_RUN.match(block.title):
        return block.title
    if _is_followed(block):
        return ""
    if block.language == "python":
        return "python that is compiled" if _needs_more(block) else ""
    if block.language == "toml":
        return PYPROJECT if file_of(block) == PYPROJECT else ""
    return "sh that is parsed" if block.language == "sh" and block.comment not in (RUN, BESIDE) else ""


def test_every_block_says_what_it_is_written_in() -> None:
    known = TRIED | OUTPUT
    assert [str(block) for block in ALL if block.language not in known and not NOT_RUN.match(block.title)] == []


def test_every_mark_is_one_that_means_something_here() -> None:
    marked = [block for block in ALL if block.comment and block.language in TRIED]
    known = {"python": (FILE, FRAMEWORK), "toml": (FILE, WITH), "sh": (RUN, BESIDE)}
    assert [str(block) for block in marked if not block.comment.startswith(known[block.language])] == []


def test_the_blocks_that_are_only_read_are_these() -> None:
    found: dict[str, Counter[str]] = {}
    for block in ALL:
        if how := _how(block):
            found.setdefault(block.document, Counter())[how] += 1
    assert found == ONLY_READ


@pytest.mark.parametrize("block", [block for block in _of("python") if not _is_followed(block)], ids=str)
def test_a_python_block_runs_as_it_stands(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = compile(block.text, str(block), "exec", dont_inherit=True)
    if not _needs_more(block):
        exec(code, {"__name__": "a_users_module"})


@pytest.mark.parametrize("block", [block for block in _of("toml") if not _is_followed(block)], ids=str)
def test_friday_finds_nothing_wrong_with_a_toml_block(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert complaints(block, tmp_path, monkeypatch) == []


@pytest.mark.parametrize("block", _of("json"), ids=str)
def test_a_json_block_can_be_read(block: Block) -> None:
    assert json.loads(block.text) is not None


@pytest.mark.timeout(600)
@pytest.mark.parametrize("document", FOLLOWED)
def test_who_follows_a_document_succeeds(document: str, tmp_path: Path) -> None:
    with Workplace(tmp_path) as workplace:
        for block in blocks(ROOT / document):
            workplace.follow(block)


@pytest.mark.parametrize("block", [block for block in _of("sh") if block.comment not in (RUN, BESIDE)], ids=str)
def test_every_command_of_another_shell_block_is_one_that_its_program_understands(
    block: Block, pytestconfig: pytest.Config
) -> None:
    folder = (ROOT / block.document).parent
    wrong = {" ".join(words): complaint(words, folder, pytestconfig) for words in command_lines(block.text)}
    assert {line: problem for line, problem in wrong.items() if problem} == {}


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_a_sentence_is_one_that_its_program_understands(
    path: Path, pytestconfig: pytest.Config
) -> None:
    typed = [words for text in mentions(path) if "<" not in text for words in command_lines(text)]
    commands = [words for words in typed if words[0] in PROGRAMS]
    wrong = {" ".join(words): complaint(words, path.parent, pytestconfig, whole=False) for words in commands}
    assert {line: problem for line, problem in wrong.items() if problem} == {}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("friday run --profiles demo", "No such option '--profiles'."),
        ("friday rnu", "there is no command 'rnu'; did you mean 'run'?"),
        ("friday explain", "Missing argument 'COMPONENT'"),
        ("friday config explain a b", "Got unexpected extra argument (b)"),
        ("friday run --from 2024-13-01", "Invalid value for '--from'"),
        ("friday run | tee log", "it is more than one command"),
        ("make everything", "the Makefile has no target everything"),
        ("pip install 'friday-trading[live]'", "friday-trading has no extra live"),
        ("pip install friday-sun", "friday-sun is no distribution of ours"),
        ("pip install -e ./nowhere", "./nowhere is no project"),
        ("pip install --group nobody", "no such dependency group"),
        ("pytest --friday-conformity", "pytest has no option --friday-conformity"),
        ("python docs/nothing.py", "there is no file docs/nothing.py"),
        ("docker run friday", "nothing checks the program 'docker'"),
    ],
)
def test_a_command_that_its_program_would_refuse_is_found_out(
    line: str, problem: str, pytestconfig: pytest.Config
) -> None:
    (words,) = command_lines(line)
    assert problem in complaint(words, ROOT, pytestconfig)


def _toml(text: str, comment: str = "") -> Block:
    return Block("README.md", 1, "toml", comment, text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[broker]\nuses = 'paper'\n", "uses"),
        ("[broker]\nuse = 'papr'\n", "papr"),
        ('[project.entry-points."friday.plugin"]\n"strategy.a" = "a"\n', "there is no group 'friday.plugin'"),
        ('[project.entry-points."friday.plugins"]\n"strategy.a" = "a"\n', "the document shows no plugin strategy.a"),
        ("[tool.friday.conformance]\nlimit = 1\n", "has no key 'limit'"),
        ("name = 'x'\nchecked = 2027-04-02\n[[levies]]\n", "known_until"),
        ("name = 'x'\nchecked = 2027-04-02\n[[levy]]\n", "shows no kind of facts"),
    ],
)
def test_toml_that_friday_would_refuse_is_found_out(
    text: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert any(problem in one for one in complaints(_toml(text), tmp_path, monkeypatch))


def test_what_else_a_users_file_has_stands_in_the_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = _toml("[data]\ncalendar = 'exchange'\n", "with plugins.calendar.exchange.name=XBOM")
    assert complaints(block, tmp_path, monkeypatch) == []

"""The site of the documents: complete, searchable without a server, and made of nothing from another host."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docs.documents import DOCS, ROOT
from markdown_it import MarkdownIt

_IN_NAV = re.compile(r"^ +- (\S+\.md)$", re.MULTILINE)
#: What ends a plain run of words in Markdown; a page shows the rest as it is written.
_MARKUP = re.compile(r"[`*\[\]()<>|#_\\]|\d\.|^ *-", re.MULTILINE)
#: Tags in an article, and the tokens of Markdown that they come from.
_SHOWN = {"li": ("list_item_open",), "tr": ("tr_open",), "pre": ("fence", "code_block")}
_FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}

PAGES = sorted(DOCS.rglob("*.md"))
pages = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))


class Page(HTMLParser):
    """One page: what it has a browser fetch, and how many tags its article has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: Counter[str] = Counter()
        self._in_article = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_article |= tag == "article"
        self.tags[tag] += self._in_article
        self.fetched += [value for name, value in attrs if name == _FETCHED.get(tag) and value]

    def handle_endtag(self, tag: str) -> None:
        self._in_article &= tag != "article"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """What ``make site`` makes, and what it says; a warning makes it fail, but only at the end."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        # Not --quiet: mkdocs would not count the warnings that it does not show.
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    return folder, done


@pytest.fixture(scope="module")
def site(built: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    """The folder of the site."""
    return built[0]


@pytest.fixture(scope="module")
def sections(site: Path) -> Mapping[str, str]:
    """The words that search knows of each page, under the page's name."""
    found: dict[str, str] = {}
    for one in json.loads((site / "search" / "search_index.json").read_text("utf-8"))["docs"]:
        page = one["location"].partition("#")[0]
        found[page] = f"{found.get(page, '')} {_words(one['title'])} {_words(one['text'])}"
    return found


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def _page(path: Path) -> str:
    return str(path.relative_to(DOCS).with_suffix(".html"))


def _plainest(path: Path) -> str:
    """The longest run of a document's words that holds no markup."""
    text = re.sub(r"^```.*?^```$|<!--.*?-->", "|", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    runs = [" ".join(run.split()) for paragraph in text.split("\n\n") for run in _MARKUP.split(paragraph)]
    return max(runs, key=len)


def test_the_site_is_built_without_a_warning(built: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, done = built
    assert done.returncode == 0, done.stderr


def test_the_navigation_has_every_document_once() -> None:
    named = _IN_NAV.findall((ROOT / "mkdocs.yml").read_text("utf-8"))
    assert sorted(named) == [str(path.relative_to(DOCS)) for path in PAGES]


@pages
def test_search_finds_a_sentence_of_every_page(path: Path, sections: Mapping[str, str]) -> None:
    sentence = _plainest(path)
    assert len(sentence) > 30
    assert sentence in sections[_page(path)]


def test_a_page_that_is_opened_as_a_file_has_the_same_index_as_a_script(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text("utf-8")
    assert (site / "search" / "search_index.js").read_text("utf-8") == f"var __index = {index}"
    assert 'src="javascripts/iframe-worker.js"' in (site / "index.html").read_text("utf-8")


@pages
def test_a_page_shows_the_lists_tables_and_code_that_its_document_has(path: Path, site: Path) -> None:
    tokens = Counter(token.type for token in MarkdownIt("commonmark").enable("table").parse(path.read_text("utf-8")))
    shown = Page((site / _page(path)).read_text("utf-8")).tags
    written = {tag: sum(tokens[one] for one in types) for tag, types in _SHOWN.items()}
    assert {tag: shown[tag] for tag in _SHOWN} == written


def test_no_page_fetches_anything_from_another_host(site: Path) -> None:
    fetched = {one for path in site.rglob("*.html") for one in Page(path.read_text("utf-8")).fetched}
    assert len(fetched) > len(PAGES)
    assert [one for one in fetched if "//" in one] == []


def test_no_style_fetches_anything_from_another_host(site: Path) -> None:
    styles = {path.name: path.read_text("utf-8") for path in site.rglob("*.css")}
    addresses = {
        name: re.findall(r"(?:@import|url\()\s*[\"']?(?!data:)[^\"')]*", text) for name, text in styles.items()
    }
    assert styles
    assert {name: found for name, found in addresses.items() if any("//" in one for one in found)} == {}


def test_no_program_is_published(site: Path) -> None:
    assert [str(path) for path in site.rglob("*") if path.suffix in (".py", ".pyc")] == []

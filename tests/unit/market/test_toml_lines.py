"""Where tables and keys stand in a TOML file."""

from __future__ import annotations

import pytest

from friday_core.market.toml_lines import TomlLines

LINES = TomlLines(
    """\
name = "x"
[account]
capital = 1

[[rows]]
a = 1
  [[ rows ]]
"b" = [
  "a = 1",
]
[[others]]
"""
)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("name",), 1),
        (("account",), 2),
        (("account", "capital"), 3),
        (("rows", 0), 5),
        (("rows", 0, "a"), 6),
        (("rows", 1), 7),
        (("rows", 1, "b"), 8),
        (("rows", 1, "b", 0), 8),
        (("others", 0), 11),
    ],
)
def test_a_place_has_a_line(place: tuple[str | int, ...], line: int) -> None:
    assert LINES.of(*place) == line


@pytest.mark.parametrize(("place", "line"), [(("rows", 1, "c"), 7), (("absent",), 1), ((), 1)])
def test_what_is_not_there_has_the_line_of_what_is_around_it(place: tuple[str | int, ...], line: int) -> None:
    assert LINES.of(*place) == line

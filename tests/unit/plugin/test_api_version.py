"""The group of entry points says for which major a plugin is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.plugin.api_version import API_VERSION, group_of, looks_like_plugins, major_of
from friday_core.plugin.hookspecs import PLUGIN_GROUP


@given(major=st.integers(1, 1000))
def test_a_major_is_read_from_the_group_in_which_its_plugins_register(major: int) -> None:
    assert major_of(group_of(major)) == major
    assert looks_like_plugins(group_of(major))


def test_the_first_major_has_the_plain_name_and_later_ones_their_number() -> None:
    assert (group_of(1), group_of(2), group_of(10)) == (
        "friday.plugins",
        "friday.plugins.v2",
        "friday.plugins.v10",
    )


def test_built_in_plugins_register_for_this_major() -> None:
    assert group_of(API_VERSION[0]) == PLUGIN_GROUP


@pytest.mark.parametrize("written", ["1", "0", "02", "2.1", "", "next", "2\n"])
def test_a_group_that_only_looks_like_one_of_plugins_is_for_no_major(written: str) -> None:
    assert major_of(f"friday.plugins.v{written}") is None
    assert looks_like_plugins(f"friday.plugins.v{written}")


@pytest.mark.parametrize("group", ["friday.commands", "friday.plugin", "friday.plugins2", "friday.plugins.extra"])
def test_other_groups_are_not_looked_at(group: str) -> None:
    assert (major_of(group), looks_like_plugins(group)) == (None, False)

"""The version of the plugin interface, and the groups of entry points that carry its major."""

from __future__ import annotations

import re

#: Version of the plugin interface: another major is refused, a newer minor too.
API_VERSION = (1, 0)

_FIRST_GROUP = "friday.plugins"
_LATER_GROUP = re.compile(r"friday\.plugins\.v([2-9]|[1-9][0-9]+)")


def group_of(major: int) -> str:
    """Where plugins for this major register: ``friday.plugins``, from 2 on ``friday.plugins.v2``."""
    return _FIRST_GROUP if major == 1 else f"{_FIRST_GROUP}.v{major}"


def major_of(group: str) -> int | None:
    """The major whose plugins register in a group; ``None`` for a group of nobody, such as ``friday.plugins.v1``."""
    later = _LATER_GROUP.fullmatch(group)
    return int(later[1]) if later else 1 if group == _FIRST_GROUP else None


def looks_like_plugins(group: str) -> bool:
    """Whether plugins stand in a group, or somebody meant them to."""
    return group == _FIRST_GROUP or group.startswith(f"{_FIRST_GROUP}.v")

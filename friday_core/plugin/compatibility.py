"""Whether a plugin was made for this Friday, told from its metadata before it is imported."""

from __future__ import annotations

from friday_core import __version__
from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.api_version import API_VERSION, group_of
from friday_core.plugin.discovery import OWN_DISTRIBUTION, InstalledPlugin


def refusal(
    plugin: InstalledPlugin, *, running: str = __version__, api: tuple[int, int] = API_VERSION
) -> Problem | None:
    """What speaks against a plugin under a release of Friday and its plugin interface; ``None`` if nothing does.

    Imports nothing of the plugin. A group for another major speaks against it, and a requirement of
    its distribution that excludes the release: an installer can be told to leave that aside.
    """
    if plugin.major is None:
        return _in_a_group_of_nobody(plugin, api[0])
    if plugin.major != api[0]:
        return _for_another_major(plugin, plugin.major, api)
    return None if plugin.built_in else _excluding(plugin, running)


def _in_a_group_of_nobody(plugin: InstalledPlugin, major: int) -> Problem:
    message = f"it is registered in the group {plugin.entry_point.group!r}, which is no group of plugins"
    mend = f"its author registers it in {group_of(major)!r} for plugin API {major}; until then uninstall it"
    return _problem(plugin, ProblemKind.BAD_REGISTRATION, message, mend)


def _for_another_major(plugin: InstalledPlugin, major: int, api: tuple[int, int]) -> Problem:
    ours = ".".join(map(str, api))
    message = f"it is written for plugin API {major}, this Friday has {ours}"
    mend = f"install a release of {plugin.distribution} for plugin API {api[0]}"
    newer = f", or update {OWN_DISTRIBUTION} to a release with plugin API {major}"
    return _problem(plugin, ProblemKind.API_VERSION, message, mend + (newer if major > api[0] else ""))


def _excluding(plugin: InstalledPlugin, running: str) -> Problem | None:
    """What the requirements on Friday say, read as an installer reads them; those of extras are not in force."""
    stated = plugin.requirements_on(OWN_DISTRIBUTION)
    if not stated:
        return None
    from packaging.requirements import Requirement  # noqa: PLC0415 - 40 ms that few starts need

    try:
        requirements = [one for one in map(Requirement, stated) if not one.marker or one.marker.evaluate({"extra": ""})]
    except ValueError as error:
        message = f"what it requires of {OWN_DISTRIBUTION} cannot be read: {str(error).splitlines()[0]}"
        mend = f"install another release of {plugin.distribution}, or report it to its author"
        return _problem(plugin, ProblemKind.BAD_REGISTRATION, message, mend)
    excluding = [one for one in requirements if not one.specifier.contains(running, prereleases=True)]
    if not excluding:
        return None
    wanted = f"{OWN_DISTRIBUTION}{','.join(sorted(str(one.specifier) for one in excluding))}"
    message = f"it requires {wanted}, and this is {OWN_DISTRIBUTION} {running}"
    mend = f"install a release of {plugin.distribution} that takes this one, or another Friday: pip install '{wanted}'"
    return _problem(plugin, ProblemKind.API_VERSION, message, mend)


def _problem(plugin: InstalledPlugin, kind: ProblemKind, message: str, mend: str) -> Problem:
    return Problem(kind, message, mend, plugin=f"{plugin.key} of {plugin.origin}")

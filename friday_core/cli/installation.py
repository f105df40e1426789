"""What ``friday doctor`` asks of the installation: Python, Friday, its dependencies, plugins.

Needs nothing but the standard library until it comes to the plugins, so that it can tell of a
dependency that is missing.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator
from importlib import metadata
from itertools import zip_longest

from friday_core import __version__
from friday_core.cli.findings import Check, Finding, fail, ok, warn
from friday_core.cli.version import DISTRIBUTION

#: Used where the metadata of the distribution is not there to ask.
_OLDEST_PYTHON = ">=3.11"
_INSTALL = "pip install -e . in Friday's folder; without, no command and no plugin is found"
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(>=\s*[^;,\s]+)?[^;]*(?:;\s*(.*))?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


def installation_checks() -> list[Check]:
    """Python, Friday itself, each dependency, each extra, the plugins."""
    return [
        ("python", lambda: [check_python(platform.python_version())]),
        ("friday", lambda: [check_friday()]),
        ("dependencies", check_dependencies),
        ("extras", check_extras),
        ("plugins", check_plugins),
    ]


def check_python(version: str) -> Finding:
    """Whether this Python is one that the distribution declares."""
    try:
        bound = metadata.metadata(DISTRIBUTION)["Requires-Python"] or _OLDEST_PYTHON
    except metadata.PackageNotFoundError:
        bound = _OLDEST_PYTHON
    oldest = bound.removeprefix(">=")
    evidence = f"{platform.python_implementation()} {version}; {oldest} or later is needed"
    if is_at_least(version, oldest):
        return ok("python", evidence)
    return fail("python", evidence, "make an environment with a newer Python and install Friday there")


def check_friday() -> Finding:
    """Which Friday this is and how it came here; its metadata must be that of its code."""
    try:
        distribution = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return warn("friday", f"{__version__}, source files that are not installed", _INSTALL)
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    how = "editable, from its source files" if origin.get("dir_info", {}).get("editable") else "installed from a wheel"
    if distribution.version != __version__:
        evidence = f"the code is {__version__}, installed as {distribution.version} ({how})"
        return fail("friday", evidence, "install it again: entry points may be those of the other version")
    return ok("friday", f"{__version__}, {how}")


def check_dependencies() -> Iterator[Finding]:
    """Every dependency that is missing or too old, or that all are there."""
    needed = [(name, bound) for name, bound, extra in _requirements() if extra is None]
    wrong = [finding for name, bound in needed if (finding := _check_dependency(name, bound)) is not None]
    yield from wrong
    if not needed:
        yield warn("dependencies", "unknown, as Friday is not installed", _INSTALL)
    elif not wrong:
        yield ok("dependencies", f"{len(needed)} of {len(needed)} installed, each as new as needed")


def check_extras() -> Iterator[Finding]:
    """Which optional dependencies are there; none has to be."""
    extras: dict[str, list[str]] = {}
    for name, bound, extra in _requirements():
        if extra is not None:
            lacking = [name] if _check_dependency(name, bound) is not None else []
            extras.setdefault(extra, []).extend(lacking)
    for extra, lacking in extras.items():
        absent = f"not installed; if you want it: pip install '{DISTRIBUTION}[{extra}]'"
        yield ok(f"extra {extra}", absent if lacking else "installed")


def check_plugins() -> Iterator[Finding]:
    """How many plugins there are; names that two distributions offer; what is for another Friday. Imports none."""
    try:
        from friday_core.plugin.compatibility import refusal  # noqa: PLC0415
        from friday_core.plugin.discovery import by_key, installed_plugins  # noqa: PLC0415 - loads dependencies
    except ImportError as error:
        yield fail("plugins", f"cannot be looked for: {error}", "mend the dependencies above first")
        return
    plugins = installed_plugins()
    for key, offered in by_key(plugins).items():
        if len(offered) > 1:
            owners = " and ".join(plugin.origin for plugin in offered)
            mend = "uninstall all but one: a configuration that names it is refused"
            yield warn("plugins", f"{key} is offered by {owners}", mend)
    for problem in filter(None, map(refusal, plugins)):
        evidence = f"{problem.plugin}: {problem.message}"
        yield warn("plugins", evidence, f"{problem.mend}; a configuration that names it is refused")
    own = sum(plugin.built_in for plugin in plugins)
    mend = f"install {DISTRIBUTION} again: its entry points are missing"
    count = f"{len(plugins)} installed, {len(plugins) - own} of them from other distributions"
    yield ok("plugins", f"{count}; `friday plugins` tries each of them") if own else fail("plugins", count, mend)


def is_at_least(version: str, bound: str) -> bool:
    """Whether a version is not older than a bound that is a plain release, such as ``2.12``.

    A pre-release is older than its release, as PEP 440 says.
    """
    release, rest = _release(version)
    for have, needed in zip_longest(release, _release(bound)[0], fillvalue=0):
        if have != needed:
            return have > needed
    return re.match(r"[._-]?(a|b|c|rc|alpha|beta|pre|preview|dev)", rest, re.IGNORECASE) is None


def _release(version: str) -> tuple[tuple[int, ...], str]:
    """The numbers of a version, and what follows them."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version.strip())
    if found is None:
        return (), version
    return tuple(map(int, found[1].split("."))), version.strip()[found.end() :]


def _requirements() -> Iterator[tuple[str, str, str | None]]:
    """(name, lower bound or nothing, extra) of everything that the distribution declares."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return
    for line in lines:
        found = _REQUIREMENT.match(line)
        if found is not None:
            extra = _EXTRA.search(found[3] or "")
            yield found[1], (found[2] or "").removeprefix(">=").strip(), extra[1] if extra else None


def _check_dependency(name: str, bound: str) -> Finding | None:
    """What is wrong with a dependency, if anything."""
    needed = f"{name}>={bound}" if bound else name
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return fail("dependencies", f"{name} is not installed", f"pip install '{needed}'")
    if bound and not is_at_least(version, bound):
        return fail("dependencies", f"{name} is {version}; {bound} or later is needed", f"pip install '{needed}'")
    return None

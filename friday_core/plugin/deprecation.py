"""How a public name is announced to go, and how it is heard which plugin still uses it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any


class FridayDeprecationWarning(DeprecationWarning):
    """A plugin uses something of Friday's that goes with the next major of the plugin interface."""


@dataclass(frozen=True, slots=True)
class Deprecated:
    """A name that still works: since which version of the plugin interface it is to go, with which major it goes,
    and what to write instead: ``import Target``.
    """

    value: Any
    since: tuple[int, int]
    goes: int
    mend: str


def announced(module: str, name: str, names: Mapping[str, Deprecated]) -> Any:
    """The value of a deprecated name, for a module's ``__getattr__``; warns at the line of whoever asks for it.

    Raises ``AttributeError`` for any other name.
    """
    if name not in names:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    one = names[name]
    since = ".".join(map(str, one.since))
    message = f"{module}.{name} is deprecated since plugin API {since} and goes with {one.goes}.0: {one.mend}"
    warnings.warn(FridayDeprecationWarning(message), stacklevel=3)
    return one.value


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Collects what is announced to go to anybody meanwhile, in any thread, with the file and the line that uses it.

    The list is complete when the block is left. The filters do not matter to it: users see no
    ``DeprecationWarning`` by default. Then each is issued again, so that the filters of whoever wants
    an error raise it here. Other warnings are shown as ever.
    """
    heard: list[str] = []
    issued: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as issued:
            warnings.simplefilter("always", FridayDeprecationWarning)
            yield heard
    finally:
        for one in issued:
            if isinstance(one.message, FridayDeprecationWarning):
                heard.append(f"{one.message} ({PurePath(one.filename).name}, line {one.lineno})")
            else:
                warnings.showwarning(one.message, one.category, one.filename, one.lineno, one.file, one.line)
    for one in issued:
        if isinstance(one.message, FridayDeprecationWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)

"""HTML and SVG that cannot be broken by what they show: every text is escaped unless it is markup already."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

#: Elements that HTML writes without an end.
_VOID = frozenset({"br", "hr", "meta"})
#: Characters that no XML document may hold.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


class Markup(str):
    """Text that is HTML already; only this module and constant text make it."""

    __slots__ = ()


Child = Markup | str | None | Iterable["Markup | str | None"]
Value = str | int | float | None


def escaped(text: object) -> Markup:
    """``text`` as it is to be read, whatever it holds."""
    return Markup(html.escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", str(text)), quote=True))


def joined(*children: Child) -> Markup:
    """Children one after the other; ``None`` is nothing."""
    return Markup("".join(_shown(child) for child in children))


def tag(name: str, /, *children: Child, **attributes: Value) -> Markup:
    """One element: ``class_`` is the attribute ``class``, ``aria_label`` is ``aria-label``; ``None`` is left out."""
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_number(value) if isinstance(value, float) else escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{shown}/>" if name in _VOID else f"<{name}{shown}>{joined(*children)}</{name}>")


def _shown(child: Child) -> str:
    if child is None or isinstance(child, Markup):
        return child or ""
    return escaped(child) if isinstance(child, str) else "".join(map(_shown, child))


def _number(value: float) -> str:
    """A coordinate to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")

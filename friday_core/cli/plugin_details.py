"""``friday plugins KEY``: what one plugin does, its settings, and the lines that switch it on."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from string import Template
from typing import TYPE_CHECKING, Any

from friday_core.cli.plugin_operators import operator_lines
from friday_core.plugin.setting_words import default_of, type_of
from friday_core.plugin.spec import ComponentSpec, Kind, NoSettings

if TYPE_CHECKING:
    from friday_core.plugin.registry import Loaded

_STREAM = "[streams.market_data]"
#: Where a configuration names a component of each kind, besides those that are there.
SWITCHES = {
    Kind.SOURCE: f'{_STREAM}\nsource = "$name"',
    Kind.VALIDATOR: f'{_STREAM}\nvalidators = ["bar_sanity", "$name"]',
    Kind.TRANSFORMER: f'{_STREAM}\ntransformers = ["$name"]',
    Kind.FEATURE_SET: '[streams.features]\nsource = "stream:market_data"\nfeature_sets = ["$name"]',
    Kind.MODEL: '[streams.predictions]\nsource = "stream:features"\nmodel = "$name"',
    Kind.STRATEGY: '[[trading.active_strategies]]\nid = "$name"\nuse = "$name"',
    Kind.SIZER: '[trading]\nsizer = "$name"',
    Kind.RISK_RULE: '[risk]\nrules = ["long_only", "$name"]',
    Kind.BROKER: '[broker]\nuse = "$name"',
    Kind.CHARGES: '[account]\ncharges = "$name"',
    Kind.CALENDAR: '[data]\ncalendar = "$name"',
    Kind.CONNECTION: "[plugins.connection.$name]",
    Kind.NOTIFIER: '[notify]\nuse = ["log", "$name"]',
    Kind.OBSERVER: '[run]\nobservers = ["$name"]',
}


def details(loaded: Loaded, settings: Mapping[str, Any]) -> Iterator[str]:
    """The lines that are printed; ``settings`` are those of the configuration."""
    spec = loaded.spec
    yield f"{spec.key}, of {loaded.plugin.origin}"
    for about in (inspect.getdoc(inspect.getmodule(spec.factory)), inspect.getdoc(spec.factory)):
        if about:
            yield from ("", *about.partition("\n\n")[0].replace("``", "").splitlines())
    yield from _needs(spec)
    yield from ("", "settings:" if spec.settings is not NoSettings else "It has no settings.")
    yield from _settings(spec)
    yield from operator_lines(loaded, settings)
    if spec.kind in SWITCHES:
        yield from ("", f"to switch it on, {_where(Kind(spec.kind))}:", "")
        yield from (f"    {line}".rstrip() for line in switch(spec).splitlines())


def switch(spec: ComponentSpec) -> str:
    """What is written into ``friday.toml``, with the settings that have no default."""
    given = [name for name, field in spec.settings.model_fields.items() if field.is_required()]
    lines = [Template(SWITCHES[Kind(spec.kind)]).substitute(name=spec.name)]
    if given:
        lines += ["", f"[plugins.{spec.key}]", *(f"{name} = ..." for name in given)]
    return "\n".join(lines)


def _where(kind: Kind) -> str:
    """A table of a list can be written again, any other one stands in a file once."""
    is_entry = SWITCHES[kind].startswith("[[")
    return "at the end of friday.toml" if is_entry else "in friday.toml, in a section of this name if there is one"


def _needs(spec: ComponentSpec) -> Iterator[str]:
    if spec.requires or spec.provides:
        yield ""
    if spec.requires:
        yield f"needs: {', '.join(sorted(set(spec.requires.values())))}"
    if spec.provides:
        yield f"can: {', '.join(sorted(map(str, spec.provides)))}"


def _settings(spec: ComponentSpec) -> Iterator[str]:
    rows = [
        (name, type_of(field).replace("`", ""), default_of(field).replace("`", ""), field.description or "")
        for name, field in spec.settings.model_fields.items()
    ]
    if not rows:
        return
    rows.insert(0, ("key", "type", "default", "meaning"))
    widths = [max(len(row[n]) for row in rows) for n in range(3)]
    for row in rows:
        yield "  ".join(["", *(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()

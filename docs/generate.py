"""Writes the documents that are told by the code: ``python docs/generate.py``; ``--check`` only compares."""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from friday_core.causal.program import trace_program
from friday_core.plugin.sections import StrategyEntry, StreamSettings
from friday_core.plugin.setting_words import default_of, type_of
from friday_core.plugin.spec import ComponentSpec, Kind, NoSettings
from friday_settings import FridaySettings, Layer
from friday_settings.catalogue import variable
from friday_settings.files import read_defaults

FOLDER = Path(__file__).parent
_PLUGIN_GROUP = "friday.plugins"

INTRODUCTION = """\
# Settings

<!-- Written by docs/generate.py from the models; change those, not this file. -->

Every key that Friday and its built-in plugins know, with the value that holds if nobody sets it.
`friday config explain` shows what holds in your folder and where each value came from,
`friday config check` lists everything that is wrong with it, and `friday config schema` prints a
JSON schema for an editor.

## Who wins

A stronger layer replaces single keys of a weaker one; lists are replaced as a whole.

| strength | layer | where |
|--:|---|---|
{layers}

The user's file is `--config FILE`, else `$FRIDAY_CONFIG`, else `friday.toml` in the current folder.
The profile is `--profile NAME`, else `$FRIDAY_PROFILE`, else `profile = "NAME"` in the user's file,
else `backtest`. Profiles of your own stand in `profiles/NAME.toml` beside your file.

**Settings of a strategy** stand in `[plugins.strategy.<name>]` for all entries that use it, or in `settings` of one
entry. The entry's are stronger, whichever layers the two come from: `--set plugins.strategy.<name>.fast=10` is refused
where every entry says `fast` itself. An entry goes by its `id`, on the command line and in the environment:

```sh
friday run --set trading.active_strategies.cross.settings.fast=10 --set trading.active_strategies.cross.capital=500000
```

A file has one list of strategies, as tables `[[trading.active_strategies]]` or as `active_strategies = [{{ ... }}]`.

**Types.** In a file a value is written as its type: `window = "20"`, `short = "yes"` and `short = 1` are refused, with
what to write. On the command line and in the environment all is text, and read as what the setting needs.

**Paths** that are relative are looked for from the folder in which `friday` is called, wherever the file stands that
names them.

## Environment

`FRIDAY_`, then the steps of the key in capitals, joined by two underscores:

| key | variable | value, for example |
|---|---|---|
{variables}

A value is read as TOML or JSON, and as plain text if it is neither. A variable that begins with
`FRIDAY_` and sets nothing is an error.

## Secrets

A setting of type *secret text* is taken from the environment or from a file
`secrets/plugins__<kind>__<name>__<key>` with mode 0600 (another folder: `$FRIDAY_SECRETS_DIR`), and
from nowhere else: in a TOML file or on the command line it is an error. Secrets are masked in
`friday config explain` and in logs, and `resolved.toml` leaves them out. A plugin is handed the
secrets of its own section only.

## Sections
"""

_LAYER_PLACES = {
    Layer.ARGUMENT: "`--set risk.max_drawdown=0.2`",
    Layer.ENVIRONMENT: "`FRIDAY_RISK__MAX_DRAWDOWN=0.2`",
    Layer.SECRETS: "`secrets/`, secrets only",
    Layer.USER: "`friday.toml`",
    Layer.PROFILE: "`profiles/NAME.toml`, or one that comes with Friday",
    Layer.DEFAULT: "`default.toml`, comes with Friday",
    Layer.CODE: "the defaults of the models",
}
_EXAMPLES = {
    ("risk", "max_drawdown"): "0.2",
    ("data", "instruments"): '["INFY.NSE", "TCS.NSE"]',
    ("streams", "market_data", "source"): "synthetic",
    ("plugins", "broker", "paper", "slippage_ticks"): "2",
}


def settings_document() -> str:
    """``docs/settings.md``."""
    layers = [f"| {int(layer)} | {layer.label} | {_LAYER_PLACES[layer]} |" for layer in sorted(Layer, reverse=True)]
    variables = [f"| `{'.'.join(key)}` | `{variable(key)}` | `{value}` |" for key, value in _EXAMPLES.items()]
    parts = [INTRODUCTION.format(layers="\n".join(layers), variables="\n".join(variables))]
    packaged = read_defaults().layers[0].values
    for name, field in FridaySettings.model_fields.items():
        parts += _section(name, field, packaged.get(name, {}))
    parts.append("## Built-in plugins\n")
    parts.append("The settings of a plugin stand in `[plugins.<kind>.<name>]`; those of a strategy may stand beside")
    parts.append("its entry in `trading.active_strategies`, which is stronger.\n")
    for kind in Kind:
        parts += [line for spec, module in built_in_plugins() if spec.kind == kind for line in _plugin(spec, module)]
    return "\n".join(parts).rstrip("\n") + "\n"


def built_in_plugins() -> list[tuple[ComponentSpec, Any]]:
    """The components that ``pyproject.toml`` offers, in its order, with their modules."""
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text("utf-8"))["project"]
    modules = [importlib.import_module(name) for name in project["entry-points"][_PLUGIN_GROUP].values()]
    return [(spec, module) for module in modules for spec in module.friday_components()]


def _section(name: str, field: FieldInfo, packaged: dict[str, Any]) -> Iterator[str]:
    if name == "plugins":
        return
    if name == "streams":
        yield f"### `[streams.<name>]`\n\n{field.description}\n"
        yield from _table(StreamSettings, {})
        return
    assert isinstance(field.annotation, type)
    assert issubclass(field.annotation, BaseModel)
    yield f"### `[{name}]`\n\n{field.description}\n"
    yield from _table(field.annotation, packaged)
    if name == "trading":
        yield "#### `[[trading.active_strategies]]`\n\nOne running strategy with its own book.\n"
        yield from _table(StrategyEntry, {})


def _plugin(spec: ComponentSpec, module: Any) -> Iterator[str]:
    summary = (module.__doc__ or "").strip().splitlines()[0].replace("``", "`")
    yield f"### `[plugins.{spec.key}]`\n\n{summary}\n"
    if spec.settings is NoSettings:
        yield "It has no settings.\n"
    else:
        yield from _table(spec.settings, {})
    added = _columns_added(spec)
    if added:
        yield f"It adds {', '.join(f'`{name}`' for name in added)}.\n"


def _columns_added(spec: ComponentSpec) -> Sequence[str]:
    """The columns of a transformer or feature set; of one that needs more than defaults to say it, none."""
    if spec.kind not in (Kind.TRANSFORMER, Kind.FEATURE_SET):
        return ()
    outputs: object = getattr(spec.factory, "outputs", ())
    if not callable(outputs):
        return tuple(outputs) if isinstance(outputs, tuple) else ()
    component = spec.factory() if spec.settings is NoSettings else spec.factory(spec.settings())
    return tuple(trace_program(component.outputs, []).outputs)


def _table(model: type[BaseModel], packaged: dict[str, Any]) -> Iterator[str]:
    """One row a field; ``packaged`` holds what ``default.toml`` says instead of the model."""
    yield "| key | type | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        meaning = (field.description or "").replace("<", "&lt;").replace("|", "\\|")
        yield f"| `{name}` | {type_of(field)} | {default_of(field, packaged.get(name))} | {meaning} |"
    yield ""


DOCUMENTS = {"settings.md": settings_document}


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Write every document into ``folder``, or with ``--check`` name those that are stale; 0 if all is well."""
    stale = []
    for name, document in DOCUMENTS.items():
        path, text = folder / name, document()
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(str(path))
        if "--check" not in arguments:
            path.write_text(text, "utf-8")
    if stale:
        what = "stale, run python docs/generate.py" if "--check" in arguments else "written"
        sys.stdout.write(f"{what}: {', '.join(stale)}\n")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

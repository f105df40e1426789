"""A configuration written down so that it can be run again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

import tomli_w

from friday_settings.catalogue import variable
from friday_settings.files import DEFAULT
from friday_settings.loaded import LoadedSettings
from friday_settings.origins import Key, dotted
from friday_settings.secrecy import PluginModels, remove, secret_keys


def resolved_toml(loaded: LoadedSettings, plugin_models: PluginModels | None = None) -> str:
    """All values as one TOML file without secrets, defaults of the code included.

    As ``--config`` it gives the same settings again: it chooses the profile ``default`` itself.
    ``plugin_models`` tell what is secret, and which plugins are in use: sections of others are
    left out. Without it everything of a plugin is left out that came from the environment or the
    secrets folder. Secrets that are left out are named in comments.
    """
    models = plugin_models or {}
    plain = loaded.settings.model_dump()
    if plugin_models is not None:
        plain["plugins"] = _in_use(plain["plugins"], models)
    for kind, name in models:
        if name in plain["plugins"].get(kind, {}):
            plain["plugins"][kind][name] = loaded.plugin_values(kind, name, models[kind, name])
    secrets = sorted(secret_keys(plain, lambda key: loaded.origin_of(dotted(key)), models))
    remove(plain, secrets)
    return _heading(loaded.profile, secrets) + tomli_w.dumps({"profile": DEFAULT, **_toml(plain)})


def _in_use(sections: dict[str, Any], models: PluginModels) -> dict[str, Any]:
    used = {kind: {n: one for n, one in names.items() if (kind, n) in models} for kind, names in sections.items()}
    return {kind: names for kind, names in used.items() if names}


def _heading(profile: str, secrets: Iterable[Key]) -> str:
    left_out = [f"#   {dotted(key)}: set it again, for example by {variable(key)}" for key in secrets]
    lines = [f"# Every setting of a run of the profile {profile!r}."]
    if left_out:
        lines += ["# Left out, since secrets stand in no file:", *left_out]
    return "\n".join([*lines, "", ""])


def _toml(value: Any) -> Any:
    """``value`` in the types of TOML; a key without a value is left out."""
    if isinstance(value, dict):
        return {name: _toml(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_toml(one) for one in value]
    return value.as_posix() if isinstance(value, PurePath) else value

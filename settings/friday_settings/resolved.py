"""A configuration written down so that it can be run again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import tomli_w

from friday_core.plugin.spec import Kind
from friday_settings.catalogue import variable
from friday_settings.files import DEFAULT
from friday_settings.in_full import in_full, written
from friday_settings.loaded import LoadedSettings
from friday_settings.origins import Key, dotted
from friday_settings.secrecy import PluginModels, remove, secret_keys


def resolved_toml(loaded: LoadedSettings, plugin_models: PluginModels | None = None) -> str:
    """All values as one TOML file without secrets, defaults of the code and of the plugins included.

    As ``--config`` it gives the same settings again: it chooses the profile ``default`` itself.
    ``plugin_models`` tell what is secret, which plugins are in use, and their defaults: sections of
    others are left out. Without it everything of a plugin is left out that came from the environment
    or the secrets folder. Secrets that are left out are named in comments.
    """
    models = plugin_models or {}
    plain = loaded.settings.model_dump()
    if plugin_models is not None:
        plain["plugins"] = _in_use(plain["plugins"], models)
    for (kind, name), model in models.items():
        values = loaded.plugin_values(kind, name, model)
        if kind == Kind.STRATEGY:
            for entry in plain["trading"]["active_strategies"]:
                if entry["use"] == name:
                    entry["settings"] = in_full(model, entry["settings"], values)
        else:
            values = in_full(model, values)
        if values:
            plain["plugins"].setdefault(kind, {})[name] = values
    secrets = sorted(secret_keys(plain, lambda key: loaded.origin_of(dotted(key)), models))
    remove(plain, secrets)
    return _heading(loaded.profile, secrets) + tomli_w.dumps({"profile": DEFAULT, **written(plain)})


def _in_use(sections: dict[str, Any], models: PluginModels) -> dict[str, Any]:
    used = {kind: {n: one for n, one in names.items() if (kind, n) in models} for kind, names in sections.items()}
    return {kind: names for kind, names in used.items() if names}


def _heading(profile: str, secrets: Iterable[Key]) -> str:
    left_out = [f"#   {dotted(key)}: set it again, for example by {variable(key)}" for key in secrets]
    lines = [
        f"# Every setting of a run, those of its plugins included. It began with the profile {profile!r}; what that",
        f"# said stands here, so that the profile below is {DEFAULT!r}, which adds nothing to it.",
    ]
    if left_out:
        lines += ["# Left out, since secrets stand in no file:", *left_out]
    return "\n".join([*lines, "", ""])

"""Settings together with where they came from."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic_core import PydanticUndefined

from friday_core.plugin.plan import requested_components
from friday_settings.catalogue import annotation_at
from friday_settings.model import FridaySettings
from friday_settings.origins import CODE, Key, Origin, dotted, leaves
from friday_settings.schema import settings_schema
from friday_settings.secrecy import PluginModels, is_secret, mask, mentions, secret_keys

_TEXT = (str, SecretStr, SecretBytes)


@dataclass(frozen=True, slots=True)
class Explained:
    """A value, where it came from, and whether it was masked; ``None`` is "not set"."""

    key: str
    value: Any
    origin: Origin
    secret: bool = False


class LoadedSettings:
    """A valid configuration. ``origins`` has a dotted key for every value, those of code too."""

    def __init__(
        self, settings: FridaySettings, profile: str, origins: Mapping[Key, Origin], texts: Mapping[Key, str]
    ) -> None:
        self.settings = settings
        self.profile = profile
        self._texts = texts
        keys = [key for key, _ in leaves(settings.model_dump())]
        self.origins: Mapping[str, Origin] = {dotted(key): origins.get(key, CODE) for key in keys}

    def __repr__(self) -> str:
        return f"LoadedSettings(profile={self.profile!r}, settings={self.settings!r})"

    def origin_of(self, key: str) -> Origin:
        """Where the value at a dotted key, or the list that holds it, came from.

        Code, for a default and for a key that nobody set.
        """
        while key and key not in self.origins:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self.origins.get(key, CODE)

    def plugin_values(self, kind: str, name: str, model: type[BaseModel] | None = None) -> dict[str, Any]:
        """A copy of ``[plugins.<kind>.<name>]``, as ``model`` is to judge it.

        Variables are read as literals; a field of ``model`` that takes text gets the variable's
        own text instead, so that the PIN 123456 is not a number.
        """
        values = copy.deepcopy(self.settings.plugins.get(kind, {}).get(name, {}))
        for key, text in self._texts.items():
            wants_text = model is not None and mentions(annotation_at(model, key[3:]), _TEXT)
            if key[1:3] == (kind, name) and wants_text:
                table = values
                for step in key[3:-1]:
                    table = table[step]
                table[key[-1]] = text
        return values

    def in_use(self) -> LoadedSettings:
        """The same, with a mask for each value that only a plugin which nobody asks for may know.

        These are those from the environment and the secrets folder: a session on paper holds no
        secret of a broker that trades real money.
        """
        asked = {(str(request.kind), request.name) for request in requested_components(self.settings)}
        plugins = copy.deepcopy(self.settings.plugins)
        origins = {key: self.origin_of(dotted(key)) for key, _ in leaves(self.settings.model_dump())}
        idle = [key for key in origins if key[0] == "plugins" and key[1:3] not in asked]
        mask({"plugins": plugins}, [key for key in idle if origins[key].may_hold_secrets])
        texts = {key: text for key, text in self._texts.items() if key not in idle}
        return LoadedSettings(self.settings.model_copy(update={"plugins": plugins}), self.profile, origins, texts)

    def explain(self, plugin_models: PluginModels | None = None) -> tuple[Explained, ...]:
        """Every value with its origin, secrets masked; with models, the plugins' defaults too."""
        models = plugin_models or {}
        plain = self.settings.model_dump()
        secrets = set(secret_keys(plain, lambda key: self.origin_of(dotted(key)), models))
        mask(plain, secrets)
        rows = [
            Explained(dotted(key), value, self.origin_of(dotted(key)), key in secrets) for key, value in leaves(plain)
        ]
        of_plugins = [row for row in rows if row.key.startswith("plugins.")]
        for (kind, name), model in models.items():
            written = self.settings.plugins.get(kind, {}).get(name, {})
            of_plugins += _defaults(model, ("plugins", kind, name), written)
        own = [row for row in rows if not row.key.startswith("plugins.")]
        return (*own, *sorted(of_plugins, key=lambda row: row.key))

    def schema(self, plugin_models: PluginModels | None = None) -> dict[str, Any]:
        """JSON schema of a configuration; see ``settings_schema``."""
        return settings_schema(plugin_models or {})


def _defaults(model: type[BaseModel], above: Key, written: Mapping[str, Any]) -> list[Explained]:
    """The fields of a plugin's settings that nobody set; one without a default is ``None``."""
    rows = []
    for name, field in model.model_fields.items():
        if name not in written:
            value = field.get_default(call_default_factory=True, validated_data={})
            secret = is_secret(model, (name,))
            shown = None if secret or value is PydanticUndefined else value
            rows.append(Explained(dotted((*above, name)), shown, CODE, secret))
    return rows

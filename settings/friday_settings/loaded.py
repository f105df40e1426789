"""Settings together with where they came from."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic_core import PydanticUndefined

from friday_core.plugin.plan import requested_components
from friday_core.plugin.spec import USE
from friday_settings.catalogue import annotation_at
from friday_settings.model import FridaySettings
from friday_settings.origins import CODE, ENTRIES, Key, Origin, dotted, leaves
from friday_settings.schema import settings_schema
from friday_settings.secrecy import PluginModels, is_secret, mask, mentions, secret_keys

#: The key of the profile's name, which no layer but the user's file holds.
PROFILE: Key = ("profile",)

_TEXT = (str, SecretStr, SecretBytes)
_ENTRY = re.compile(rf"^{re.escape(dotted(ENTRIES))}\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Explained:
    """A value, where it came from, and whether it was masked; ``None`` is "not set"."""

    key: str
    value: Any
    origin: Origin
    secret: bool = False


class LoadedSettings:
    """A valid configuration. ``origins`` has a dotted key for every value, those of code too.

    Strategies go by their ids: ``trading.active_strategies.cross.settings.fast``.
    """

    def __init__(
        self, settings: FridaySettings, profile: str, origins: Mapping[Key, Origin], texts: Mapping[Key, str]
    ) -> None:
        self.settings = settings
        self.profile = profile
        self._texts = texts
        self._written = origins
        keys = [PROFILE, *(key for key, _ in leaves(named_entries(settings.model_dump())))]
        said = {(*ENTRIES, entry.id): entry.model_fields_set for entry in settings.trading.active_strategies}
        unsaid = [key for key in keys if key[:3] in said and key[3] not in said[key[:3]]]
        origins = {key: self._origin(key) for key in keys} | dict.fromkeys(unsaid, CODE)
        self.origins: Mapping[str, Origin] = {dotted(key): origin for key, origin in origins.items()}

    def __repr__(self) -> str:
        return f"LoadedSettings(profile={self.profile!r}, settings={self.settings!r})"

    def origin_of(self, key: str) -> Origin:
        """Where the value at a dotted key, or the list that holds it, came from; of a table, its strongest value's.

        Code, for a default and for a key that nobody set. A strategy's entry goes by its id or by
        its place: ``trading.active_strategies[0].use``.
        """
        entries = self.settings.trading.active_strategies
        key = _ENTRY.sub(lambda found: dotted((*ENTRIES, entries[int(found[1])].id)), key)
        holder = key
        while holder and holder not in self.origins:
            holder = holder[: max(holder.rfind("."), holder.rfind("["), 0)]
        if holder:
            return self.origins[holder]
        below = [origin for one, origin in self.origins.items() if one.startswith(f"{key}.")]
        return max(below, key=lambda origin: origin.layer, default=CODE)

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
        keys = [key for key, _ in leaves({"plugins": plugins})]
        idle = [key for key in keys if key[1:3] not in asked]
        mask({"plugins": plugins}, [key for key in idle if self._origin(key).may_hold_secrets])
        texts = {key: text for key, text in self._texts.items() if key not in idle}
        settings = self.settings.model_copy(update={"plugins": plugins})
        return LoadedSettings(settings, self.profile, self._written, texts)

    def explain(self, plugin_models: PluginModels | None = None) -> tuple[Explained, ...]:
        """Every value with its origin, secrets masked; with models, the plugins' defaults too."""
        models = plugin_models or {}
        plain = self.settings.model_dump()
        secrets = set(secret_keys(plain, lambda key: self.origin_of(dotted(key)), models))
        mask(plain, secrets)
        hidden = {_by_id(key, plain) for key in secrets}
        rows = [
            Explained(dotted(key), value, self.origin_of(dotted(key)), key in hidden)
            for key, value in leaves(named_entries(plain))
        ]
        of_plugins = [row for row in rows if row.key.startswith("plugins.")]
        for (kind, name), model in models.items():
            written = self.settings.plugins.get(kind, {}).get(name, {})
            of_plugins += _defaults(model, ("plugins", kind, name), written)
        own = [row for row in rows if not row.key.startswith("plugins.")]
        of_plugins.sort(key=lambda row: row.key)
        profile = Explained(dotted(PROFILE), self.profile, self._origin(PROFILE))
        return (profile, *self._with_entries_in_force(own, of_plugins), *of_plugins)

    def _origin(self, key: Key) -> Origin:
        """Of the value at the key, or of the list that holds it."""
        lengths = range(len(key), 0, -1)
        return next((self._written[key[:length]] for length in lengths if key[:length] in self._written), CODE)

    def _with_entries_in_force(self, own: list[Explained], of_plugins: list[Explained]) -> Iterator[Explained]:
        """Below each strategy's own settings those that hold because it does not say them itself."""
        ends = {dotted((*ENTRIES, entry.id, "use")): entry for entry in self.settings.trading.active_strategies}
        for row in own:
            yield row
            if (entry := ends.get(row.key)) is not None:
                section = f"{dotted(('plugins', 'strategy', entry.use))}."
                for one in of_plugins:
                    rest = one.key.removeprefix(section)
                    if one.key.startswith(section) and rest.partition(".")[0] not in (*entry.settings, USE):
                        yield replace(one, key=f"{dotted((*ENTRIES, entry.id, 'settings'))}.{rest}")

    def schema(self, plugin_models: PluginModels | None = None) -> dict[str, Any]:
        """JSON schema of a configuration; see ``settings_schema``."""
        return settings_schema(plugin_models or {})


def named_entries(plain: dict[str, Any]) -> dict[str, Any]:
    """Settings as tables, in which the strategies are a table too, by their ids."""
    entries = plain["trading"]["active_strategies"]
    named = {entry["id"]: {name: one for name, one in entry.items() if name != "id"} for entry in entries}
    return {**plain, "trading": {**plain["trading"], "active_strategies": named or entries}}


def _by_id(key: Key, plain: Mapping[str, Any]) -> Key:
    """The key of a strategy's entry that goes by its place, by its id."""
    if key[:2] != ENTRIES:
        return key
    return (*ENTRIES, plain["trading"]["active_strategies"][int(key[2])]["id"], *key[3:])


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

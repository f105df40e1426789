"""One JSON schema for a whole configuration."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from friday_settings.model import FridaySettings
from friday_settings.secrecy import PluginModels

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def settings_schema(plugin_models: PluginModels) -> dict[str, Any]:
    """Schema of ``friday.toml`` and of profiles, with the settings of these plugins.

    Secrets are not required, since they stand in no file. Settings of plugins without a model
    are let through: a file may hold those of a broker that is not in use.
    """
    models: list[type[BaseModel]] = [FridaySettings, *plugin_models.values()]
    references, definitions = models_json_schema([(model, "validation") for model in models])
    tables = definitions["$defs"]
    root = tables.pop(references[FridaySettings, "validation"]["$ref"].rpartition("/")[2])
    for table in tables.values():
        _do_not_require_secrets(table)
    plugins = root["properties"]["plugins"].setdefault("properties", {})
    for (kind, name), model in sorted(plugin_models.items(), key=lambda item: item[0]):
        names = plugins.setdefault(kind, {"type": "object", "properties": {}})["properties"]
        names[name] = references[model, "validation"]
    root["properties"]["profile"] = {"type": "string", "description": "Profile to start from; in friday.toml only."}
    return {"$schema": DIALECT, **root, "title": "Friday settings", "$defs": tables}


def _do_not_require_secrets(table: dict[str, Any]) -> None:
    if "required" in table:
        public = [name for name in table["required"] if not table["properties"][name].get("writeOnly")]
        table["required"] = public

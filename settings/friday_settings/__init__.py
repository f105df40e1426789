"""One configuration from all its layers, with the origin of every value."""

from friday_settings.loaded import Explained, LoadedSettings
from friday_settings.loader import load_settings
from friday_settings.model import FridaySettings
from friday_settings.origins import Layer, Origin
from friday_settings.resolved import resolved_toml
from friday_settings.schema import settings_schema

__all__ = [
    "Explained",
    "FridaySettings",
    "Layer",
    "LoadedSettings",
    "Origin",
    "load_settings",
    "resolved_toml",
    "settings_schema",
]

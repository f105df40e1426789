from __future__ import annotations

from pydantic import SecretStr

from friday_core.plugin.spec import NoSettings, PluginSettings
from friday_settings import settings_schema


class VendorSettings(PluginSettings):
    client: str
    api_secret: SecretStr


def test_sections_refuse_unknown_keys() -> None:
    schema = settings_schema({})
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["RiskSettings"]["additionalProperties"] is False


def test_every_key_of_a_section_is_described() -> None:
    schema = settings_schema({})
    risk = schema["$defs"]["RiskSettings"]["properties"]
    assert risk["max_drawdown"]["description"] == "From the peak of equity; then only reductions."
    assert {name for name, one in risk.items() if "description" not in one} == set()


def test_the_users_file_may_choose_a_profile() -> None:
    assert settings_schema({})["properties"]["profile"]["type"] == "string"


def test_plugins_bring_their_own_tables() -> None:
    models: dict[tuple[str, str], type[PluginSettings]] = {
        ("broker", "vendor"): VendorSettings,
        ("sizer", "a"): NoSettings,
        ("sizer", "b"): NoSettings,
    }
    plugins = settings_schema(models)["properties"]["plugins"]["properties"]
    assert plugins["broker"]["properties"] == {"vendor": {"$ref": "#/$defs/VendorSettings"}}
    assert set(plugins["sizer"]["properties"]) == {"a", "b"}


def test_a_secret_is_not_required_of_a_file() -> None:
    table = settings_schema({("broker", "vendor"): VendorSettings})["$defs"]["VendorSettings"]
    assert table["required"] == ["client"]
    assert table["properties"]["api_secret"]["writeOnly"] is True

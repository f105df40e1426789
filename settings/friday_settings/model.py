"""All sections as one model."""

# ruff: noqa: ARG003 - pydantic-settings passes every source by name

from __future__ import annotations

from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from friday_core.plugin.sections import (
    AccountSettings,
    BrokerSettings,
    ClockSettings,
    DataSettings,
    JournalSettings,
    ModelSettings,
    NotifySettings,
    RiskSettings,
    RunSettings,
    StreamSettings,
    TradingSettings,
)


class FridaySettings(BaseSettings):
    """A whole configuration, frozen; unknown keys are errors.

    ``plugins`` is ``[plugins.<kind>.<name>]`` as it was written: each plugin's own model judges it
    once the plugin is found. Building this model reads neither files nor the environment:
    ``load_settings`` does that.
    """

    # Case matters, or [Risk] beside [risk] would be dropped without a word.
    model_config = SettingsConfigDict(frozen=True, extra="forbid", case_sensitive=True)

    data: DataSettings = Field(DataSettings(), description="Which part of what the source offers.")
    streams: dict[str, StreamSettings] = Field({}, description="Where rows come from and what they pass.")
    model: ModelSettings = Field(ModelSettings(), description="How the model of a stream learns.")
    account: AccountSettings = Field(AccountSettings(), description="Whose money.")
    trading: TradingSettings = Field(TradingSettings(), description="What decides.")
    risk: RiskSettings = Field(RiskSettings(), description="Limits per book.")
    broker: BrokerSettings = Field(BrokerSettings(), description="Where orders go.")
    clock: ClockSettings = Field(ClockSettings(), description="Which time it is.")
    journal: JournalSettings = Field(JournalSettings(), description="What a session can go on from after a crash.")
    notify: NotifySettings = Field(NotifySettings(), description="Who is told.")
    run: RunSettings = Field(RunSettings(), description="How the host runs.")
    plugins: dict[str, dict[str, dict[str, Any]]] = Field(
        {}, repr=False, description="Settings of plugins, by kind and name."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but the arguments: the layers are read and merged before, with their origins."""
        return (init_settings,)

"""What the settings of every component keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from friday_core.plugin.secret_fields import holds_secrets
from friday_core.testing.outcomes import Broken
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject

_SECRET_ENDS = frozenset({"token", "secret", "key", "password", "passwd", "passphrase", "pin", "otp", "credentials"})


def _describes_itself(subject: Subject) -> None:
    silent = [path for path, field in _fields(subject) if not (field.description or "").strip()]
    if silent:
        raise Broken(f"nothing says what {', '.join(silent)} means")


def _is_frozen_and_closed(subject: Subject) -> None:
    for path, model in _models(subject.spec.settings, ""):
        where = f"the table {path}" if path else model.__name__
        if not model.model_config.get("frozen"):
            raise Broken(f"{where} can be changed")
        if model.model_config.get("extra") != "forbid":
            raise Broken(f"{where} takes keys that it does not know")


def _hides_secrets(subject: Subject) -> None:
    named = [(path, field) for path, field in _fields(subject) if _sounds_secret(path)]
    shown = [path for path, field in named if not holds_secrets(field.annotation)]
    if shown:
        raise Broken(f"{', '.join(shown)} sounds secret, and is shown to everybody")


def _sounds_secret(path: str) -> bool:
    return path.rpartition(".")[2].lower().split("_")[-1] in _SECRET_ENDS


def _fields(subject: Subject) -> Iterator[tuple[str, FieldInfo]]:
    """Every field of the settings and of the tables in them, by its path."""
    for path, model in _models(subject.spec.settings, ""):
        yield from ((f"{path}.{name}".lstrip("."), field) for name, field in model.model_fields.items())


def _models(model: type[BaseModel], path: str, above: tuple[Any, ...] = ()) -> Iterator[tuple[str, type[BaseModel]]]:
    yield path, model
    for name, field in model.model_fields.items():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel) and part not in (*above, model):
                yield from _models(part, f"{path}.{name}".lstrip("."), (*above, model))


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


RULES = (
    Rule(
        "every setting says what it means",
        "the description is what `friday config explain`, the schema and every message about a setting show",
        "write `name: type = Field(default, description=...)` with the unit in it",
        _describes_itself,
    ),
    Rule(
        "settings cannot be changed and take no unknown key",
        "a misspelt key would otherwise do nothing, and a run would not be what its resolved settings say",
        "derive settings, and the tables in them, from friday_core.api.PluginSettings",
        _is_frozen_and_closed,
    ),
    Rule(
        "what is secret is a SecretStr",
        "settings are written to the run folder and to logs; only a SecretStr is masked, and refused in files",
        "annotate it with pydantic.SecretStr, or give it a name that does not sound secret",
        _hides_secrets,
    ),
)

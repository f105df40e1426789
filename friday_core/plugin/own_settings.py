"""A component's own settings: judged by its own model, secrets only from where secrets may stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.discovery import nearest
from friday_core.plugin.plan import Configuration, Request, ValueOrigin
from friday_core.plugin.registry import Loaded, described
from friday_core.plugin.secret_fields import holds_secrets, secret_keys
from friday_core.plugin.spec import USE, PluginSettings
from friday_core.plugin.written_types import mistyped

#: Stands for a secret in a message.
MASK = "***"


class OwnSettings:
    """Judges what a configuration says to one component."""

    def __init__(self, request: Request, loaded: Loaded, configuration: Configuration) -> None:
        self._request = request
        self._loaded = loaded
        self._configuration = configuration
        self._model = loaded.spec.settings
        written = configuration.plugin_values(request.kind, request.name, self._model)
        self._values = {name: value for name, value in {**written, **request.own}.items() if name != USE}
        self._secret = list(secret_keys(self._model, self._values))

    def judged(self) -> tuple[PluginSettings | None, list[Problem]]:
        """The settings, ``None`` if they are not valid, and everything that is wrong with them."""
        problems = [self._secret_in_file(key) for key in self._secret if not self._may_be_secret(key)]
        try:
            settings = self._model.model_validate(self._values)
        except ValidationError as error:
            details = error.errors(include_input=False, include_url=False)
            told = {tuple(detail["loc"]) for detail in details}
            return None, [*problems, *map(self._problem, details), *self._mistyped(told)]
        except Exception as error:  # noqa: BLE001 - validators are the plugin's code
            mend = f"correct [{self._section}], or report it to the author of {self._loaded.plugin.distribution}"
            message = self._masked(f"its settings cannot be judged: {described(error)}")
            return None, [*problems, self._wrong(ProblemKind.INVALID_VALUE, message, mend, self._section)]
        wrong = list(self._mistyped())
        return None if wrong else settings, [*problems, *wrong]

    def _mistyped(self, told: Collection[tuple[str | int, ...]] = ()) -> Iterator[Problem]:
        """Values in files that are written as another type than theirs; those ``told`` of are passed over."""
        for loc, wanted in mistyped(self._model, self._values):
            section, origin = self._place(loc)
            if loc not in told and not origin.is_text:
                path = ".".join(map(str, loc))
                message = f"{path} in {origin} is written as another type"
                yield self._wrong(ProblemKind.INVALID_VALUE, message, f"write {path} = {wanted}", section)

    def _place(self, loc: Sequence[str | int]) -> tuple[str, ValueOrigin]:
        """The section in which a setting stands or is to stand, and where its value came from."""
        own = bool(self._request.own) and (not loc or loc[0] in self._request.own)
        section = f"{self._request.section}.settings" if own else self._section
        return section, self._configuration.origin_of(".".join((section, *map(str, loc))))

    @property
    def _section(self) -> str:
        return self._request.settings_section

    def _wrong(self, kind: ProblemKind, message: str, mend: str, section: str) -> Problem:
        return Problem(kind, message, mend, section, self._request.key)

    def _may_be_secret(self, key: tuple[str, ...]) -> bool:
        """A secret comes from the environment or a secrets folder, never from a file or an argument."""
        if key[0] in self._request.own:
            return False
        return self._configuration.origin_of(".".join((self._section, *key))).may_hold_secrets

    def _secret_in_file(self, key: tuple[str, ...]) -> Problem:
        mend = f"take it out there, and {self._secret_place(key)}"
        message = f"{'.'.join(key)} is a secret and stands in a file or an argument"
        return self._wrong(ProblemKind.SECRET_IN_FILE, message, mend, self._section)

    def _secret_place(self, key: Iterable[str]) -> str:
        name = "__".join((*self._section.split("."), *key))
        return f"set FRIDAY_{name.upper()} or put it into the secrets folder as {name}"

    def _problem(self, detail: Any) -> Problem:
        loc = tuple(str(part) for part in detail["loc"])
        path, field = ".".join(loc), _field_at(self._model, loc)
        section, origin = self._place(loc)
        if detail["type"] == "extra_forbidden":
            known = list((_model_at(self._model, loc[:-1]) or self._model).model_fields)
            mend = f"{nearest(loc[-1], known)}Known: {', '.join(known) or 'none, it has no settings'}"
            return self._wrong(ProblemKind.UNKNOWN_KEY, f"unknown key {path!r} in {origin}", mend, section)
        meaning = f": {field.description}" if field is not None and field.description else ""
        if detail["type"] == "missing":
            secret = field is not None and holds_secrets(field.annotation)
            mend = self._secret_place(loc) if secret else f"add {path} to [{section}]"
            return self._wrong(ProblemKind.INVALID_VALUE, f"{path} is missing", f"{mend}{meaning}", section)
        said = str(detail["ctx"]["error"]) if detail["type"] == "value_error" else detail["msg"]
        message = self._masked(f"{path} in {origin}: {said}" if path else said)
        return self._wrong(ProblemKind.INVALID_VALUE, message, f"correct {path or 'the section'}{meaning}", section)

    def _masked(self, text: str) -> str:
        """A plugin's own words may repeat what it was given."""
        for key in self._secret:
            value: Any = self._values
            for step in key:
                value = value[step]
            plain = value.get_secret_value() if isinstance(value, SecretStr | SecretBytes) else value
            text = text.replace(str(plain), MASK) if str(plain) else text
        return text


def _model_at(model: type[BaseModel], key: Iterable[str]) -> type[BaseModel] | None:
    """The model of the table at ``key`` below ``model``, if there is one."""
    found: type[BaseModel] | None = model
    for step in key:
        fields: Mapping[str, Any] = found.model_fields if found is not None else {}
        annotation = fields[step].annotation if step in fields else None
        inner = [one for one in (annotation, *get_args(annotation)) if isinstance(one, type)]
        found = next((one for one in inner if issubclass(one, BaseModel)), None)
    return found


def _field_at(model: type[BaseModel], key: tuple[str, ...]) -> Any:
    table = _model_at(model, key[:-1]) if key else None
    return table.model_fields.get(key[-1]) if table is not None else None

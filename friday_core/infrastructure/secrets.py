"""Secrets: known by value, so that no text that leaves the process carries one."""

from __future__ import annotations

import base64
import json
import math
import numbers
import os
import re
import stat
import threading
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from friday_core.errors import ConfigurationError, Problem, ProblemKind

MASK = "***"
#: Masking a shorter value would blank out ordinary words and numbers of every log line.
SHORTEST_SECRET = 4
#: Deeper structures are masked as text: they may contain themselves.
_DEEPEST = 8


class SecretRegistry:
    """Remembers secret values and replaces them in anything that is about to be shown.

    A value is found as it is, and also URL-encoded, in base64 (whole, or as part of a longer
    text such as ``user:secret``), and as Python or JSON would escape it. It is not found split
    over several texts, compressed or encrypted. May be used from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def register(self, value: SecretStr | str, origin: str = "") -> None:
        """Mask ``value`` from now on; ``origin`` is the place in the configuration it came from.

        An empty value is an unset secret and is ignored. One of fewer than four characters raises
        ``ConfigurationError``: it can neither be masked without spoiling every line nor left.
        """
        secret = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not secret:
            return
        if len(secret) < SHORTEST_SECRET:
            raise ConfigurationError([_too_short(origin)])
        with self._lock:
            self._forms.update(_forms(secret))
            longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def mask(self, text: str) -> str:
        """``text`` with every known secret replaced by ``***``, longer secrets first."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def mask_deep(self, value: object) -> Any:
        """A masked copy of ``value`` made of dicts, lists, texts and finite numbers only.

        Keys are masked too. A number that shows a secret becomes text; so does every other
        object, by its ``str``. Never raises: an object that cannot be shown says so instead.
        """
        try:
            return self._masked(value, depth=0)
        except Exception:  # noqa: BLE001 - for example a dict that another thread is changing
            return self.mask(_shown(value))

    def _masked(self, value: object, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float, numbers.Integral)):
            return self._masked_number(value)
        if isinstance(value, (str, SecretStr)) or depth == _DEEPEST:
            return self.mask(_shown(value))
        if isinstance(value, Mapping):
            return {self.mask(_shown(key)): self._masked(one, depth + 1) for key, one in value.items()}
        if isinstance(value, (list, tuple, Set)):
            return [self._masked(one, depth + 1) for one in value]
        return self.mask(_shown(value))

    def _masked_number(self, value: int | float | numbers.Integral) -> int | float | str:
        number = value if isinstance(value, float) else int(value)
        shown = _shown(number)
        masked = self.mask(shown)
        as_json = math.isfinite(number) if isinstance(number, float) else shown.lstrip("-").isdigit()
        return number if as_json and masked == shown else masked


def read_secret_file(path: Path) -> SecretStr:
    """The text of ``path`` without one newline at its end.

    Raises ``ConfigurationError`` if the file cannot be read, is empty, or may be read by anybody
    but its owner (checked where files have modes).
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise ConfigurationError([_too_open(path, mode)])
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        problem = _unreadable(path, f"cannot be read: {reason}", "check the path and the owner of the file")
        raise ConfigurationError([problem]) from None
    secret = text.removesuffix("\n").removesuffix("\r")
    if not secret:
        raise ConfigurationError([_unreadable(path, "is empty", "write the secret into it, on one line")])
    return SecretStr(secret)


def _too_short(origin: str) -> Problem:
    return Problem(
        ProblemKind.INVALID_VALUE,
        f"a secret is shorter than {SHORTEST_SECRET} characters and cannot be kept out of the logs",
        "use the real secret; a placeholder is not one",
        section=origin,
    )


def _unreadable(path: Path, what: str, mend: str) -> Problem:
    return Problem(ProblemKind.UNREADABLE_FILE, f"the secret file {path} {what}", mend)


def _too_open(path: Path, mode: int) -> Problem:
    return _unreadable(path, f"may be read by others (mode {mode:04o})", f"chmod 600 {path}")


def _shown(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a log line must not fail because of what it tells about
        return f"<{type(value).__name__} that cannot be shown>"


def _forms(secret: str) -> Iterator[str]:
    """Every spelling under which ``secret`` may occur in a text."""
    data = secret.encode("utf-8", "surrogatepass")
    yield secret
    for encoded in (quote(data, safe=""), quote(data), quote_plus(data)):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), encoded)
    yield repr(secret)[1:-1]
    yield repr(data)[2:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield from _base64_forms(data)


def _base64_forms(data: bytes) -> Iterator[str]:
    """``data`` encoded alone, and what stays of it at each of the three places in a longer text."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(data).decode()
        for before in range(3):
            encoded = encode(bytes(before) + data).decode()
            yield encoded[math.ceil(before * 8 / 6) : (before + len(data)) * 8 // 6]

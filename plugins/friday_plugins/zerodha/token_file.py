"""The access token of a day, as a file that its owner alone may read."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from friday_core.api import BrokerError

IST = dt.timezone(dt.timedelta(hours=5, minutes=30))
#: When Kite forgets every session of the day before.
_FLUSH = dt.time(6, 0)


@dataclass(frozen=True, slots=True)
class Token:
    """What a login gave; ``made`` is when, with its zone."""

    api_key: str = field(repr=False)
    access: str = field(repr=False)
    user: str
    made: dt.datetime

    @property
    def expires(self) -> dt.datetime:
        """The next 06:00 in India after the login."""
        made = self.made.astimezone(IST)
        flush = dt.datetime.combine(made.date(), _FLUSH, IST)
        return flush if made < flush else flush + dt.timedelta(days=1)


def read(path: Path) -> Token | None:
    """The token of a file, ``None`` if there is no file; ``BrokerError`` for one that others may read, or that is none.

    What stands in the file is in no message.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BrokerError(f"the session file {path} cannot be read: {type(error).__name__}; log in again") from None
    if os.name == "posix" and mode & 0o077:
        raise BrokerError(f"the session file {path} may be read by others (mode {mode:04o}): chmod 600 {path}")
    try:
        said = json.loads(text)
        made = dt.datetime.fromisoformat(said["made"])
        api_key, access, user = (said[name] for name in ("api_key", "access_token", "user"))
        if made.tzinfo is None or not all(isinstance(one, str) for one in (api_key, access, user)):
            raise ValueError
    except (ValueError, LookupError, TypeError):
        raise BrokerError(f"the session file {path} holds no session: log in again") from None
    return Token(api_key, access, user, made)


def write(path: Path, token: Token) -> None:
    """Replace the file at once: whoever reads it finds the old one or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    said = {"api_key": token.api_key, "access_token": token.access, "user": token.user, "made": token.made.isoformat()}
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

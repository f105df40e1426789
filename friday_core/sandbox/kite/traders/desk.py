"""Requests that keep their pace, repeat what may be repeated, and say what is not known."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from typing import Any

from kiteconnect import KiteConnect
from kiteconnect.exceptions import KiteException, PermissionException, TokenException

#: Seconds between two requests, by limit.
_PACE = {"quote": 1.2, "orders": 0.3, "others": 0.2}
_COOL_DOWN = 11.0
_PATIENCE = 90.0


class Outcome(enum.Enum):
    """What is known of a request that changes something."""

    DONE = enum.auto()
    REFUSED = enum.auto()
    #: It was not done, for a reason that passes: too fast, or a token that was dead.
    NOT_DONE = enum.auto()
    UNKNOWN = enum.auto()


class Desk:
    """One account's requests, one at a time. ``log_in`` returns an access token; ``sessions`` counts them."""

    def __init__(self, kite: KiteConnect, log_in: Callable[[], str]) -> None:
        self._kite, self._log_in = kite, log_in
        self._next = dict.fromkeys(_PACE, 0.0)
        self.sessions = 0
        self.log_in()

    def log_in(self) -> None:
        """A new session; tried again while nobody answers, and ``TimeoutError`` if nobody does."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            try:
                self._kite.set_access_token(self._log_in())
            except Exception:  # noqa: BLE001 - a login that failed has changed nothing
                time.sleep(2.0)
            else:
                self.sessions += 1
                return
        raise TimeoutError("nobody could log in")

    def ask(self, limit: str, request: Callable[[], Any]) -> Any:
        """A read: repeated, slower each time, until it is answered; ``TimeoutError`` if it is not."""
        end, pause = time.monotonic() + _PATIENCE, 0.5
        while time.monotonic() < end:
            self._keep_pace(limit)
            try:
                return request()
            except TokenException:
                self.log_in()
            except Exception as error:  # noqa: BLE001 - whatever a read meets, nothing has happened
                if getattr(error, "code", 0) == 429:
                    pause = max(pause, 4.0)
                time.sleep(pause)
                pause = min(pause * 2, 8.0)
        raise TimeoutError("nothing was answered")

    def send(self, request: Callable[[], Any]) -> Outcome:
        """Something that changes orders: never repeated here."""
        self._keep_pace("orders")
        try:
            request()
        except TokenException:
            self.log_in()
            return Outcome.NOT_DONE
        except KiteException as error:
            words = str(error).lower()
            if error.code == 429:
                self._next["orders"] = time.monotonic() + _COOL_DOWN
                return Outcome.NOT_DONE
            if isinstance(error, PermissionException):
                return Outcome.REFUSED
            doubtful = error.code >= 500 or "timed out" in words or "check the order book" in words
            return Outcome.UNKNOWN if doubtful else Outcome.REFUSED
        except Exception:  # noqa: BLE001 - the network's, and what the client makes of answers that are none
            return Outcome.UNKNOWN
        return Outcome.DONE

    def _keep_pace(self, limit: str) -> None:
        time.sleep(max(self._next[limit] - time.monotonic(), 0.0))
        self._next[limit] = max(self._next[limit], time.monotonic() + _PACE[limit])

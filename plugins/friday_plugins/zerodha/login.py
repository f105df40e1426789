"""Logging in: a page in the browser, the redirect that it ends with, and the session that this is good for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from friday_core.api import BrokerError
from friday_plugins.zerodha import outcomes, token_file
from friday_plugins.zerodha.outcomes import Meaning
from friday_plugins.zerodha.token_file import IST, Token

_AGAIN = "open the page anew: a request token is good once, and for minutes"


class ZerodhaLogin:
    """One login of a person, as Kite and the exchanges ask for it each day."""

    def __init__(
        self, api_key: str, api_secret: str, page: str, path: Path, client: Callable[[], Any]
    ) -> None:  # fmt: skip
        self._api_key, self._api_secret, self._page = api_key, api_secret, page
        self._path, self._client = path, client

    @property
    def url(self) -> str:
        """What the person opens; it leads back to the redirect URL of the app."""
        return f"{self._page}?{urlencode({'v': 3, 'api_key': self._api_key})}"

    def finish(self, answer: str) -> str:
        """Exchange the redirect's address, or the request token alone, for a session, and write it down.

        Returns whose it is and how long it lives. ``BrokerError`` says what to do; no secret is in it.
        """
        client, failure = self._client(), ""
        request_token = token_in(answer)
        try:
            said = client.generate_session(request_token, api_secret=self._api_secret)
            token = Token(self._api_key, str(said["access_token"]), str(said["user_id"]), dt.datetime.now(IST))
        except Exception as error:  # noqa: BLE001 - what the client raises may hold the token: nothing of it is kept
            failure = _failure_of(error)
        if failure:
            raise BrokerError(failure)
        token_file.write(self._path, token)
        return f"logged in as {token.user} until {token.expires:%d %b %H:%M} IST; the session is in {self._path}"


def token_in(answer: str) -> str:
    """The request token of a redirect's address, or of a token as it is."""
    text = answer.strip()
    if "request_token=" not in text:
        if not text.isalnum():
            raise BrokerError(f"this is neither a request token nor an address with one; {_AGAIN}")
        return text
    query = parse_qs(urlsplit(text).query or text)
    if query.get("status", ["success"])[0] != "success" or not query.get("request_token"):
        raise BrokerError(f"the page did not log in; {_AGAIN}")
    return query["request_token"][0]


def _failure_of(error: Exception) -> str:
    words, meaning = outcomes.words_of(error), outcomes.meaning_of(error)
    if meaning is Meaning.DEAD_TOKEN and "checksum" in words.lower():
        return f"{words}: the API secret is not that of the API key; write the right one, and log in again"
    if meaning is Meaning.DEAD_TOKEN:
        return f"{words}; {_AGAIN}"
    return f"the request token could not be exchanged ({words}); {_AGAIN}"

"""The session's file, and lists of instruments, as they are found on disk."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from fakes.kite_lists import HEADER

from friday_core.api import BrokerError, DataSourceError, InstrumentId
from friday_plugins.zerodha import token_file
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.instruments import Listing, listing_of
from friday_plugins.zerodha.outcomes import TokenDead, Unanswered
from friday_plugins.zerodha.session import KiteSession
from friday_plugins.zerodha.token_file import IST, Token

DAY = dt.date(2026, 11, 23)
MORNING = dt.datetime(2026, 11, 23, 8, 0, tzinfo=IST)
ROWS = (
    "408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE",
    "256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE",
    "9000194,35157,NIFTY26NOVFUT,NIFTY,0,2026-11-24,0,0.2,65,FUT,NFO-FUT,NFO",
)


def token(access: str = "access", made: dt.datetime = MORNING) -> Token:
    return Token("key", access, "AB1234", made)


def listed(folder: Path, *rows: str, now: dt.datetime = MORNING) -> Listing:
    content = "\n".join([HEADER, *rows]).encode()
    return listing_of(DAY, folder, lambda: content, now)


@pytest.mark.parametrize(
    ("made", "expires"),
    [
        ("2026-11-23T08:00", "2026-11-24T06:00"),
        ("2026-11-23T05:59", "2026-11-23T06:00"),
        ("2026-11-23T06:00", "2026-11-24T06:00"),
    ],
)
def test_a_token_dies_at_six_in_the_morning(made: str, expires: str) -> None:
    one = token(made=dt.datetime.fromisoformat(made).replace(tzinfo=IST))
    assert one.expires == dt.datetime.fromisoformat(expires).replace(tzinfo=IST)


def test_a_token_comes_back_from_a_file_that_its_owner_alone_may_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "session.json"
    assert token_file.read(path) is None
    token_file.write(path, token())
    assert token_file.read(path) == token()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["session.json"]


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    token_file.write(path, token())
    path.chmod(0o644)
    with pytest.raises(BrokerError, match="chmod 600"):
        token_file.read(path)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"api_key": "k", "access_token": 3, "user": "u", "made": "2026-11-23"}']
)
def test_a_file_without_a_session_is_refused_without_its_content(tmp_path: Path, text: str) -> None:
    path = tmp_path / "session.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(BrokerError, match="holds no session: log in again"):
        token_file.read(path)


def test_a_session_is_dead_without_a_file_after_six_and_once_it_was_turned_away(tmp_path: Path) -> None:
    now = MORNING
    session = KiteSession(tmp_path / "session.json", "key", lambda: now)
    session.look()
    with pytest.raises(TokenDead, match="there is no session"):
        _ = session.token
    token_file.write(session.path, token())
    session.look()
    assert session.token == "access"
    now = MORNING + dt.timedelta(days=1)
    with pytest.raises(TokenDead, match="ended at 06:00 IST"):
        _ = session.token
    now = MORNING
    session.died("access")
    with pytest.raises(TokenDead, match="Kite has ended the session"):
        _ = session.token


def test_a_new_token_in_the_file_revives_a_session_and_is_told(tmp_path: Path) -> None:
    session, heard = KiteSession(tmp_path / "session.json", "key", lambda: MORNING), list[str]()
    session.on_renewed(lambda: heard.append(session.token))
    token_file.write(session.path, token("first"))
    session.look()
    session.died("first")
    session.look()
    assert heard == []
    token_file.write(session.path, token("second"))
    session.look()
    assert heard == ["second"]
    assert not session.is_dead


def test_the_session_of_another_app_is_not_used(tmp_path: Path) -> None:
    session = KiteSession(tmp_path / "session.json", "another", lambda: MORNING)
    token_file.write(session.path, token())
    session.look()
    assert "another API key" in session.trouble()


def test_a_list_is_fetched_once_and_gives_instruments_in_their_units(tmp_path: Path) -> None:
    listed(tmp_path, *ROWS)
    found = listing_of(DAY, tmp_path, None, MORNING)
    share, index, future = (
        found.instruments([InstrumentId.parse(name)])[0] for name in ("INFY.NSE", "NIFTY 50.NSE", "NIFTY26NOVFUT.NFO")
    )
    assert (share.tick_size, share.lot_size, share.kind, share.price_decimals) == (5, 1, "equity", 2)
    assert (index.kind, index.lot_size) == ("index", 1)
    assert (future.tick_size, future.lot_size, future.kind) == (20, 65, "future")
    assert found.by_token(408065) is found.of(InstrumentId("INFY", "NSE"))


def test_fault_42_a_list_from_before_half_past_eight_is_used_until_a_later_one_can_be_had(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    early, late = (dt.datetime.combine(DAY, dt.time(8, minute), IST) for minute in (29, 30))
    assert listed(tmp_path, *ROWS[:1], now=early).is_early
    assert len(listed(tmp_path, *ROWS, now=early)) == 1, "what was fetched is kept until then"

    def nobody() -> bytes:
        raise Unanswered("nobody there")

    kept = listing_of(DAY, tmp_path, nobody, late)
    assert (len(kept), kept.is_early) == (1, True)
    assert "from before 08:30 IST still" in caplog.text
    found = listed(tmp_path, *ROWS, now=late)
    assert (len(found), found.is_early) == (3, False)
    assert len(listed(tmp_path, now=late)) == 3, "it is not fetched again"


def test_fault_42_a_running_session_asks_for_the_list_again_after_half_past_eight(tmp_path: Path) -> None:
    now = dt.datetime.combine(DAY, dt.time(8, 0), IST)
    answers = [ROWS[:1], ROWS]

    class Clocked(Zerodha):
        def now(self) -> int:
            return round(now.timestamp() * 1e6)

        def read(self, *_: object, **__: object) -> bytes:
            return "\n".join([HEADER, *answers.pop(0)]).encode()

    account = Clocked(Zerodha.Settings(session_file=tmp_path / "session.json", cache=tmp_path))
    assert [len(account.instruments()), len(account.instruments())] == [1, 1]
    account._listing_at -= 61
    assert len(account.instruments()) == 1, "it is not half past eight yet"
    now = dt.datetime.combine(DAY, dt.time(8, 31), IST)
    assert [len(account.instruments()), account.instruments().is_early] == [3, False]
    assert answers == []


def test_what_is_not_listed_is_named(tmp_path: Path) -> None:
    listed(tmp_path, *ROWS)
    with pytest.raises(DataSourceError, match=r"does not list NONE\.NSE on 2026-11-23"):
        listing_of(DAY, tmp_path, None, MORNING).instruments([InstrumentId("NONE", "NSE")])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((), "is empty"),
        (("408065,1594,INFY,INFOSYS,0,,0,0.05,one,EQ,NSE,NSE",), "no list of Kite's instruments"),
        (("9000194,35157,NIFTY26OCTFUT,NIFTY,0,2026-10-27,0,0.2,65,FUT,NFO-FUT,NFO",), "had expired on 2026-10-27"),
    ],
)
def test_a_list_that_is_none_or_of_another_day_is_refused_and_not_kept(
    tmp_path: Path, rows: tuple[str, ...], words: str
) -> None:
    with pytest.raises(DataSourceError, match=words):
        listed(tmp_path, *rows)
    assert list(tmp_path.iterdir()) == []

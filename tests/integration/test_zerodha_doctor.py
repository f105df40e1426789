"""``friday doctor``, ``login``, ``arm`` and ``run`` with Zerodha, as a user meets them; and that no secret is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha import token_file

KEY, SECRET = "planted-key-1912", "planted-secret-1913"
MARKET = f"""
[market]
start = "now"
always_open = true
[sessions]
apps = {{ {KEY} = "{SECRET}" }}
"""
COMMON = """
[clock]
kind = "wall"
[data]
calendar = "exchange"
[plugins.calendar.exchange]
name = "24/7"
[streams.market_data]
source = "zerodha_websocket"
bars = "5s"
lateness = 2.0
[plugins.source.zerodha_websocket]
instruments = ["INFY.NSE"]
[trading]
sizer = "fixed_fraction"
[[trading.active_strategies]]
id = "cross"
use = "moving_average_cross"
product = "delivery"
settings = { fast = 1, slow = 2 }
[broker]
settle = 0.5
[risk]
max_drawdown = 0.2
max_day_loss = 0.05
max_order_value = 50000
"""


class User:
    """An empty folder, and what is typed in it."""

    def __init__(self, folder: Path, sandbox: KiteSandbox) -> None:
        self.folder, self.sandbox, self.told = folder, sandbox, ""
        self.tokens: list[str] = []
        sandbox.api_key, sandbox.api_secret = KEY, SECRET
        folder.mkdir()

    def configure(self) -> None:
        """Both profiles, without key and secret."""
        connection = {
            "root": self.sandbox.root, "ws_root": self.sandbox.ws_root, "session_file": "session.json",
            "login_url": f"{self.sandbox.root}/connect/login", "cache": "lists", "timeout": 1.0,
        }  # fmt: skip
        section = "".join(f"{name} = {json.dumps(value)}\n" for name, value in connection.items())
        (self.folder / "friday.toml").write_text(f"{COMMON}[plugins.connection.zerodha]\n{section}")
        (self.folder / "profiles").mkdir()
        for profile, broker in (("live", "zerodha"), ("practice", "paper")):
            (self.folder / f"profiles/{profile}.toml").write_text(f'[broker]\nuse = "{broker}"\n')

    def keep(self, secret: str = SECRET) -> None:
        """Key and secret, where they belong."""
        folder = self.folder / "secrets"
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, value in (("api_key", KEY), ("api_secret", secret)):
            path = folder / f"plugins__connection__zerodha__{name}"
            path.write_text(value)
            path.chmod(0o600)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", "from friday_core.cli.main import main; main()", *words]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FRIDAY_")}
        return subprocess.Popen(
            command, cwd=self.folder, env=kept, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def type(self, *words: str, answer: str = "") -> tuple[int, str]:
        """Exit code and all output."""
        process = self.begin(*words)
        out, _ = process.communicate(answer, timeout=60)
        self.told += out
        return process.returncode, out

    def log_in(self) -> tuple[int, str]:
        token = str(self.sandbox.control("login", api_key=KEY)["request_token"])
        self.tokens.append(token)
        return self.type("--debug", "login", "zerodha", "--paste", "--no-browser", answer=f"{token}\n")

    def missing(self) -> dict[str, str]:
        """What fails, by check; its evidence and its mend."""
        code, out = self.type("doctor", "--profile", "live", "--json")
        checks = json.loads(out[out.index("{") :])["checks"]  # behind what was logged
        found = {one["check"]: f"{one['evidence']}; {one['mend']}" for one in checks if one["outcome"] == "fail"}
        assert code == (1 if found else 0)
        return found

    @property
    def access(self) -> str:
        kept = token_file.read(self.folder / "session.json")
        assert kept is not None
        return kept.access


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    with KiteSandbox(tmp_path / "kite", MARKET) as sandbox:
        yield User(tmp_path / "user", sandbox)


@pytest.mark.timeout(180)
def test_doctor_says_what_is_missing_from_an_empty_folder_to_a_session_that_is_not_armed(user: User) -> None:
    assert "profiles/live.toml" in user.missing()["configuration"]

    user.configure()
    found = user.missing()
    assert set(found) == {"configuration", "app", "limits"}
    assert "there is no api key and no api secret" in found["app"]
    assert "max_orders_per_session" in found["limits"]

    user.keep("another secret")
    found = user.missing()
    assert set(found) == {"configuration", "login", "limits"}
    assert "friday login zerodha" in found["login"]
    code, out = user.log_in()
    assert code == 1
    assert "the API secret is not that of the API key" in out

    user.keep()
    assert user.log_in()[0] == 0
    assert set(user.missing()) == {"limits", "session"}

    user.sandbox.happen("expire_token")
    found = user.missing()
    assert set(found) == {"login", "limits", "session"}
    assert "Kite has ended the session" in found["login"]
    code, out = user.type("arm", "--profile", "live", "--for", "1h", "--capital", "1000", "--reason", "a test")
    assert code == 1
    assert "not armed: 3 of " in out


@pytest.mark.timeout(180)
def test_no_secret_is_in_what_doctor_login_arm_and_run_say_or_leave(user: User) -> None:
    """In no output, log, journal, summary, table or list; the session file and the secrets are where they belong."""
    user.configure()
    user.keep()
    user.sandbox.fail("cut_answer", method="POST", path="/session/token", times=1)
    assert user.log_in()[0] == 1
    assert user.log_in()[0] == 0
    accesses = [user.access]
    run = user.begin("--debug", "run", "--profile", "live", "--set", "risk.max_orders_per_session=9")
    try:
        log = "runs/live-*/log.jsonl"
        user.sandbox.wait(lambda: any(user.folder.glob("journals/live/standing.json")), 40)
        user.type("--debug", "doctor", "--profile", "live")
        user.type("--debug", "arm", "--profile", "live", "--for", "1h", "--capital", "1000", "--reason", "a test")
        user.sandbox.happen("expire_token")
        user.sandbox.happen("drop")
        user.sandbox.wait(lambda: any("the session is dead" in one.read_text() for one in user.folder.glob(log)), 40)
        assert user.log_in()[0] == 0
        accesses.append(user.access)
        user.sandbox.wait(lambda: any("there is a new session" in one.read_text() for one in user.folder.glob(log)), 20)
    finally:
        run.send_signal(signal.SIGINT)
        user.told += run.communicate(timeout=60)[0]
    assert run.returncode == 130, user.told
    secrets = [SECRET, *user.tokens, *accesses]
    assert [one for one in secrets if one in user.told] == []
    places = [path for path in user.folder.rglob("*") if path.is_file() and path.parent.name != "secrets"]
    assert len(places) > 10
    left = {path.name for path in places for one in (*secrets, KEY) if one.encode() in path.read_bytes()}
    assert left == {"session.json"}


def test_on_paper_no_client_of_a_broker_is_loaded_and_no_live_broker_made(user: User) -> None:
    """The profile that comes with Friday, and one whose prices are Zerodha's."""
    user.configure()
    user.keep()
    user.log_in()
    program = """
import sys
import containers
from friday_core.interfaces.broker import RealBroker
from friday_settings import load_settings

host = containers.build(load_settings(sys.argv[1]))
assert host.mode == "paper"
assert not any(isinstance(one, RealBroker) for one in host.assembly.components.values())
print(*sorted({"kiteconnect", "twisted", "friday_plugins.zerodha.broker"} & sys.modules.keys()))
"""
    for profile, loaded in (("paper", ""), ("practice", "kiteconnect twisted")):
        words = [sys.executable, "-c", program, profile]
        # The shipped profile is meant in a folder without a file of one's own.
        where = user.folder if profile == "practice" else user.folder.parent
        done = subprocess.run(words, cwd=where, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout.strip()) == (0, loaded), done.stderr

"""``friday login``: a person's login at the sandbox, as a command."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from friday_core.cli import login
from friday_core.cli.main import cli
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha import token_file


def prepared(folder: Path, sandbox: KiteSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FRIDAY_PLUGINS__CONNECTION__ZERODHA__API_KEY", sandbox.api_key)
    monkeypatch.setenv("FRIDAY_PLUGINS__CONNECTION__ZERODHA__API_SECRET", sandbox.api_secret)
    section = {"root": sandbox.root, "login_url": f"{sandbox.root}/connect/login", "session_file": "session.json"}
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in section.items())
    (folder / "friday.toml").write_text(f"[plugins.connection.zerodha]\n{lines}", encoding="utf-8")


def run(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli, ["login", "zerodha", "--no-browser", *words], input=answer)


def test_the_address_that_the_page_led_to_is_a_session(
    tmp_path: Path, kite_sandbox: KiteSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(tmp_path, kite_sandbox, monkeypatch)
    token = kite_sandbox.control("login", api_key=kite_sandbox.api_key)["request_token"]
    result = run("--paste", answer=f"http://127.0.0.1:8799/?status=success&request_token={token}\n")
    assert result.exit_code == 0, result.output
    assert f"Open {kite_sandbox.root}/connect/login?v=3&api_key=" in result.output
    assert "logged in as AB1234 until" in result.output
    kept = token_file.read(tmp_path / "session.json")
    assert kept is not None
    for secret in (token, kept.access, kite_sandbox.api_secret):
        assert secret not in result.output


def test_a_login_that_fails_says_what_to_do(
    tmp_path: Path, kite_sandbox: KiteSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(tmp_path, kite_sandbox, monkeypatch)
    result = run("--paste", answer="0123abc\n")
    assert result.exit_code != 0
    assert "open the page anew" in result.output
    assert not (tmp_path / "session.json").exists()


def test_the_redirect_is_heard_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(login._redirected("http://page", port, browser=False)))
    thread.start()
    end = time.monotonic() + 10
    while time.monotonic() < end and not found:
        for path in ("/favicon.ico", "/?status=success&request_token=abc"):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).close()
            except urllib.error.HTTPError as error:
                error.close()
            except OSError:
                time.sleep(0.05)
    thread.join()
    assert found == ["/?status=success&request_token=abc"]


def test_a_name_that_is_no_connection_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["login", "nobody"])
    assert result.exit_code != 0
    assert "nobody" in result.output

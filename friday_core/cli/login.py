"""``friday login``: a person logs in at a vendor, as some ask for each day."""

from __future__ import annotations

import http.server
import sys
import time
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import click

from friday_core.cli.connections import made_connection
from friday_core.cli.options import Choice, settings_options

if TYPE_CHECKING:
    from friday_core.interfaces.connection import Login

#: Seconds that the browser gets to come back.
_PATIENCE = 300.0
_DONE = (
    b"<!doctype html><meta charset='utf-8'><title>Friday</title><p>You can close this page and look at the terminal."
)


@click.command("login")
@click.argument("connection")
@click.option("--port", type=click.IntRange(1, 65_535), default=8799, show_default=True, help="Of the redirect.")
@click.option("--paste", is_flag=True, help="Ask for the address that the page led to, in place of listening for it.")
@click.option("--browser/--no-browser", default=True, help="Open the page, or print its address only.")
@settings_options
def command(choice: Choice, connection: str, port: int, paste: bool, browser: bool) -> None:
    """Log in at a vendor: CONNECTION is its name, as zerodha. A running session takes the new login up by itself.

    Opens the vendor's page. Set the redirect URL of your app to http://127.0.0.1:8799/ (or that of --port), and the
    login comes back by itself; with --paste, copy the address of the page that it ends at, whatever that page shows.
    """
    login = _login_of(choice, connection)
    if paste or not sys.stdin.isatty():
        click.echo(f"Open {login.url}")
        _open(login.url, browser)
        question = "The address that it led to, or the request token in it"
        answer = click.prompt(question, hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    else:
        answer = _redirected(login.url, port, browser)
    click.echo(login.finish(answer))


def _login_of(choice: Choice, name: str) -> Login:
    login = made_connection(choice, name).login()
    if login is None:
        raise click.UsageError(f"nobody has to log in at {name}")
    return login


def _open(url: str, wanted: bool) -> None:
    if wanted:
        webbrowser.open(url)


def _redirected(url: str, port: int, browser: bool) -> str:
    """The address that the browser comes back with to this machine."""
    found: list[str] = []

    class Redirect(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_it = "request_token" in parse_qs(urlsplit(self.path).query)
            self.send_response(200 if is_it else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            if is_it:
                self.wfile.write(_DONE)
                found.append(self.path)

        def log_message(self, *_: object) -> None:
            """Nothing: the address has a token in it."""

    with http.server.HTTPServer(("127.0.0.1", port), Redirect) as server:
        server.timeout, end = 1.0, time.monotonic() + _PATIENCE
        click.echo(f"Open {url}\nand log in; waiting at http://127.0.0.1:{port}/ (or use --paste)")
        _open(url, browser)
        while not found and time.monotonic() < end:
            server.handle_request()
    if not found:
        raise click.ClickException(f"nobody has logged in within {_PATIENCE:g} s; try again, or with --paste")
    return found[0]

"""The command ``friday``: finds its commands, runs one, and turns errors into messages."""

# ruff: noqa: ARG002 - click passes a context to every method

from __future__ import annotations

import difflib
import traceback
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click
from click.shell_completion import CompletionItem

from friday_core import __version__
from friday_core.cli.exit_codes import ExitCode
from friday_core.errors import ConfigurationError, FridayError, PluginImportError

#: As in ``plugin.hookspecs``, which is too heavy to be loaded for ``friday --help``.
COMMAND_GROUP = "friday.commands"
DISTRIBUTION = "friday-trading"


class FridayCommands(click.Group):
    """Commands from the entry points of ``friday.commands``, each imported when it is called.

    Help imports Friday's own commands only; those of other distributions are listed by name. A
    distribution cannot replace one of Friday's own commands.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.commands, *(entry.name for entry in _entries())})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported; ``PluginImportError`` names the distribution of one that fails."""
        offered = [entry for entry in _entries() if entry.name == cmd_name]
        own = [entry for entry in offered if _is_own(entry)]
        if cmd_name in self.commands or not offered:
            return self.commands.get(cmd_name)
        if not own and len(offered) > 1:
            names = " and ".join(sorted(map(_distribution, offered)))
            raise PluginImportError(f"two distributions offer the command {cmd_name!r}: {names}; uninstall one")
        return _load((own or offered)[0])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] not in known and not ctx.resilient_parsing:
            close = difflib.get_close_matches(args[0], known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"commands are {', '.join(known)}"
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = {entry.name: entry for entry in _entries() if _is_own(entry)}
        width = max(formatter.width - 6 - max(map(len, own), default=0), 20)
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(entry, width)) for name, entry in sorted(own.items())])
        others = [entry for entry in _entries() if not _is_own(entry)]
        if others:
            with formatter.section("Commands of other distributions"):
                formatter.write_dl(sorted((entry.name, _provenance(entry, entry.name in own)) for entry in others))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names only: completing must not import anybody's module."""
        names = [CompletionItem(name) for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what Friday raises becomes a message on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            click.echo(err=True)
            _tell("interrupted", interrupt)
            raise click.exceptions.Exit(ExitCode.INTERRUPTED) from None
        except FridayError as error:
            if ctx.params["debug"]:
                click.echo(traceback.format_exc(), err=True)
            _tell(str(error), error)
            code = ExitCode.MISCONFIGURED if isinstance(error, ConfigurationError) else ExitCode.FAILED
            raise click.exceptions.Exit(code) from None


@click.group(cls=FridayCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="friday %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """From market data to a trade, in research, on paper and live, with the same plugins."""


def main() -> None:
    """Entry point of the script; exits with an ``ExitCode``."""
    cli(prog_name="friday")


def _tell(message: str, error: BaseException) -> None:
    """The message and the error's notes: what else went wrong, and where to look."""
    for line in (f"friday: {message}", *getattr(error, "__notes__", ())):
        click.echo(line, err=True)


def _entries() -> list[EntryPoint]:
    return list(entry_points(group=COMMAND_GROUP))


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "an unknown distribution"


def _is_own(entry: EntryPoint) -> bool:
    return _distribution(entry) == DISTRIBUTION


def _provenance(entry: EntryPoint, is_hidden: bool) -> str:
    return f"from {_distribution(entry)}" + (", hidden by Friday's own command" if is_hidden else "")


def _load(entry: EntryPoint) -> click.Command:
    where = f"command {entry.name!r} of the distribution {_distribution(entry)}"
    try:
        command = entry.load()
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}"
        raise PluginImportError(f"{where} cannot be imported: {reason}; update or uninstall it") from error
    if not isinstance(command, click.Command):
        raise PluginImportError(f"{where} is not a click command: {entry.value}")
    return command


def _summary(entry: EntryPoint, width: int) -> str:
    try:
        return _load(entry).get_short_help_str(width)
    except PluginImportError as error:
        return f"(broken: {error})"

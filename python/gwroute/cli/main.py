"""The group of commands: which there are, and how the program ends.

Commands are imported when they are run and not before: ``gwroute version`` pays for click and
for nothing else. So their one-line summaries stand here.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from gwroute.cli import output
from gwroute.errors import GwrouteError

COMMANDS = {
    "serve": "runs the gateways of the files here, and follows changes",
    "echo": "a backend that answers with what it saw",
    "demo": "the edge scenario, whole, and what to type next",
    "get": "objects as a table, with the status they would have",
    "describe": "one object: conditions, listeners, rules in order, who refers to it",
    "validate": "what is wrong with the files, with file and line",
    "decide": "where one request goes, in one line",
    "explain": "the same with every reason",
    "compile": "the snapshot as JSON",
    "version": "the version of gwroute and what it runs on",
    "completion": "a script that completes commands and options in your shell",
}
"""Every command and what it does, in the order of the help."""

MODULES = {"compile": "compile_"}
"""Commands whose module is called otherwise."""

INTERRUPTED = 130
"""128 and the number of SIGINT, as shells report it."""

BROKEN_PIPE = 141
"""128 and the number of SIGPIPE, as shells report it."""


class Commands(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The command, imported now; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"gwroute.cli.{MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a name that is nearly one of ours."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(f"there is no command {name!r}{_suggestion(name)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """The table of commands, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _suggestion(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, 1)
    return f"; did you mean {near[0]}?" if near else ""


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
    epilog="'gwroute COMMAND --help' says more, with examples.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Gateway API routing: explains, checks and serves the routes of your manifests."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line and ends the process with its exit code."""
    sys.exit(run(args))


def run(args: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    try:
        code = cli.main(
            args, prog_name="gwroute", standalone_mode=False, color=output.colour_wanted()
        )
        sys.stdout.flush()
    except BrokenPipeError:
        return _end_quietly()
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except (OSError, GwrouteError) as error:
        output.error(str(error))
        return 2
    return code if isinstance(code, int) else 0


def _show(error: click.ClickException) -> None:
    """One line that says what is wrong, and one that says where to read on."""
    output.error(error.format_message())
    ctx = getattr(error, "ctx", None)
    if isinstance(error, click.UsageError) and ctx is not None:
        output.note(f"'{ctx.command_path} --help' says how it is used")


def _end_quietly() -> int:
    """The reader of our output has gone: nobody is left to tell."""
    # The interpreter flushes standard output once more at its end; let that go nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE

"""``gwroute completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from gwroute.cli.options import examples

SHELLS = ("bash", "zsh", "fish")
"""Shells for which there is a script."""


@click.command(
    epilog=examples("gwroute completion bash", "gwroute completion fish"),
)
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print a script that completes commands, options and kinds in your shell.

    \b
    bash:  source <(gwroute completion bash)          in ~/.bashrc
    zsh:   source <(gwroute completion zsh)           in ~/.zshrc
    fish:  gwroute completion fish | source           in ~/.config/fish/config.fish
    """  # noqa: D301 - the escape keeps click from filling the lines
    script = get_completion_class(shell)
    assert script is not None, f"click has no completion for {shell}"
    root = ctx.find_root().command
    click.echo(script(root, {}, "gwroute", "_GWROUTE_COMPLETE").source())

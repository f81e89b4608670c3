"""``gwroute version``."""

from __future__ import annotations

import platform
from importlib.metadata import version

import click

from gwroute.cli.options import examples, no_color


@click.command(epilog=examples("gwroute version", "gwroute version --no-color"))
@no_color
def command() -> None:
    """Print the version of gwroute, and of Python and the platform it runs on."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    click.echo(f"gwroute {version('gwroute')}  ({python}, {platform.machine()})")

"""``gwroute explain``."""

from __future__ import annotations

import click

from gwroute.cli import options, output
from gwroute.cli.ask import Asked, answered_here, ask, asks


@click.command(
    epilog=options.examples(
        "gwroute explain -f examples/shop -H 'x-canary: 1' http://shop.example.com/cart/7",
        "gwroute explain -f examples/edge --node-pool hangzhou http://www.example.com/get",
    )
)
@asks
def command(asked: Asked, output_format: str) -> int:
    """Say where one request goes, and why.

    Shown are the listener and the host that took it; every rule under that host in order of
    precedence, with the first condition that failed; the edits; the backends with their shares
    and endpoints, and what removed an endpoint; without a match, the nearest misses. Request and
    exit code are as for 'gwroute decide'.
    """
    answer = ask(asked)
    document = answer.document()
    if output_format == "text":
        output.data_text(answer.text())
    else:
        output.data_text(output.formatted(document, output_format))
    return answered_here(document)

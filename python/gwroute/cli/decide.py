"""``gwroute decide``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from gwroute.cli import options, output
from gwroute.cli.ask import Asked, answered_here, ask, asks

KEYS = (
    "request",
    "listener",
    "host",
    "outcome",
    "status",
    "reason",
    "route",
    "location",
    "backend",
    "share",
    "assumed",
    "node_pool",
)
"""What of an explanation is the decision itself."""


@click.command(
    epilog=options.examples(
        "gwroute decide -f examples/shop http://shop.example.com/cart",
        "gwroute decide -f examples/edge -H 'Host: www.example.com' http://10.1.0.11:30364/get",
    )
)
@asks
def command(asked: Asked, output_format: str) -> int:
    """Say where one request goes, in one line.

    The request is written as for curl, so that a curl line can be pasted with its first word
    changed. The exit code is 0 if the request is forwarded or redirected, and 1 if the gateway
    answers it itself.
    """
    answer = ask(asked).document()
    if output_format == "text":
        output.data(line(answer))
    else:
        output.data_text(output.formatted({key: answer[key] for key in KEYS}, output_format))
    return answered_here(answer)


def line(answer: Mapping[str, Any]) -> str:
    """The decision in one line."""
    outcome, route = answer["outcome"], answer["route"]
    status, reason = answer["status"], answer["reason"]
    target = {
        "forward": f"forward  {answer['backend']}",
        "redirect": f"redirect {status} {answer['location']}",
        "respond": f"respond  {status} {reason}",
    }[outcome]
    parts = [target]
    if route is not None:
        parts.append(f"by {_named(route)}")
        if route["file"] is not None:
            parts.append(f"({route['file']}:{route['line']})")
    if answer["share"] is not None:
        parts.append(f"share {answer['share']:.2f}")
    return "  ".join(parts)


def _named(route: Mapping[str, Any]) -> str:
    name = f' "{route["rule_name"]}"' if route["rule_name"] else ""
    place = f"{route['kind']} {route['namespace']}/{route['name']}"
    return f"{place} rule {route['rule']}{name} match {route['match']}"

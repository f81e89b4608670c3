"""Every option, defined once.

Each has a variable: ``GWROUTE_`` and its long name in capitals with underscores; a list is
separated by commas. The option goes before the variable, the variable before the default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]

CONTROLLER_NAMES = (
    "gwroute.dev/gateway-controller",
    "gateway.envoyproxy.io/gatewayclass-controller",
)
"""Classes that are ours unless told otherwise."""


class Option(click.Option):
    """An option whose variable holds a list with commas, if it may be given repeatedly."""

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """The value of the variable; a list if the option may be repeated."""
        if not self.multiple:
            return super().value_from_envvar(ctx)
        value = self.resolve_envvar_value(ctx)
        if value is None:
            return None
        split = getattr(self.type, "split_list", _at_commas)
        return list(split(value))


def _at_commas(value: str) -> list[str]:
    return [part for part in value.split(",") if part]


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """An option that also reads ``GWROUTE_`` and the first long name among its names."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    variable = "GWROUTE_" + long.removeprefix("--").replace("-", "_").upper()
    settings.setdefault("envvar", variable)
    return click.option(*names, cls=Option, **settings)


def _no_color(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.color = False


def _full_names(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if not all(name.partition("/")) or name.count("/") != 1:
            raise click.BadParameter(f"{name!r}: write NS/NAME")
    return value


filename = option(
    "-f",
    "--filename",
    "paths",
    multiple=True,
    metavar="PATH",
    help="File, folder or - (standard input) with manifests; repeatable.",
)
recursive = option("-R", "--recursive", is_flag=True, help="Go into folders of folders.")
namespace = option(
    "-n",
    "--namespace",
    metavar="NS",
    default="default",
    help="Namespace of objects without one, and of what is shown.  [default: default]",
)
all_namespaces = option("-A", "--all-namespaces", is_flag=True, help="Show all namespaces.")
gateway = option(
    "--gateway",
    "gateways",
    multiple=True,
    metavar="NS/NAME",
    callback=_full_names,
    help="Only this Gateway; repeatable.",
)
node_pool = option("--node-pool", metavar="POOL", help="The node pool the proxy is in.")
node = option(
    "--node",
    metavar="NAME",
    envvar=["GWROUTE_NODE", "NODE_NAME"],
    help="The node the proxy is on.",
)
pool_mode = option(
    "--pool-mode",
    type=click.Choice(["upstream", "strict"]),
    default="upstream",
    help="If the node pool is unknown: all endpoints (upstream) or none (strict).",
)
topology_fallback = option(
    "--topology-fallback",
    is_flag=True,
    help="The topology annotation may be a list: the first key with an endpoint counts.",
)
honor_internal_traffic_policy = option(
    "--honor-internal-traffic-policy",
    is_flag=True,
    help="Obey internalTrafficPolicy: Local of Services.",
)
strict = option("--strict", is_flag=True, help="Fill in nothing that the files leave out.")
controller_name = option(
    "--controller-name",
    "controller_names",
    multiple=True,
    metavar="NAME",
    default=CONTROLLER_NAMES,
    help="Controller of the classes that are ours; repeatable; * for any.",
)
live = option(
    "--live",
    metavar="ADMIN",
    help="Ask the running proxy with this admin address instead of files.",
)
admin_token_file = option(
    "--admin-token-file",
    metavar="FILE",
    help="File with the token that the admin port asks for.",
)
quiet = option("-q", "--quiet", is_flag=True, help="Errors only on standard error.")
verbose = option("-v", "--verbose", is_flag=True, help="More on standard error.")
no_color = option(
    "--no-color",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_no_color,
    help="No colours, not even on a terminal.",
)


def where(function: F) -> F:
    """What is ours, where the proxy is, and how that limits what it may reach."""
    return together(
        gateway,
        node_pool,
        node,
        pool_mode,
        topology_fallback,
        honor_internal_traffic_policy,
        controller_name,
    )(function)


def output(*formats: str, default: str = "text") -> Callable[[F], F]:
    """``-o``, with the formats of this command."""
    return option(
        "-o",
        "--output",
        "output_format",
        type=click.Choice(formats),
        default=default,
        help=f"Format.  [default: {default}]",
    )


def together(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one, shown in the order given."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def examples(*lines: str) -> str:
    """The end of a help text: commands that run as they stand in the project's folder."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)

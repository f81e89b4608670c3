"""``gwroute serve``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gwroute.cli import logs, options
from gwroute.cli.types import (
    BOTH_FAMILIES,
    AccessLog,
    Address,
    Duration,
    Endpoints,
    Listen,
    Log,
    Mapped,
)

LOOPBACK = "127.0.0.1"


def serving_options(access_log: str = "json") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of how to serve, for every command that does.

    Args:
        access_log: Form of the access log unless it is given.
    """
    return options.together(
        options.option(
            "--workers",
            type=click.IntRange(min=1),
            metavar="N",
            help="Threads that serve.  [default: one for each core]",
        ),
        options.option(
            "--access-log",
            type=AccessLog(),
            metavar="FORM[:PATH]",
            default=access_log,
            help=f"json, text or off, and a file.  [default: {access_log}, on standard output]",
        ),
        _address("--admin", f"{LOOPBACK}:15000", "the admin endpoint is", host=LOOPBACK),
        options.admin_token_file,
        _address("--stats", ":15020", "the metrics are"),
        _address("--ready-address", ":15021", "readiness and liveness are told"),
        options.option(
            "--metrics-per-route", is_flag=True, help="Metrics of requests tell routes apart."
        ),
        options.option(
            "--drain",
            type=Duration(),
            metavar="DURATION",
            default="30s",
            help="How long to wait for what is under way at the end.  [default: 30s]",
        ),
        options.option(
            "--log-level",
            type=click.Choice(logs.LEVELS),
            default="info",
            help="What to tell on standard error.  [default: info]",
        ),
    )


def _address(name: str, default: str, what: str, **settings: str) -> Callable[..., Any]:
    return options.option(
        name,
        type=Address(off=True, any_host=BOTH_FAMILIES, **settings),
        metavar="ADDR",
        default=default,
        help=f"Where {what}; off for nowhere.  [default: {default}]",
    )


def settings_of(given: dict[str, Any]) -> dict[str, Any]:
    """The options of :func:`serving_options` as :func:`gwroute.proxy.serve` takes them."""
    log: Log = given.pop("access_log")
    level = given.pop("log_level")
    token = _token(given.pop("admin_token_file"))
    admin = _unless_off(given.pop("admin"))
    if admin is not None and token is None and not admin.startswith((f"{LOOPBACK}:", "[::1]:")):
        raise click.UsageError(
            f"--admin {admin}: on an address other than {LOOPBACK} the admin endpoint needs "
            "--admin-token-file"
        )
    logs.to_standard_error(level)
    stats, ready = (_unless_off(given.pop(name)) for name in ("stats", "ready_address"))
    return {
        **given,
        "access_log": log.form,
        "access_log_path": log.path,
        "admin": admin,
        "admin_token": token,
        "stats": stats,
        "ready": ready,
        "log_level": level,
    }


def _unless_off(address: str) -> str | None:
    return None if address == "off" else address


def _token(file: str | None) -> str | None:
    if file is None:
        return None
    token = Path(file).read_text("utf-8").strip()
    if not token:
        raise click.UsageError(f"--admin-token-file: {file} is empty")
    return token


@click.command(
    epilog=options.examples(
        "gwroute serve -f examples/shop --listen 80=127.0.0.1:8080",
        "gwroute serve -f examples/edge --node-pool hangzhou --listen 80=:0 --access-log text",
    )
)
@options.filename
@options.recursive
@options.namespace
@options.option(
    "--listen",
    type=Listen(),
    multiple=True,
    metavar="PORT=ADDR:PORT",
    help="Where a listener's port is bound, instead of as it stands on all addresses; port 0 takes"
    " a free one; NS/GATEWAY:PORT= is for one Gateway; repeatable.",
)
@options.option(
    "--endpoint",
    "endpoints",
    type=Endpoints(),
    multiple=True,
    metavar="NS/SVC:PORT=ADDR:PORT,…",
    help="Addresses of a Service that has no EndpointSlice; repeatable.",
)
@options.where
@options.option(
    "--serve-unscoped/--no-serve-unscoped",
    default=True,
    help="With --node-pool, serve Gateways of no pool too.  [default: yes]",
)
@options.option(
    "--state-dir",
    metavar="DIR",
    help="Keep the last good snapshot here; it serves if the files cannot be read at a start.",
)
@options.option(
    "--session-key",
    multiple=True,
    metavar="FILE",
    help="Seal tokens of sessions with this key, 32 bytes or more, instead of a fresh one, so that"
    " replicas and later starts know them; the first seals, all open; repeatable.",
)
@serving_options()
@options.no_color
def command(
    paths: tuple[str, ...],
    gateways: tuple[str, ...],
    listen: tuple[Mapped, ...],
    endpoints: tuple[tuple[str, tuple[str, ...]], ...],
    **given: Any,
) -> None:
    """Run the Gateways of the given files here, and follow changes of the files.

    A change is compiled aside and put in place at once; a file that cannot be read leaves what is
    live of it as it was. SIGTERM and SIGINT finish what is under way and end, a second one ends
    at once; SIGHUP reads all files again. Every option has a variable: GWROUTE_LISTEN and so on.
    """
    from gwroute.proxy import serve

    if not paths:
        raise click.UsageError("nothing to serve; give -f PATH: a file or a folder")
    serve(
        *paths,
        gateway=gateways,
        listen={mapped.port: mapped.address for mapped in listen},
        endpoints=dict(endpoints),
        **settings_of(given),
    )

"""``gwroute echo``."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import click

from gwroute.cli import output
from gwroute.cli.options import examples, no_color, option
from gwroute.cli.types import Address
from gwroute.errors import BindError

if TYPE_CHECKING:
    from gwroute.echo import EchoServer

ENDS = (signal.SIGINT, signal.SIGTERM)
"""What ends it, cleanly."""


@click.command(epilog=examples("gwroute echo", "gwroute echo --http 127.0.0.1:0 --name cart-1"))
@option(
    "--http",
    type=Address(off=True),
    metavar="ADDR",
    envvar=["GWROUTE_HTTP", "HTTP_PORT"],
    default=":3000",
    help="Where HTTP is served; off for nowhere.  [default: :3000]",
)
@option(
    "--h2c",
    type=Address(off=True),
    metavar="ADDR",
    envvar=["GWROUTE_H2C", "H2C_PORT"],
    default=":3001",
    help="Where cleartext HTTP/2 is served; off for nowhere.  [default: :3001]",
)
@option("--name", metavar="POD", envvar="POD_NAME", default="", help="pod of the answer.")
@option(
    "--namespace", metavar="NS", envvar="NAMESPACE", default="", help="namespace of the answer."
)
@option(
    "--service", metavar="NAME", envvar="SERVICE_NAME", default="", help="service of the answer."
)
@option(
    "--ingress", metavar="NAME", envvar="INGRESS_NAME", default="", help="ingress of the answer."
)
@option("--http-port", is_flag=True, help="Put httpPort, the port that was asked, in the answer.")
@no_color
def command(
    http: str,
    h2c: str,
    name: str,
    namespace: str,
    service: str,
    ingress: str,
    http_port: bool,
) -> None:
    """Run a backend that answers every request with what it saw of it, as JSON.

    It answers as the echo application of the Gateway API's conformance suite, and reads the same
    variables: HTTP_PORT, H2C_PORT, NAMESPACE, POD_NAME, SERVICE_NAME, INGRESS_NAME.
    """
    from gwroute.echo import EchoServer

    server = EchoServer(
        pod=name,
        namespace=namespace,
        service=service,
        ingress=ingress,
        http=None if http == "off" else http,
        h2c=None if h2c == "off" else h2c,
        http_port=http_port,
    )
    _serve(server)


def _serve(server: EchoServer) -> None:
    # Blocked before the ports are open, in this thread and those that the server starts: whoever
    # sees the ports may send a signal at once.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    try:
        server.start()
    except BindError as error:
        raise click.UsageError(f"{error}; choose another with --http or --h2c") from None
    for protocol, address in server.addresses.items():
        output.note(f"{protocol}  {address}")
    output.note("ready")
    signal.sigwait(ENDS)
    server.stop()

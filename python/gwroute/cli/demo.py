"""``gwroute demo``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from gwroute.cli import options, output, scratch
from gwroute.cli.scratch import Scratch
from gwroute.cli.serve import serving_options, settings_of
from gwroute.cli.types import Address
from gwroute.errors import BindError

TEXT = """\
The edge scenario, seen from node pool {pool}. Changes of its manifests are followed:

  manifests  {manifests}
  gateway    http://{gateway}
{backends}
Try, in another terminal:

  export GATEWAY_HOST={gateway}

  # 1. a route by path prefix; the backend answers with what it saw
  curl -H "Host: www.example.com" http://$GATEWAY_HOST/get

  # 2. the route with a header filter: Added-Header is foo
  cp {steps}/httproute-header.yaml {route}
  curl -H "Host: www.example.com" http://$GATEWAY_HOST/get

  # 3. the route with weights: {weights}
  cp {steps}/httproute-weight.yaml {route}
  for i in $(seq 1 20); do curl -sS -H "Host: www.example.com" http://$GATEWAY_HOST/get | \
grep backend; done | \\
    sed -E 's/".*"(backend(-2)?)-[0-9a-zA-Z]*-.*/\\1/'

  # and why
  {gwroute} explain -f {manifests} --node-pool {pool} -H "Host: www.example.com" \
http://$GATEWAY_HOST/get

Ctrl-C ends it.

"""

WEIGHTS = {
    "hangzhou": "about 80 % to backend, 20 % to backend-2",
    "shenzhen": "backend-2 has no endpoint in this pool, so about 20 % get 503",
}
"""What the third step shows in each pool."""


def _pool(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        return scratch.pool_of(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(
    epilog=options.examples(
        "gwroute demo", "gwroute demo --node-pool shenzhen --address 127.0.0.1:0"
    )
)
@options.option(
    "--node-pool",
    "pool",
    metavar="POOL",
    default="hangzhou",
    callback=_pool,
    help="Where the gateway is: hangzhou or shenzhen, or an id.  [default: hangzhou]",
)
@options.option(
    "--address",
    type=Address("127.0.0.1"),
    metavar="ADDR",
    help="Where the gateway listens.  [default: 127.0.0.1:8080, or another port if it is taken]",
)
@options.option(
    "--folder",
    metavar="DIR",
    help="Where the manifests are copied to, over what is there.  [default: a new one, "
    "removed at the end]",
)
@serving_options(access_log="off")
@options.no_color
def command(pool: str, address: str | None, folder: str | None, **given: Any) -> None:
    """Run the edge scenario, whole: echo backends, a gateway, and what to type next.

    Two node pools that cannot reach each other; this gateway is in one of them. The manifests are
    copied, the pods of the copy get addresses on this machine, and changes of the copy are
    followed: each step of the scenario is a file to copy over the route.
    """
    from gwroute.proxy import serve

    if address is not None and _here(address) != address:
        raise BindError(f"cannot listen on {address}: choose another address with --address")
    gateway = _settled(address or _here("127.0.0.1:8080"))
    settings = settings_of({**given, **_free(given)})
    with ExitStack() as stack:
        copy = scratch.prepare(Path(folder or stack.enter_context(_new_folder())), pool)
        _start_pods(copy, stack)
        output.data_text(_text(copy, gateway))
        serve(copy.manifests, node_pool=pool, listen={80: gateway}, **settings)


def _new_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="gwroute-demo-", ignore_cleanup_errors=True)


def _start_pods(copy: Scratch, stack: ExitStack) -> None:
    from gwroute.echo import EchoServer

    for pod in copy.pods:
        address = f"{pod.address}:{pod.port}"
        stack.enter_context(EchoServer(pod.name, namespace=pod.namespace, http=address))


def _text(copy: Scratch, gateway: str) -> str:
    backends = "".join(
        f"  {'backends' if not at else '':<9}  {pod.name:<26} {pod.address}:{pod.port}  "
        f"on {pod.node}\n"
        for at, pod in enumerate(copy.pods)
    )
    return TEXT.format(
        pool=copy.pool,
        manifests=copy.manifests,
        steps=copy.steps,
        route=copy.route,
        gateway=gateway,
        gwroute="gwroute" if shutil.which("gwroute") else sys.argv[0],
        backends=backends,
        weights=WEIGHTS[copy.pool],
    )


def _here(address: str) -> str:
    """The address, or a free port beside it if somebody has that one."""
    host, _, port = address.rpartition(":")
    return address if scratch.is_free(host, int(port)) else f"{host}:0"


def _settled(address: str) -> str:
    """The address with a port that can be told before it is bound."""
    host, _, port = address.rpartition(":")
    return address if int(port) else f"{host}:{scratch.any_port(host)}"


def _free(given: dict[str, Any]) -> dict[str, str]:
    """The own endpoints at ports that are free, so that a demo runs beside whatever else does."""
    wanted = {name: given[name] for name in ("admin", "stats", "ready_address")}
    return {
        name: address if address == "off" else _here(address) for name, address in wanted.items()
    }

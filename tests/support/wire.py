"""Routing cases as bytes: their tables in a proxy, and echo backends in the place of endpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from conformance.material import make
from gwroute import ir
from gwroute.echo import EchoServer
from gwroute.proxy import Proxy
from gwroute.router import Router
from gwroute.testing import Exchange, Observed
from support.client import observe

PAIR = make("any")
SECRETS = json.dumps(
    {
        "key_pairs": {
            "secret/tests/any#0": {"certificates": PAIR.certificate_pem, "key": PAIR.key_pem}
        }
    }
).encode()


class Wire:
    """A proxy with one table after another, and a backend for every Service port."""

    def __init__(self, proxy: Proxy, stack: ExitStack) -> None:
        self._proxy = proxy
        self._stack = stack
        self._backends: dict[str, str] = {}
        self._bound: dict[tuple[str, int], tuple[str, int]] = {}
        self._entries: list[tuple[str, int]] = []

    def serve(self, snapshot: ir.Snapshot) -> None:
        """Puts the table of a snapshot in place; what has endpoints has an echo backend."""
        upstreams = tuple(self._echoing(upstream) for upstream in snapshot.upstreams)
        listeners = tuple(map(_secured, snapshot.listeners))
        router = Router(replace(snapshot, listeners=listeners, upstreams=upstreams))
        self._entries = router.entries
        for gateway, port in self._entries:
            if (gateway, port) not in self._bound:
                host, _, number = self._proxy.listen(gateway, port, "127.0.0.1:0").rpartition(":")
                self._bound[gateway, port] = host, int(number)
        self._proxy.swap(router, secrets=SECRETS)

    def _echoing(self, upstream: ir.Upstream) -> ir.Upstream:
        if not (upstream.endpoints or upstream.assumed):
            return upstream
        address = self._backends.get(upstream.service)
        if address is None:
            namespace, _, name = upstream.service.partition("/")
            echo = self._stack.enter_context(EchoServer(name, namespace=namespace))
            address = self._backends[upstream.service] = echo.http
        host, _, port = address.rpartition(":")
        return replace(upstream, endpoints=(ir.Endpoint(host, int(port)),), assumed=False)

    def ask(self, exchange: Exchange) -> Observed:
        """Sends the request to where its Gateway listens; nobody listening is no route."""
        fitting = [
            entry
            for entry in self._entries
            if entry[1] == exchange.port and exchange.gateway in (None, entry[0])
        ]
        if not fitting:
            return Observed("respond", status=404)
        secure = exchange.scheme == "https"
        return observe(
            self._bound[fitting[0]], exchange, _server_name(exchange) if secure else None
        )


def _secured(listener: ir.Listener) -> ir.Listener:
    """With our certificate, where there has to be one."""
    tls = ir.ListenerTLS(("secret/tests/any#0",)) if listener.protocol == "HTTPS" else None
    return replace(listener, tls=tls)


def _server_name(exchange: Exchange) -> str:
    """What a client names that is told nothing else: the host of the request."""
    host = next(value for name, value in exchange.headers if name.lower() == "host")
    return exchange.sni or host.partition(":")[0]


@contextmanager
def wire() -> Iterator[Wire]:
    """One proxy with one worker, and backends as they are needed."""
    with ExitStack() as stack:
        yield Wire(stack.enter_context(Proxy(workers=1)), stack)

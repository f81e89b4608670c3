"""Pods: echo servers, each at an address of its own and at the ports that the manifests name."""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Iterable
from itertools import count

from conformance.authorizer import Authorizer
from conformance.cluster import Pod
from conformance.material import Material
from gwroute.echo import EchoServer
from gwroute.errors import BindError

IPV6 = "::1"
"""The only IPv6 address of a loopback; the first replica of a Deployment has it for a while."""
PATIENCE = 20.0
"""Seconds to wait for that address, which other runs want too."""


FIRST = ipaddress.IPv4Address("127.16.0.0")
EACH = 600
"""Addresses for one process."""
_numbers = count(1)


class Addresses:
    """Addresses of 127.0.0.0/8, other ones in each process: two runs at a time do not meet."""

    def take(self) -> str:
        """One that nobody has yet."""
        number = next(_numbers)
        if number >= EACH:
            raise RuntimeError(f"no more than {EACH} addresses are there for pods and Gateways")
        return str(FIRST + os.getpid() % 20_000 * EACH + number)


class Pods:
    """Those that run, kept from case to case as long as nothing about them changes."""

    def __init__(self, material: Material, addresses: Addresses) -> None:
        self.material = material
        self._addresses = addresses
        self._at: dict[tuple[str, str], str] = {}
        self._running: dict[tuple[str, str], tuple[Pod, EchoServer | Authorizer]] = {}
        self._sixth: EchoServer | None = None

    def address_of(self, pod: Pod) -> str:
        """Where it is reached; the same for the same name."""
        place = (pod.namespace, pod.name)
        if place not in self._at:
            self._at[place] = self._addresses.take()
        return self._at[place]

    def ensure(self, pods: Iterable[Pod]) -> None:
        """Starts those that do not run yet, and anew those that have changed."""
        for pod in pods:
            place = (pod.namespace, pod.name)
            found, server = self._running.get(place, (None, None))
            if found != pod:
                if server is not None:
                    server.stop()
                server = self._server(pod)
                server.start()
                self._running[place] = (pod, server)

    def _server(self, pod: Pod) -> EchoServer | Authorizer:
        address = self.address_of(pod)
        if pod.is_authorizer:
            return Authorizer((address, 3000))
        pair = self.material.pairs.get((pod.namespace, pod.secret)) if pod.secret else None
        asks = pod.client_authorities
        authority = self.material.authorities.get((pod.namespace, asks)) if asks else None
        return EchoServer(
            pod.name,
            namespace=pod.namespace,
            http=f"{address}:3000",
            h2c=f"{address}:3001",
            https=f"{address}:8443" if pair else None,
            certificate=pair.certificate_pem if pair else None,
            key=pair.key_pem if pair else None,
            client_authorities=authority.certificate_pem if authority else None,
            grpc=pod.is_grpc,
            record=True,
            http_port=True,
        )

    def serve_ipv6(self, pod: Pod) -> str:
        """Lets a pod be reached at its IPv6 address, which is returned, until :meth:`rest`."""
        self.rest()
        self._sixth = EchoServer(pod.name, namespace=pod.namespace, http=f"[{IPV6}]:3000")
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._sixth.start()
                return IPV6
            except BindError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def rest(self) -> None:
        """Ends what only one case needed."""
        if self._sixth is not None:
            self._sixth.stop()
            self._sixth = None

    def copies(self, pods: Iterable[Pod], path: str) -> int:
        """How often pods saw a path."""
        servers = (self._running[pod.namespace, pod.name][1] for pod in pods)
        return sum(server.targets().count(path) for server in servers)

    def stop(self) -> None:
        """Stops all of them."""
        self.rest()
        for _, server in self._running.values():
            server.stop()
        self._running.clear()

"""A world for one case: its cluster, its pods, and a gateway that serves it on loopback."""

from __future__ import annotations

import functools
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Stop
from types import TracebackType
from typing import Any

from conformance.case import Manifest
from conformance.client import Client
from conformance.cluster import Cluster, Key, Pod
from conformance.material import Place
from conformance.pods import Addresses, Pods
from gwroute.controller import Controller
from gwroute.model import Object, ObjectKey
from gwroute.model.parse import read
from gwroute.proxy import Proxy
from gwroute.resolve import Options, Resolution
from gwroute.resolve.generated import objects_of
from gwroute.resolve.options import CONTROLLER
from gwroute.status import status_of
from gwroute.store import Event, Put, Reset, Synced

CLASS = "conformance"
UNUSABLE = "203.0.113.1"
"""An address of nobody (RFC 5737)."""
PATIENCE = 5.0
"""Seconds to wait for copies that are still on their way."""
USUAL = (80, 443)


@dataclass(frozen=True)
class ClusterSource:
    """A cluster as a source of objects."""

    cluster: Cluster

    def read(self) -> list[Event]:
        """Everything there is."""
        return [Reset(), *(Put(_object(json.dumps(d))) for d in self.cluster.all()), Synced()]

    def watch(self, stop: Stop) -> Iterator[list[Event]]:
        """Nothing: who changes the cluster says so."""
        stop.wait()
        yield from ()


@functools.cache
def _object(text: str) -> Object:
    manifest = read(text, file="cluster")
    if not manifest.objects:
        raise ValueError(f"cannot be read: {manifest.findings}")
    return manifest.objects[0]


class Listen(Mapping[str, str]):
    """An address of its own for each Gateway that names none, and free ports for its ports."""

    def __init__(self, addresses: Iterator[str], cluster: Cluster) -> None:
        self._addresses = addresses
        self._cluster = cluster
        self._given: dict[str, str] = {}

    def __getitem__(self, entry: str) -> str:
        gateway, colon, _ = entry.rpartition(":")
        if not colon or self._names_addresses(gateway):
            raise KeyError(entry)
        if gateway not in self._given:
            self._given[gateway] = next(self._addresses)
        return f"{self._given[gateway]}:0"

    def _names_addresses(self, gateway: str) -> bool:
        namespace, _, name = gateway.partition("/")
        spec = self._cluster.documents["Gateway", namespace, name]["spec"]
        return any("value" in address for address in spec.get("addresses", ()))

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


class Site:
    """What the worlds of a run share: pods, key material and addresses. A context manager."""

    def __init__(self, pods: Pods, addresses: Addresses) -> None:
        self.pods = pods
        self.gateways: list[str] = []
        self._addresses = addresses
        self.usable, self.second = addresses.take(), addresses.take()
        """Addresses for Gateways that name theirs."""

    def gateway_addresses(self) -> Iterator[str]:
        """Addresses for the Gateways of one world, the same for each."""
        for number in range(256):
            if number == len(self.gateways):
                self.gateways.append(self._addresses.take())
            yield self.gateways[number]

    def __enter__(self) -> Site:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.pods.stop()


class World:
    """Everything one case needs. A context manager."""

    def __init__(self, manifests: Iterable[Manifest], site: Site) -> None:
        self.pods = site.pods
        self.material = site.pods.material
        self.client = Client()
        self._substitute = {
            "{GATEWAY_CLASS_NAME}": CLASS,
            "{GATEWAY_CONTROLLER_NAME}": CONTROLLER,
            "PLACEHOLDER_USABLE_ADDRS": site.usable,
            "{SECOND_ADDRESS}": site.second,
            "PLACEHOLDER_UNUSABLE_ADDRS": UNUSABLE,
        }
        self.cluster = Cluster(self._substitute, self.pods.address_of)
        self._files = tempfile.TemporaryDirectory()
        self._fill(manifests)
        self._source = ClusterSource(self.cluster)
        self._proxy = Proxy(workers=1)
        self._controller = Controller(
            self._source,
            Options(controller_names=(CONTROLLER,)),
            self._proxy,
            listen=Listen(site.gateway_addresses(), self.cluster),
        )

    def _fill(self, manifests: Iterable[Manifest]) -> None:
        self.cluster.create(
            {
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": "GatewayClass",
                "metadata": {"name": CLASS},
                "spec": {"controllerName": CONTROLLER},
            }
        )
        for document in self.material.documents():
            self.cluster.create(document)
        for manifest in manifests:
            self.cluster.apply(manifest)

    def __enter__(self) -> World:
        self.pods.ensure(self.cluster.pods)
        self._proxy.start()
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._proxy.stop(0)
        self._files.cleanup()
        self.pods.rest()

    def settle(self) -> None:
        """Brings pods and gateway to what the cluster is now."""
        self.pods.ensure(self.cluster.pods)
        self._controller.apply(self._source.read())

    @property
    def resolution(self) -> Resolution:
        """What the cluster means, and what has become of it."""
        return self._controller.resolution

    def document(self, key: Key) -> dict[str, Any] | None:
        """An object with the status that it has."""
        document = self.cluster.documents.get(key)
        if document is None:
            return None
        status = status_of(self.resolution, ObjectKey(key[0], key[1] or None, key[2]))
        return {**document, "status": status or {}}

    def substituted(self, value: Any) -> Any:
        """A value with placeholders replaced."""
        return self._substitute.get(value, value) if isinstance(value, str) else value

    def port(self, target: Mapping[str, Any], port: int | None) -> int:
        """The port of a listener, which is the first one if none is named."""
        listeners = self.cluster.documents["Gateway", target["namespace"], target["name"]]["spec"][
            "listeners"
        ]
        named = [x for x in listeners if x["name"] == target.get("listener")] or listeners
        return int(port or named[0]["port"])

    def address(
        self, target: Mapping[str, Any], port: int, place: int = 0
    ) -> tuple[tuple[str, int], str]:
        """Where a Gateway's port is reached, and the authority of a client that names none."""
        entry = (f"{target['namespace']}/{target['name']}", port)
        if entry not in self._controller.bound:
            raise ConnectionRefusedError(f"nothing listens for port {port} of Gateway {entry[0]}")
        host, _, number = self._controller.bound[entry][place].rpartition(":")
        return (host, int(number)), host if port in USUAL else f"{host}:{port}"

    def file_of(self, place: Place) -> str:
        """A file with certificate and key."""
        pair = self.material.pairs[place]
        file = Path(self._files.name) / f"{place[0]}-{place[1]}.pem"
        file.write_text(pair.certificate_pem + pair.key_pem)
        return str(file)

    def copies(self, namespace: str, deployment: str, path: str) -> int:
        """How often the pods of a Deployment saw a path."""
        return self.pods.copies(self.cluster.pods_of(namespace, deployment), path)

    def saw(self, namespace: str, deployment: str, path: str, *, at_least: int) -> bool:
        """Whether they saw it so often, or will soon."""
        deadline = time.monotonic() + PATIENCE
        while self.copies(namespace, deployment, path) < at_least:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def ipv6_of(self, pods: Iterable[Pod]) -> list[tuple[Pod, str]]:
        """Pods that can be reached by IPv6, and where."""
        return [(pod, self.pods.serve_ipv6(pod)) for pod in pods if pod.is_first]

    def generated(self) -> Iterator[dict[str, Any]]:
        """What a controller would make for the Gateways."""
        for gateway in self.resolution.gateways:
            yield from objects_of(
                gateway.gateway, gateway.proxy, gateway_class=gateway.gateway_class
            )

"""A cluster made of files: documents with generations, and pods for Deployments.

What the API server, the Deployment controller and the EndpointSlice controller would do with the
suite's manifests, as far as a gateway can see it.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
Key = tuple[str, str, str]
"""Kind, namespace (empty for kinds that have none) and name."""

CLUSTER_SCOPED = frozenset({"CustomResourceDefinition", "GatewayClass", "Namespace", "Node"})
CREATED = "2026-01-01T{:02d}:{:02d}:{:02d}Z"
SERVICE = "kubernetes.io/service-name"


@dataclass(frozen=True)
class Pod:
    """One replica of a Deployment."""

    name: str
    namespace: str
    deployment: str
    labels: tuple[tuple[str, str], ...]
    is_first: bool
    """Of the replicas of its Deployment."""
    secret: str | None = None
    """The Secret with which it serves TLS."""
    client_authorities: str | None = None
    """The ConfigMap by which it asks clients for certificates."""
    is_grpc: bool = False
    is_authorizer: bool = False
    """It says whether requests may pass, and is no backend."""


def key_of(document: Mapping[str, Any]) -> Key:
    metadata = document["metadata"]
    namespace = "" if document["kind"] in CLUSTER_SCOPED else metadata.get("namespace", "default")
    return (document["kind"], namespace, metadata["name"])


def key_of_item(item: Mapping[str, Any]) -> Key:
    """The key of what an item of a case names."""
    metadata = {"namespace": item.get("namespace"), "name": item["name"]}
    return key_of({"kind": item["kind"], "metadata": metadata})


@dataclass
class Cluster:
    """All objects, and the pods that stand for Deployments."""

    substitute: Mapping[str, str]
    """Placeholders of manifests and what they stand for."""
    address_of: Callable[[Pod], str]
    """Where a pod is reached."""
    documents: dict[Key, Document] = field(default_factory=dict)
    pods: list[Pod] = field(default_factory=list)
    _ages: Iterator[int] = field(default_factory=count)

    def apply(self, manifest: Path | Mapping[str, Any]) -> None:
        """Creates what a file holds, or one object."""
        text = _text(manifest) if isinstance(manifest, Path) else json.dumps(manifest)
        for placeholder, value in self.substitute.items():
            text = text.replace(placeholder, value)
        for document in _documents(text):
            self.create(document)

    def create(self, document: Document) -> Key:
        """Creates an object, or replaces it."""
        document = copy.deepcopy(document)
        key = key_of(document)
        metadata = document["metadata"]
        if key[1]:
            metadata["namespace"] = key[1]
        if key[0] == "Namespace":
            metadata.setdefault("labels", {})["kubernetes.io/metadata.name"] = key[2]
        metadata["generation"] = 1
        seconds = next(self._ages)
        time = CREATED.format(seconds // 3600, seconds // 60 % 60, seconds % 60)
        metadata.setdefault("creationTimestamp", time)
        self.documents[key] = document
        if key[0] == "Deployment":
            self.pods += list(self._replicas(document))
        return key

    def change(self, key: Key, edit: Callable[[Document], None]) -> None:
        """Edits an object; its generation goes up, as after any change of a spec."""
        document = copy.deepcopy(self.documents[key])
        edit(document)
        document["metadata"]["generation"] += 1
        self.documents[key] = document

    def delete(self, key: Key) -> None:
        """Takes an object away, and the pods of a Deployment."""
        del self.documents[key]
        if key[0] == "Deployment":
            self.pods = [p for p in self.pods if (p.namespace, p.deployment) != key[1:]]

    def all(self) -> list[Document]:
        """Every object, EndpointSlices that the cluster would make included."""
        return [*self.documents.values(), *self._slices()]

    def pods_of(self, namespace: str, deployment: str) -> list[Pod]:
        """The replicas of one Deployment."""
        return [p for p in self.pods if (p.namespace, p.deployment) == (namespace, deployment)]

    def _replicas(self, deployment: Document) -> Iterator[Pod]:
        metadata, spec = deployment["metadata"], deployment["spec"]
        template = spec["template"]
        container = template["spec"]["containers"][0]
        environment = {e["name"]: e.get("value") for e in container.get("env", ())}
        volumes = template["spec"].get("volumes", ())
        for number in range(spec.get("replicas", 1)):
            yield Pod(
                name=f"{metadata['name']}-7d9f8b6c5-{number:05d}",
                namespace=metadata["namespace"],
                deployment=metadata["name"],
                labels=tuple(template["metadata"].get("labels", {}).items()),
                is_first=number == 0,
                secret=_volume(volumes, "secret", "secretName"),
                client_authorities=_volume(volumes, "configMap", "name"),
                is_grpc="GRPC_ECHO_SERVER" in environment,
                is_authorizer="AUTHORIZER" in environment,
            )

    def _slices(self) -> Iterator[Document]:
        written = {
            (d["metadata"]["namespace"], d["metadata"].get("labels", {}).get(SERVICE))
            for d in self.documents.values()
            if d["kind"] == "EndpointSlice"
        }
        for (kind, namespace, name), service in self.documents.items():
            if kind != "Service" or (namespace, name) in written:
                continue
            selector = service["spec"].get("selector")
            if selector:
                pods = [p for p in self.pods if p.namespace == namespace and _fits(selector, p)]
                yield self._slice(service, pods)

    def _slice(self, service: Document, pods: list[Pod]) -> Document:
        metadata = service["metadata"]
        ports = [
            {
                "name": port.get("name", ""),
                "port": port.get("targetPort", port["port"]),
                "protocol": port.get("protocol", "TCP"),
            }
            for port in service["spec"]["ports"]
        ]
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"{metadata['name']}-made",
                "namespace": metadata["namespace"],
                "labels": {SERVICE: metadata["name"]},
            },
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": [endpoint(pod, self.address_of(pod)) for pod in pods],
        }


@functools.cache
def _text(file: Path) -> str:
    return file.read_text("utf-8")


@functools.cache
def _documents(text: str) -> tuple[Document, ...]:
    return tuple(found for found in yaml.load_all(text, Loader=yaml.CSafeLoader) if found)


def _volume(volumes: Iterable[Mapping[str, Any]], kind: str, name: str) -> str | None:
    return next((volume[kind][name] for volume in volumes if kind in volume), None)


def _fits(selector: Mapping[str, str], pod: Pod) -> bool:
    return selector.items() <= dict(pod.labels).items()


def endpoint(pod: Pod, address: str) -> Document:
    """An entry of an EndpointSlice for a pod that serves."""
    return {
        "addresses": [address],
        "conditions": {"ready": True, "serving": True, "terminating": False},
        "targetRef": {"kind": "Pod", "namespace": pod.namespace, "name": pod.name},
    }

"""A cluster as the conformance suite finds it: its manifests, and what controllers make of them."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from gwroute.model import Gateway
from gwroute.model.parse import read
from gwroute.resolve.generated import Settings, generated_name
from gwroute.resolve.options import CONTROLLER
from gwroute.store import ObjectStore, Put, Reset, Synced
from support.conformance import FOLDER

Document = dict[str, Any]
CLASS = "conformance"
POD = "-0"
"""Behind the name of a Deployment, the name of its Pod."""
CLUSTER_SCOPED = ("GatewayClass", "Namespace")
_PLACEHOLDERS = {"{GATEWAY_CLASS_NAME}": CLASS, "{GATEWAY_CONTROLLER_NAME}": CONTROLLER}
_SECRETS = (
    ("gateway-conformance-web-backend", "certificate"),
    ("gateway-conformance-infra", "tls-validity-checks-certificate"),
    ("gateway-conformance-infra", "tls-validity-checks-client-certificate"),
    ("gateway-conformance-infra", "tls-checks-certificate"),
    ("gateway-conformance-infra", "tls-terminate-checks-certificate"),
)


class Cluster:
    """The objects of one conformance test, and the steps that change them."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._objects: dict[tuple[str, str, str], Document] = {}
        self._store = ObjectStore()
        self._put(_class())
        for namespace, name in _SECRETS:
            self._put(_secret(namespace, name))
        for path in case["manifests"]:
            text = (FOLDER / path).read_text()
            for placeholder, value in _PLACEHOLDERS.items():
                text = text.replace(placeholder, value)
            for document in yaml.load_all(text, Loader=yaml.CSafeLoader):
                if document:
                    self._put(document)

    def _put(self, document: Document) -> None:
        metadata = document["metadata"]
        if document["kind"] not in CLUSTER_SCOPED:
            metadata.setdefault("namespace", "default")
        metadata["generation"] = 1
        self._objects[_key(document)] = document

    def step(self, step: dict[str, Any]) -> None:
        """What a step of a test does."""
        if step["action"] == "none":
            return
        target = step["object"]
        key = (target["kind"], target.get("namespace", ""), target["name"])
        if step["action"] == "delete":
            del self._objects[key]
            return
        document = self._objects[key] = copy.deepcopy(self._objects[key])
        for change in step["patch"]:
            _patch(document, change)
        document["metadata"]["generation"] += 1

    def generation(self, kind: str, namespace: str, name: str) -> int:
        """``metadata.generation`` of an object."""
        return self._objects[kind, namespace, name]["metadata"]["generation"]

    def store(self) -> ObjectStore:
        """All objects now, and what a cluster would have made for them."""
        documents = [*self._objects.values(), *self._made()]
        manifest = read("\n---\n".join(json.dumps(document) for document in documents))
        assert not manifest.findings, manifest.findings
        puts = [Put(obj) for obj in manifest.objects]
        self._store = self._store.apply([Reset(), *puts, Synced()])
        return self._store

    def _made(self) -> Iterator[Document]:
        """EndpointSlices of Services with a selector, and the Service of each Gateway."""
        for kind, namespace, name in list(self._objects):
            document = self._objects[kind, namespace, name]
            if kind == "Service" and document["spec"].get("selector"):
                yield self._slice(document)
            if kind == "Gateway":
                manifest = read(json.dumps(document))
                gateway = manifest.objects[0]
                assert isinstance(gateway, Gateway)
                yield _gateway_service(generated_name(gateway))

    def _slice(self, service: Document) -> Document:
        wanted = service["spec"]["selector"].items()
        namespace = service["metadata"]["namespace"]
        pods = [
            name
            for kind, place, name in self._objects
            if kind == "Deployment"
            and place == namespace
            and wanted
            <= self._objects[kind, place, name]["spec"]["template"]["metadata"]["labels"].items()
        ]
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"{service['metadata']['name']}-made",
                "namespace": namespace,
                "labels": {"kubernetes.io/service-name": service["metadata"]["name"]},
            },
            "addressType": "IPv4",
            "ports": [
                {
                    "name": port.get("name", ""),
                    "port": port.get("targetPort", port["port"]),
                    "protocol": port.get("protocol", "TCP"),
                }
                for port in service["spec"]["ports"]
            ],
            "endpoints": [
                {
                    "addresses": [f"10.0.0.{number}"],
                    "conditions": {"ready": True},
                    "targetRef": {"kind": "Pod", "name": f"{pod}{POD}", "namespace": namespace},
                }
                for number, pod in enumerate(pods, 1)
            ],
        }


def _key(document: Document) -> tuple[str, str, str]:
    metadata = document["metadata"]
    return document["kind"], metadata.get("namespace", ""), metadata["name"]


def _class() -> Document:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": CLASS},
        "spec": {"controllerName": CONTROLLER},
    }


def _secret(namespace: str, name: str) -> Document:
    def pem(what: str) -> str:
        return base64.b64encode(
            f"-----BEGIN {what}-----\nAAAA\n-----END {what}-----\n".encode()
        ).decode()

    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": pem("CERTIFICATE"), "tls.key": pem("PRIVATE KEY")},
    }


def _gateway_service(name: str) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": Settings().namespace},
        "spec": {"type": "LoadBalancer", "ports": []},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    }


def _patch(document: Document, change: dict[str, Any]) -> None:
    *path, last = (
        int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]']+", change["path"])
    )
    place: Any = document
    for part in path:
        place = place[part]
    if change["op"] == "set":
        place[last] = _value(change)
    elif change["op"] == "append":
        place[last] = [*place.get(last, []), _value(change)]
    else:
        where = change["where"].items()
        place[last] = [item for item in place[last] if not where <= item.items()]


def _value(change: dict[str, Any]) -> Any:
    if "value" in change:
        return change["value"]
    family = re.search("IPv[46]", change["value_from"])
    address = "fd00::1" if family and family[0] == "IPv6" else "10.0.0.1"
    pod = {"kind": "Pod", "name": f"infra-backend-v1{POD}"}
    return [{"addresses": [address], "conditions": {"ready": True}, "targetRef": pod}]

"""Routes by the thousand, with what they refer to: the same for the same seed.

Each HTTPRoute has one rule with two matches, two filters and two backends, as ``gwroute`` meets
them in the field: a prefix and an exact path with a header, a header set and a prefix rewritten,
and a canary.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Document = dict[str, Any]

SERVICES = 200
"""Services that the routes share."""
WORDS = ("cart", "search", "orders", "users", "images", "api", "login", "news", "mail", "stock")


def documents(count: int, *, hosts: int = 1, seed: int = 1) -> Iterator[Document]:
    """A class, a Gateway, Services with endpoints, and ``count`` routes over ``hosts`` hosts."""
    yield from _surroundings()
    chance = random.Random(seed)
    for number in range(count):
        yield route(number, f"h{number % hosts}.example.com", chance)


def route(number: int, host: str, chance: random.Random) -> Document:
    """One route; no two have a match in common."""
    word = chance.choice(WORDS)
    stable, canary = chance.sample(range(SERVICES), 2)
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": f"{word}-{number}", "namespace": "shop"},
        "spec": {
            "parentRefs": [{"name": "public", "namespace": "infra"}],
            "hostnames": [host],
            "rules": [
                {
                    "matches": [
                        {"path": {"type": "PathPrefix", "value": f"/{word}/{number}"}},
                        {
                            "path": {"type": "PathPrefix", "value": f"/v2/{word}/{number}"},
                            "headers": [{"name": "x-version", "value": f"v{number % 7}"}],
                            "method": "GET",
                        },
                    ],
                    "filters": [
                        {
                            "type": "RequestHeaderModifier",
                            "requestHeaderModifier": {"set": [{"name": "x-env", "value": "prod"}]},
                        },
                        {
                            "type": "ResponseHeaderModifier",
                            "responseHeaderModifier": {
                                "add": [{"name": "x-route", "value": f"{word}-{number}"}]
                            },
                        },
                    ],
                    "backendRefs": [
                        {"name": f"service-{stable}", "port": 8080, "weight": 90},
                        {"name": f"service-{canary}", "port": 8080, "weight": 10},
                    ],
                }
            ],
        },
    }


def _surroundings() -> Iterator[Document]:
    yield {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "gwroute"},
        "spec": {"controllerName": "gwroute.dev/gateway-controller"},
    }
    yield {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "public", "namespace": "infra"},
        "spec": {
            "gatewayClassName": "gwroute",
            "listeners": [
                {
                    "name": "http",
                    "port": 80,
                    "protocol": "HTTP",
                    "allowedRoutes": {"namespaces": {"from": "All"}},
                }
            ],
        },
    }
    for number in range(SERVICES):
        yield from _service(f"service-{number}", f"10.{number // 250}.{number % 250}.1")


def _service(name: str, address: str) -> Iterator[Document]:
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"ports": [{"name": "http", "port": 8080}]},
    }
    yield {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{name}-1",
            "namespace": "shop",
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 3000, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
    }


def write(folder: Path, count: int, *, hosts: int = 1, seed: int = 1, per_file: int = 100) -> None:
    """The documents as files: what surrounds the routes in one, the routes in many.

    YAML is written block by block by hand: a library would take longer than what is measured.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = list(documents(count, hosts=hosts, seed=seed))
    first = len(found) - count
    _write_file(folder / "surroundings.yaml", found[:first])
    for start in range(0, count, per_file):
        part = found[first + start : first + start + per_file]
        _write_file(folder / f"routes-{start // per_file:04}.yaml", part)


def _write_file(file: Path, found: list[Document]) -> None:
    file.write_text("---\n".join(to_yaml(document) for document in found), "utf-8")


def to_yaml(document: Document) -> str:
    """A document in YAML as people write it."""
    return "\n".join(_mapping(document, "")) + "\n"


def _mapping(value: Document, indent: str) -> Iterator[str]:
    for key, item in value.items():
        if isinstance(item, dict):
            yield f"{indent}{key}:"
            yield from _mapping(item, indent + "  ")
        elif isinstance(item, list):
            yield f"{indent}{key}:"
            for element in item:
                yield from _element(element, indent)
        else:
            yield f"{indent}{key}: {json.dumps(item)}"


def _element(element: Any, indent: str) -> Iterator[str]:
    if not isinstance(element, dict):
        yield f"{indent}- {json.dumps(element)}"
        return
    first, *rest = _mapping(element, indent + "  ")
    yield f"{indent}- {first.lstrip()}"
    yield from rest

"""All there is to say about one object, as a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gwroute import ir
from gwroute.checks import validate
from gwroute.cli.columns import at, columns_of
from gwroute.cli.objects import Cluster, Document
from gwroute.cli.precedence import ranked
from gwroute.cli.references import referrers
from gwroute.model import ObjectKey
from gwroute.router import Router

__all__ = ["described"]

Fields = dict[str, Any]


def described(cluster: Cluster, key: ObjectKey, document: Document) -> Fields:
    """The description; every key is always there."""
    obj = cluster.store.get(key)
    origin = obj.origin if obj is not None else None
    router = Router(cluster.resolution.snapshot)
    findings = validate(cluster.store, cluster.resolution)
    return {
        "object": key._asdict(),
        "file": origin.file if origin else None,
        "line": origin.line if origin else None,
        "columns": {
            column.title: column.cell(document) for column in columns_of(key.kind, wide=True)[1:]
        },
        "conditions": list(_conditions(document)),
        "listeners": list(_listeners(cluster, key)),
        "rules": [match._asdict() for match in ranked(router, _concerns(key))],
        "endpoints": list(_endpoints(cluster, key)),
        "referrers": [
            {"by": str(found.by), "field": found.field, "file": found.file, "line": found.line}
            for found in referrers(cluster.store, key)
        ],
        "findings": [str(finding) for finding in findings if finding.object == key],
    }


def _conditions(document: Document) -> Iterator[Fields]:
    """All conditions, each with what it is about: None is the object itself."""
    status = document.get("status") or {}
    yield from _each(None, status)
    for entry in status.get("parents") or ():
        yield from _each(_parent(entry["parentRef"], document), entry)
    for entry in status.get("listeners") or ():
        yield from _each(f"listener {entry['name']}", entry)


def _each(about: str | None, entry: Mapping[str, Any]) -> Iterator[Fields]:
    for condition in entry.get("conditions") or ():
        words = {name: condition.get(name) for name in ("type", "status", "reason", "message")}
        yield {"about": about, **words}


def _parent(reference: Mapping[str, Any], document: Document) -> str:
    namespace = reference.get("namespace") or at(document, "metadata", "namespace")
    section = f"/{reference['sectionName']}" if reference.get("sectionName") else ""
    port = f":{reference['port']}" if reference.get("port") else ""
    return f"{reference.get('kind', 'Gateway')} {namespace}/{reference['name']}{section}{port}"


def _listeners(cluster: Cluster, key: ObjectKey) -> Iterator[Fields]:
    for gateway in cluster.resolution.gateways:
        for listener in gateway.listeners:
            if gateway.key == key or _is_of_set(listener.key, key):
                yield {
                    "name": listener.key,
                    "port": listener.port,
                    "protocol": listener.protocol,
                    "hostname": listener.hostname,
                    "attached_routes": listener.attached_routes,
                    "programmed": listener.programmed,
                }


def _is_of_set(listener: str, key: ObjectKey) -> bool:
    return key.kind == "ListenerSet" and listener.startswith(f"{key.namespace}/{key.name}/")


def _concerns(key: ObjectKey) -> Callable[[ir.Listener, ir.Rule], bool]:
    """Whether a rule under a listener belongs to the description of an object."""
    place = f"{key.namespace}/{key.name}"
    if key.kind == "Gateway":
        return lambda listener, _: listener.gateway == place
    if key.kind == "ListenerSet":
        return lambda listener, _: _is_of_set(listener.key, key)
    if key.kind == "Service":
        return lambda _, rule: any(
            backend.name.rpartition(":")[0] == place for backend in rule.backends
        )
    return lambda _, rule: (rule.route.kind, rule.route.namespace, rule.route.name) == key


def _endpoints(cluster: Cluster, key: ObjectKey) -> Iterator[Fields]:
    if key.kind != "Service":
        return
    for upstream in cluster.resolution.snapshot.upstreams:
        if upstream.service.rpartition(":")[0] == f"{key.namespace}/{key.name}":
            yield {
                "upstream": upstream.key,
                "scope": upstream.scope,
                "assumed": upstream.assumed,
                "ready": [_address(endpoint) for endpoint in upstream.endpoints],
                "removed": [
                    {"address": item.address, "by": item.by, "detail": item.detail}
                    for item in upstream.removed
                ],
            }


def _address(endpoint: ir.Endpoint) -> Fields:
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return {
        "address": f"{host}:{endpoint.port}",
        "node": endpoint.node,
        "node_pool": endpoint.node_pool,
        "pod": endpoint.pod,
    }

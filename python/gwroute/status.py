"""The ``.status`` that a controller would write, made of a resolution.

The form is the API's. Left out is what only the writer knows: ``lastTransitionTime``, and entries
of other controllers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from gwroute.model import Object, ObjectKey, ParentReference
from gwroute.model.base import document
from gwroute.model.reference import GATEWAY_GROUP
from gwroute.resolve import Condition, Resolution, ResolvedGateway, ResolvedListener
from gwroute.resolve.features import FEATURES

__all__ = ["status_of", "with_status"]

Status = dict[str, Any]


def status_of(resolution: Resolution, key: ObjectKey) -> Status | None:
    """The status of an object; None if nothing is to be said of it.

    Args:
        resolution: What was resolved.
        key: Which object.
    """
    conditions = [item for item in resolution.conditions if item.object == key]
    return _status(resolution, key, conditions) if conditions else None


def with_status(objects: Iterable[Object], resolution: Resolution) -> Iterator[dict[str, Any]]:
    """Objects as documents, those with a status of ours with it.

    What other controllers write, such as the status of a Node, stays as it is.

    Args:
        objects: The objects: a store, or some of it.
        resolution: What the store was resolved to.
    """
    conditions: dict[ObjectKey, list[Condition]] = {}
    for item in resolution.conditions:
        conditions.setdefault(item.object, []).append(item)
    for obj in objects:
        found = _document(obj)
        if obj.key in conditions:
            found["status"] = _status(resolution, obj.key, conditions[obj.key])
        yield found


def _status(resolution: Resolution, key: ObjectKey, conditions: Iterable[Condition]) -> Status:
    if key.kind == "GatewayClass":
        return {**_own(conditions), "supportedFeatures": [{"name": name} for name in FEATURES]}
    if key.kind in ("Gateway", "ListenerSet"):
        return _gateway(resolution, key, list(conditions))
    if key.kind == "BackendTLSPolicy":
        return {"ancestors": list(_parents(conditions, "ancestorRef"))}
    return {"parents": list(_parents(conditions, "parentRef"))}


def _own(conditions: Iterable[Condition]) -> Status:
    return {"conditions": [_condition(item) for item in conditions]}


def _condition(item: Condition) -> dict[str, Any]:
    return {
        "type": item.type,
        "status": item.status,
        "observedGeneration": item.observed_generation,
        "reason": item.reason,
        "message": item.message,
    }


# -- Gateways and ListenerSets


def _gateway(resolution: Resolution, key: ObjectKey, conditions: list[Condition]) -> Status:
    status = _own(item for item in conditions if item.listener is None)
    by_listener: dict[str, list[Condition]] = {}
    for item in conditions:
        if item.listener is not None:
            by_listener.setdefault(item.listener, []).append(item)
    own = next((found for found in resolution.gateways if found.key == key), None)
    if own is not None:
        status = _of_gateway(own) | status
    status["listeners"] = [
        _listener(found, by_listener.get(found.name, ()))
        for gateway in resolution.gateways
        for found in gateway.listeners
        if found.owner == key
    ]
    return status


def _of_gateway(found: ResolvedGateway) -> Status:
    status: Status = {}
    if found.addresses:
        status["addresses"] = list(found.addresses)
    if found.attached_listener_sets:
        status["attachedListenerSets"] = found.attached_listener_sets
    return status


def _listener(found: ResolvedListener, conditions: Iterable[Condition]) -> Status:
    kinds = [{"group": GATEWAY_GROUP, "kind": kind} for kind in found.supported_kinds]
    return {
        "name": found.name,
        "supportedKinds": kinds,
        "attachedRoutes": found.attached_routes,
        **_own(conditions),
    }


# -- routes and policies


def _parents(conditions: Iterable[Condition], name: str) -> Iterator[Status]:
    """An entry for each parent; the conditions of one follow each other."""
    entry: Status | None = None
    last: ParentReference | None = None
    for item in conditions:
        assert item.parent is not None
        if entry is None or item.parent is not last:
            if entry is not None:
                yield entry
            last = item.parent
            entry = {
                name: _parent_ref(item.parent),
                "controllerName": item.controller,
                "conditions": [],
            }
        entry["conditions"].append(_condition(item))
    if entry is not None:
        yield entry


def _parent_ref(ref: ParentReference) -> Status:
    """As the spec has it, with group and kind written out."""
    found: Status = {"group": ref.group, "kind": ref.kind}
    if ref.namespace is not None:
        found["namespace"] = ref.namespace
    found["name"] = ref.name
    if ref.section_name is not None:
        found["sectionName"] = ref.section_name
    if ref.port is not None:
        found["port"] = ref.port
    return found


# -- documents


def _document(obj: Object) -> dict[str, Any]:
    """The object as it was written; if it was not, as it would be."""
    if obj.origin is not None:
        written = _without_ours(obj, obj.origin.document())
        if obj.namespace is not None:
            written.setdefault("metadata", {}).setdefault("namespace", obj.namespace)
        return written
    made = _without_ours(obj, document(obj))
    _with_times(made.get("metadata", {}))
    group, version = type(obj).GROUP, type(obj).VERSIONS[0]
    head = {
        "apiVersion": obj.api_version or (f"{group}/{version}" if group else version),
        "kind": type(obj).__name__,
    }
    return {**head, **{name: value for name, value in made.items() if name not in head}}


def _without_ours(obj: Object, found: dict[str, Any]) -> dict[str, Any]:
    """Without a status that we would write, of which what was written is an old one."""
    if obj.GROUP == GATEWAY_GROUP:
        found.pop("status", None)
    return found


def _with_times(metadata: Mapping[str, Any]) -> None:
    for name in ("creationTimestamp", "deletionTimestamp"):
        if name in metadata:
            time = datetime.fromtimestamp(metadata[name], tz=timezone.utc)
            metadata[name] = time.strftime("%Y-%m-%dT%H:%M:%SZ")  # type: ignore[index]

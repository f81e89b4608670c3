"""Status items of the conformance cases against the status that a controller would write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gwroute.model import ObjectKey
from gwroute.resolve import Resolution
from gwroute.resolve.options import CONTROLLER
from gwroute.status import status_of
from support.cluster import Cluster

Item = dict[str, Any]
Status = dict[str, Any]


def faults(cluster: Cluster, resolution: Resolution, item: Item) -> list[str]:
    """How the status differs from what a status item wants; none if it holds."""
    key = ObjectKey(item["kind"], item.get("namespace"), item["name"])
    status = status_of(resolution, key) or {}
    generation = cluster.generation(item["kind"], item.get("namespace", ""), item["name"])
    found = list(_faults(status, item, generation))
    return [f"{key}: {fault} (wanted {item}; is {status})" for fault in found]


def _faults(status: Status, item: Item, generation: int) -> Iterator[str]:
    if "parent" in item:
        yield from _parent(status, item, generation)
    elif "listener" in item:
        yield from _listener(status, item, generation)
    elif "type" in item:
        yield from _condition(status.get("conditions", []), item, generation)
    elif "field" in item:
        yield from _field(status, item)
    elif item.get("observed_generation"):
        conditions = list(_all_conditions(status))
        if not conditions or any(c["observedGeneration"] != generation for c in conditions):
            yield "observedGeneration"
    elif item.get("zero_routes"):
        entries = status.get("listeners", [])
        if entries and [entry["attachedRoutes"] for entry in entries] != [0]:
            yield "attachedRoutes"
    elif item.get("no_accepted_parents"):
        parents = status.get("parents", [])
        accepted = {"type": "Accepted", "status": "True"}
        if any(not list(_condition(p["conditions"], accepted, generation)) for p in parents):
            yield "an accepted parent"
        if len(parents) > 1:
            yield "several parents"
    else:
        yield "an item of an unknown sort"


def _condition(conditions: list[Status], item: Item, generation: int) -> Iterator[str]:
    found = [c for c in conditions if c["type"] == item["type"]]
    if len(found) != 1:
        yield f"{len(found)} conditions {item['type']}"
        return
    for name in ("status", "reason"):
        if item.get(name, "any") not in ("any", found[0][name]):
            yield f"{item['type']} has {name} {found[0][name]}"
    if found[0]["observedGeneration"] != generation:
        yield "observedGeneration"


def _parent(status: Status, item: Item, generation: int) -> Iterator[str]:
    want = item["parent"]
    entries = [
        entry
        for entry in status.get("parents", [])
        if entry["controllerName"] == CONTROLLER
        and entry["parentRef"]["group"] == "gateway.networking.k8s.io"
        and entry["parentRef"]["kind"] == want["kind"]
        and entry["parentRef"]["name"] == want["name"]
        and entry["parentRef"].get("namespace", item["namespace"]) == want["namespace"]
        and ("namespace" in entry["parentRef"] or not item.get("namespace_explicit"))
    ]
    if not any(not list(_condition(e["conditions"], item, generation)) for e in entries):
        yield "no such parent entry"


def _listener(status: Status, item: Item, generation: int) -> Iterator[str]:
    wanted = item["listener"]
    entries = [e for e in status.get("listeners", []) if wanted in ("*", e["name"])]
    if not entries and wanted != "*":
        yield f"no listener {wanted}"
    for entry in entries:
        if "type" in item:
            yield from _condition(entry["conditions"], item, generation)
            continue
        kinds = [kind["kind"] for kind in entry["supportedKinds"]]
        if not set(item["supported_kinds"]) <= set(kinds) or (
            kinds and not item["supported_kinds"]
        ):
            yield f"supportedKinds {kinds}"
        if entry["attachedRoutes"] != item["attached_routes"]:
            yield f"attachedRoutes {entry['attachedRoutes']}"


def _field(status: Status, item: Item) -> Iterator[str]:
    value = status.get(item["field"].removeprefix("status."))
    if "names" in item:
        names = [entry["name"] for entry in value or []]
        if sorted(names) != sorted(item["names"]):
            yield f"names {names}"
    elif "at_least" in item:
        if len([entry for entry in value or [] if entry.get("type")]) < item["at_least"]:
            yield f"{value}"
    elif (value or 0) != item["equals"]:
        yield f"{value}"


def _all_conditions(status: Status) -> Iterator[Status]:
    yield from status.get("conditions", [])
    for part in (*status.get("parents", []), *status.get("listeners", [])):
        yield from part["conditions"]

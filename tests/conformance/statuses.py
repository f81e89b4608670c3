"""What a case expects of statuses, compared with what is written there.

The project's own cases know a little more than those of the Gateway API: ``absent: TYPE`` (a
condition that is not there), ``parents: [..]`` and ``ancestors: [..]`` (the names of all of them)
and ``message`` (how that of a condition begins).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.expect import Mismatch
from gwroute.model.reference import GATEWAY_GROUP
from gwroute.resolve.options import CONTROLLER


def status_mismatch(item: Mapping[str, Any], document: Mapping[str, Any] | None) -> Mismatch | None:
    """How an object's status differs from what a status item expects."""
    if document is None:
        return Mismatch("the object", None)
    status = document.get("status") or {}
    for key, check in _SORTS.items():
        if key in item:
            return check(item, document, status)
    if "type" not in item and "absent" not in item:
        raise ValueError(f"a status item of an unknown sort: {item}")
    return _condition(item, document, status.get("conditions") or ())


def _entries(item: Mapping[str, Any], document: Any, status: Any, lists: str) -> Mismatch | None:
    member = "parent" if lists == "parents" else "ancestor"
    reference = f"{member}Ref"
    wanted = item[member]
    conditions = [
        condition
        for entry in status.get(lists) or ()
        if entry["controllerName"] == CONTROLLER
        and _is_reference(entry[reference], wanted, item, document)
        for condition in entry.get("conditions") or ()
    ]
    return _condition(item, document, conditions)


def _is_reference(
    reference: Mapping[str, Any], wanted: Mapping[str, Any], item: Mapping[str, Any], document: Any
) -> bool:
    namespace = reference.get("namespace")
    if namespace is None and not item.get("namespace_explicit"):
        namespace = document["metadata"].get("namespace")
    found = (reference.get("group"), reference.get("kind"), namespace, reference.get("name"))
    return found == (GATEWAY_GROUP, wanted["kind"], wanted["namespace"], wanted["name"])


def _condition(
    item: Mapping[str, Any], document: Any, conditions: Iterable[Mapping[str, Any]]
) -> Mismatch | None:
    if "absent" in item:
        there = [c for c in conditions if c["type"] == item["absent"]]
        return Mismatch(f"no condition {item['absent']}", there) if there else None
    generation = document["metadata"].get("generation", 0)
    seen = [c for c in conditions if c["type"] == item["type"]]
    for condition in seen:
        status_fits = item["status"] in ("any", condition["status"])
        reason_fits = item.get("reason") in (None, condition["reason"])
        reason_fits &= condition["message"].startswith(item.get("message", ""))
        if status_fits and reason_fits and condition.get("observedGeneration") == generation:
            return None
    wanted = f"{item['type']}={item['status']} ({item.get('reason', 'any reason')})"
    return Mismatch(wanted, seen)


def _listener(item: Mapping[str, Any], document: Any, status: Any) -> Mismatch | None:
    entries = status.get("listeners") or ()
    if item["listener"] != "*":
        entries = [entry for entry in entries if entry["name"] == item["listener"]]
        if not entries:
            return Mismatch(f"an entry for listener {item['listener']}", status.get("listeners"))
    for entry in entries:
        found = _listener_entry(item, document, entry)
        if found:
            return found
    return None


def _listener_entry(item: Mapping[str, Any], document: Any, entry: Any) -> Mismatch | None:
    if "type" in item or "absent" in item:
        return _condition(item, document, entry.get("conditions") or ())
    if "attached_routes" in item and entry.get("attachedRoutes") != item["attached_routes"]:
        return Mismatch(f"{item['attached_routes']} attached routes", entry.get("attachedRoutes"))
    if "supported_kinds" in item:
        wanted = set(item["supported_kinds"])
        kinds = {
            k["kind"] for k in entry.get("supportedKinds") or () if k["group"] == GATEWAY_GROUP
        }
        if (kinds if not wanted else wanted - kinds) != set():
            return Mismatch(f"supported kinds {sorted(wanted)}", sorted(kinds))
    return None


def _field(item: Mapping[str, Any], document: Any, status: Any) -> Mismatch | None:
    del document
    name = item["field"].removeprefix("status.")
    value = status.get(name)
    if "names" in item:
        names = [entry["name"] for entry in value or ()]
        return None if sorted(names) == sorted(item["names"]) else Mismatch(f"{item}", names)
    if "at_least" in item:
        typed = [entry for entry in value or () if entry.get("type")]
        return None if len(typed) >= item["at_least"] else Mismatch(f"{item}", value)
    if name == "attachedListenerSets":
        return None if (value or 0) == item["equals"] else Mismatch(f"{item}", value)
    return None if value == item["equals"] else Mismatch(f"{item}", value)


def _zero_routes(item: Mapping[str, Any], document: Any, status: Any) -> Mismatch | None:
    del item, document
    entries = status.get("listeners") or ()
    zero = not entries or (len(entries) == 1 and not entries[0].get("attachedRoutes"))
    return None if zero else Mismatch("no attached routes", entries)


def _no_accepted_parents(item: Mapping[str, Any], document: Any, status: Any) -> Mismatch | None:
    del item, document
    parents = status.get("parents") or ()
    accepted = [
        condition
        for parent in parents
        for condition in parent.get("conditions") or ()
        if condition["type"] == "Accepted" and condition["status"] == "True"
    ]
    fits = not parents or (len(parents) == 1 and not accepted)
    return None if fits else Mismatch("no accepted parent", parents)


def _observed(item: Mapping[str, Any], document: Any, status: Any) -> Mismatch | None:
    del item
    generation = document["metadata"].get("generation", 0)
    holders = [
        status,
        *(status.get("parents") or ()),
        *(status.get("ancestors") or ()),
        *(status.get("listeners") or ()),
    ]
    conditions = [c for holder in holders for c in holder.get("conditions") or ()]
    stale = [c for c in conditions if c.get("observedGeneration") != generation]
    if conditions and not stale:
        return None
    return Mismatch(f"conditions of generation {generation}", stale or conditions)


def _names(item: Mapping[str, Any], document: Any, status: Any) -> Mismatch | None:
    """The names of all parents or ancestors."""
    del document
    for lists, reference in (("parents", "parentRef"), ("ancestors", "ancestorRef")):
        if lists in item:
            names = [entry[reference]["name"] for entry in status.get(lists) or ()]
            return (
                None
                if sorted(names) == sorted(item[lists])
                else Mismatch(f"{lists} {item[lists]}", names)
            )
    return None


_SORTS = {
    "parents": _names,
    "ancestors": _names,
    "parent": lambda item, document, status: _entries(item, document, status, "parents"),
    "ancestor": lambda item, document, status: _entries(item, document, status, "ancestors"),
    "listener": _listener,
    "field": _field,
    "zero_routes": _zero_routes,
    "no_accepted_parents": _no_accepted_parents,
    "observed_generation": _observed,
}

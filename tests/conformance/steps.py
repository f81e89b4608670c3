"""Steps of a case: what changes in its cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance import edits
from conformance.cluster import Document, endpoint, key_of_item
from conformance.world import World

Step = Mapping[str, Any]


def apply(world: World, step: Step) -> None:
    """Changes the cluster, and waits until that is served.

    Raises:
        ValueError: The step is of no known sort.
    """
    action = step["action"]
    if action == "none":
        return
    if action == "delete":
        world.cluster.delete(key_of_item(step["object"]))
    elif action == "create":
        world.cluster.create(_created(world, step))
    elif action == "patch":
        world.cluster.change(key_of_item(step["object"]), lambda d: _patch(world, d, step))
    else:
        raise ValueError(f"an unknown action: {action}")
    world.settle()


def _created(world: World, step: Step) -> Document:
    asked = step["object"]
    version = {"ConfigMap": "v1", "Secret": "v1"}.get(asked["kind"], edits.GATEWAY_API)
    metadata = {name: asked[name] for name in ("namespace", "name") if name in asked}
    body = _filled(world, step, step["body"])
    return {"apiVersion": version, "kind": asked["kind"], "metadata": metadata, **body}


def _patch(world: World, document: Document, step: Step) -> None:
    for edit in step["patch"]:
        value = _filled(world, step, edit.get("value"))
        if "value_from" in edit:
            value = _value_from(world, step, edit["value_from"])
        if edit["op"] == "set":
            edits.set_at(document, edit["path"], value)
        elif edit["op"] == "append":
            edits.append_at(document, edit["path"], value)
        elif edit["op"] == "remove":
            where = {name: world.substituted(value) for name, value in edit["where"].items()}
            edits.remove_at(document, edit["path"], where)
        else:
            raise ValueError(f"an unknown change: {edit['op']}")


def _filled(world: World, step: Step, value: Any) -> Any:
    """A value with every ``value_from`` in it replaced."""
    if not isinstance(value, dict):
        return value
    if set(value) == {"value_from"}:
        return _value_from(world, step, value["value_from"])
    return {name: _filled(world, step, inner) for name, inner in value.items()}


def _value_from(world: World, step: Step, source: Any) -> Any:
    """What only the running case knows: data of an object, or endpoints of a Deployment."""
    if isinstance(source, dict):
        return world.cluster.documents[key_of_item(source)]["data"][source["key"]]
    words = source.replace(",", "").split()
    deployment = words[words.index("Deployment") + 1]
    pods = world.cluster.pods_of(step["object"]["namespace"], deployment)
    if "IPv6" in words:
        return [endpoint(pod, address) for pod, address in world.ipv6_of(pods)]
    return [endpoint(pod, world.pods.address_of(pod)) for pod in pods]

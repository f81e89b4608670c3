"""Tiny makers of objects."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from gwroute.model import Object
from gwroute.model.registry import KINDS, list_adapter

Document = dict[str, Any]

_GROUPS = {name: kind.GROUP for (_, name), kind in KINDS.items()}


def document(kind: str, name: str, namespace: str | None = "default", **rest: Any) -> Document:
    """A document of the first version of a kind; ``rest`` stands beside its metadata.

    ``labels``, ``annotations``, ``created`` and ``generation`` go into the metadata.
    """
    group = _GROUPS[kind]
    version = KINDS[group, kind].VERSIONS[0]
    metadata: Document = {"name": name}
    if KINDS[group, kind].NAMESPACED and namespace is not None:
        metadata["namespace"] = namespace
    for key, field in _METADATA.items():
        if key in rest:
            metadata[field] = rest.pop(key)
    api_version = f"{group}/{version}" if group else version
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


_METADATA = {
    "labels": "labels",
    "annotations": "annotations",
    "created": "creationTimestamp",
    "generation": "generation",
}


def obj(kind: str, name: str, namespace: str | None = "default", **rest: Any) -> Object:
    """An object, as it would be read."""
    made: list[Object] = list_adapter(KINDS[_GROUPS[kind], kind]).validate_json(
        json.dumps([document(kind, name, namespace, **rest)])
    )
    return made[0]


def renewed(found: Object) -> Object:
    """An equal object that is another one, as after reading a file again."""
    return dataclasses.replace(found)

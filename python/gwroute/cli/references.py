"""Who refers to whom: the references in an object, and the objects that refer to one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

from gwroute.model import EndpointSlice, Gateway, ObjectKey
from gwroute.model.base import camel
from gwroute.model.meta import Metadata, Object
from gwroute.model.policy import PolicyTargetReference
from gwroute.model.reference import (
    BackendObjectReference,
    LocalObjectReference,
    ObjectReference,
    ParentReference,
    SecretObjectReference,
)
from gwroute.store import ObjectStore

__all__ = ["Reference", "references", "referrers"]

_REFERENCES = (
    BackendObjectReference,
    LocalObjectReference,
    ObjectReference,
    ParentReference,
    PolicyTargetReference,
    SecretObjectReference,
)


class Reference(NamedTuple):
    """One object names another."""

    by: ObjectKey
    field: str
    """Path of the field: ``spec.rules[0].backendRefs[1]``."""
    to: ObjectKey
    file: str | None
    line: int | None


def referrers(store: ObjectStore, key: ObjectKey) -> tuple[Reference, ...]:
    """Every reference to an object, in the order of the store."""
    return tuple(found for obj in store for found in references(obj) if found.to == key)


def references(obj: Object) -> Iterator[Reference]:
    """Every reference in an object, in the order of its fields."""
    for field, to in _named(obj):
        place = obj.origin.position(field) if obj.origin else None
        yield Reference(
            obj.key, field, to, place.file if place else None, place.line if place else None
        )


def _named(obj: Object) -> Iterator[tuple[str, ObjectKey]]:
    if isinstance(obj, Gateway):
        name = obj.spec.gateway_class_name
        yield "spec.gatewayClassName", ObjectKey("GatewayClass", None, name)
    if isinstance(obj, EndpointSlice) and obj.service is not None:
        label = 'metadata.labels["kubernetes.io/service-name"]'
        yield label, ObjectKey("Service", obj.namespace, obj.service)
    yield from _within(obj, "", obj.namespace)


def _within(value: Any, path: str, namespace: str | None) -> Iterator[tuple[str, ObjectKey]]:
    """References below a value; without a namespace, they are to the object's own."""
    if isinstance(value, tuple):
        for at, item in enumerate(value):
            yield from _within(item, f"{path}[{at}]", namespace)
    elif isinstance(value, _REFERENCES):
        own = getattr(value, "namespace", None) or namespace
        yield path, ObjectKey(value.kind, own, value.name)
    if not dataclasses.is_dataclass(value) or isinstance(value, Metadata):
        return
    for field in dataclasses.fields(value):
        below = f"{path}.{camel(field.name)}" if path else camel(field.name)
        if field.name != "origin":
            yield from _within(getattr(value, field.name), below, namespace)

"""References from one object to another; defaults as the API server fills them in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gwroute.model.base import Port, model

__all__ = [
    "GATEWAY_GROUP",
    "BackendObjectReference",
    "BackendRef",
    "LocalObjectReference",
    "LocalParametersReference",
    "ObjectReference",
    "ParametersReference",
    "ParentReference",
    "SecretObjectReference",
]

GATEWAY_GROUP = "gateway.networking.k8s.io"
"""Group of the Gateway API."""

Name = Annotated[str, Field(min_length=1, max_length=253)]
"""Name of an object."""

Hostname = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^(\*\.)?[^\s*/]+$")]
"""A hostname, ``*.`` in front for a wildcard. What only a part of the API forbids is not here."""


@model()
class ParentReference:
    """A Gateway or ListenerSet a route wants to be served by."""

    name: Name
    namespace: str | None = None
    group: str = GATEWAY_GROUP
    kind: str = "Gateway"
    section_name: str | None = None
    port: Port | None = None


@model()
class BackendObjectReference:
    """A backend without weight."""

    name: Name
    namespace: str | None = None
    group: str = ""
    kind: str = "Service"
    port: Port | None = None


@model()
class BackendRef(BackendObjectReference):
    """A backend and its weight."""

    weight: Annotated[int, Field(ge=0, le=1_000_000)] = 1


@model()
class SecretObjectReference:
    """A certificate."""

    name: Name
    namespace: str | None = None
    group: str = ""
    kind: str = "Secret"


@model()
class ObjectReference:
    """An object of any kind, perhaps in another namespace."""

    group: str
    kind: str
    name: Name
    namespace: str | None = None


@model()
class LocalObjectReference:
    """An object of any kind in the same namespace."""

    group: str
    kind: str
    name: Name


@model()
class LocalParametersReference(LocalObjectReference):
    """Parameters of a Gateway, in its namespace."""


@model()
class ParametersReference(LocalObjectReference):
    """Parameters of a GatewayClass."""

    namespace: str | None = None

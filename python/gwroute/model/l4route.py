"""TLSRoute, TCPRoute and UDPRoute (gateway.networking.k8s.io)."""

from __future__ import annotations

from typing import ClassVar

from gwroute.model.base import Ignored, model
from gwroute.model.meta import Object
from gwroute.model.reference import GATEWAY_GROUP, BackendRef, Hostname, ParentReference

__all__ = [
    "L4RouteRule",
    "L4RouteSpec",
    "TCPRoute",
    "TLSRoute",
    "TLSRouteSpec",
    "UDPRoute",
]


@model()
class L4RouteRule:
    """Backends that share connections."""

    name: str | None = None
    backend_refs: tuple[BackendRef, ...] = ()


@model()
class L4RouteSpec:
    """Spec of a TCPRoute or UDPRoute."""

    parent_refs: tuple[ParentReference, ...] = ()
    use_default_gateways: str | None = None
    rules: tuple[L4RouteRule, ...]


@model()
class TLSRouteSpec(L4RouteSpec):
    """Spec of a TLSRoute."""

    hostnames: tuple[Hostname, ...] = ()


@model()
class TLSRoute(Object):
    """Says which TLS connections go where, by server name."""

    GROUP: ClassVar[str] = GATEWAY_GROUP
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1", "v1alpha3", "v1alpha2")

    spec: TLSRouteSpec
    status: Ignored = None


@model()
class TCPRoute(Object):
    """Says where connections of a TCP listener go."""

    GROUP: ClassVar[str] = GATEWAY_GROUP
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1", "v1alpha2")

    spec: L4RouteSpec
    status: Ignored = None


@model()
class UDPRoute(Object):
    """Says where datagrams of a UDP listener go."""

    GROUP: ClassVar[str] = GATEWAY_GROUP
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1", "v1alpha2")

    spec: L4RouteSpec
    status: Ignored = None

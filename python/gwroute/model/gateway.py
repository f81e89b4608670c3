"""GatewayClass, Gateway and ListenerSet (gateway.networking.k8s.io)."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, ClassVar

from pydantic import Field

from gwroute.model.base import Ignored, Port, model
from gwroute.model.meta import LabelSelector, Object
from gwroute.model.reference import (
    GATEWAY_GROUP,
    Hostname,
    LocalParametersReference,
    Name,
    ObjectReference,
    ParametersReference,
    ParentReference,
    SecretObjectReference,
)

__all__ = [
    "AllowedListeners",
    "AllowedRoutes",
    "FrontendTLS",
    "FrontendTLSConfig",
    "FrontendTLSValidation",
    "Gateway",
    "GatewayAddress",
    "GatewayBackendTLS",
    "GatewayClass",
    "GatewayClassSpec",
    "GatewayInfrastructure",
    "GatewaySpec",
    "GatewayTLS",
    "Listener",
    "ListenerNamespaces",
    "ListenerSet",
    "ListenerSetSpec",
    "ListenerTLS",
    "RouteGroupKind",
    "RouteNamespaces",
    "TLSPortConfig",
]


@model()
class GatewayClassSpec:
    """Spec of a GatewayClass."""

    controller_name: Annotated[str, Field(min_length=1, max_length=253)]
    parameters_ref: ParametersReference | None = None
    description: str | None = None


@model()
class GatewayClass(Object):
    """A class of Gateways, and the controller that runs them."""

    GROUP: ClassVar[str] = GATEWAY_GROUP
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1", "v1beta1", "v1alpha2")
    NAMESPACED: ClassVar[bool] = False

    spec: GatewayClassSpec
    status: Ignored = None


@model()
class RouteNamespaces:
    """Namespaces from which routes may attach."""

    from_: str = "Same"
    selector: LabelSelector | None = None


@model()
class RouteGroupKind:
    """A kind of route."""

    kind: str
    group: str = GATEWAY_GROUP


@model()
class AllowedRoutes:
    """Routes that may attach to a listener."""

    namespaces: RouteNamespaces = RouteNamespaces()
    kinds: tuple[RouteGroupKind, ...] = ()


@model()
class ListenerTLS:
    """TLS at a listener."""

    mode: str = "Terminate"
    certificate_refs: tuple[SecretObjectReference, ...] = ()
    options: dict[str, str] = field(default_factory=dict)


@model()
class Listener:
    """A listener of a Gateway or a ListenerSet."""

    name: Name
    port: Port
    protocol: Annotated[str, Field(min_length=1, max_length=255)]
    hostname: Hostname | None = None
    tls: ListenerTLS | None = None
    allowed_routes: AllowedRoutes = AllowedRoutes()


@model()
class GatewayAddress:
    """An address asked for; without a value the implementation chooses one."""

    type: str = "IPAddress"
    value: str | None = None


@model()
class GatewayInfrastructure:
    """What objects generated for the Gateway carry, and its parameters."""

    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    parameters_ref: LocalParametersReference | None = None


@model()
class ListenerNamespaces:
    """Namespaces from which ListenerSets may attach."""

    from_: str = "None"
    selector: LabelSelector | None = None


@model()
class AllowedListeners:
    """ListenerSets that may attach."""

    namespaces: ListenerNamespaces = ListenerNamespaces()


@model()
class FrontendTLSValidation:
    """How certificates of clients are validated."""

    ca_certificate_refs: tuple[ObjectReference, ...]
    mode: str = "AllowValidOnly"


@model()
class FrontendTLSConfig:
    """TLS towards clients."""

    validation: FrontendTLSValidation | None = None


@model()
class TLSPortConfig:
    """TLS towards clients on one port."""

    port: Port
    tls: FrontendTLSConfig


@model()
class FrontendTLS:
    """TLS towards clients, and what differs on single ports."""

    default: FrontendTLSConfig
    per_port: tuple[TLSPortConfig, ...] = ()


@model()
class GatewayBackendTLS:
    """TLS towards backends."""

    client_certificate_ref: SecretObjectReference | None = None


@model()
class GatewayTLS:
    """TLS of the whole Gateway."""

    frontend: FrontendTLS | None = None
    backend: GatewayBackendTLS | None = None


@model()
class GatewaySpec:
    """Spec of a Gateway."""

    gateway_class_name: Name
    listeners: tuple[Listener, ...]
    addresses: tuple[GatewayAddress, ...] = ()
    infrastructure: GatewayInfrastructure | None = None
    allowed_listeners: AllowedListeners = AllowedListeners()
    tls: GatewayTLS | None = None
    default_scope: str | None = None


@model()
class Gateway(Object):
    """Listeners, and the class that serves them."""

    GROUP: ClassVar[str] = GATEWAY_GROUP
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1", "v1beta1", "v1alpha2")

    spec: GatewaySpec
    status: Ignored = None


@model()
class ListenerSetSpec:
    """Spec of a ListenerSet."""

    parent_ref: ParentReference
    listeners: tuple[Listener, ...]


@model()
class ListenerSet(Object):
    """Listeners that join those of a Gateway."""

    GROUP: ClassVar[str] = GATEWAY_GROUP

    spec: ListenerSetSpec
    status: Ignored = None

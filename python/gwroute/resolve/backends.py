"""References to backends: what they name, and what is wrong with them.

The checks run in the order of the Gateway API: kind, grant (before existence, so that nothing
leaks), existence and port, protocol. A reference that fails one keeps its weight, and its share of
the requests gets 500.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from gwroute.model import Service, ServicePort
from gwroute.model.reference import BackendObjectReference
from gwroute.resolve.conditions import Reason
from gwroute.resolve.grants import Referrer, permitted
from gwroute.resolve.suggest import did_you_mean
from gwroute.store import ObjectStore

__all__ = ["Fault", "Target", "display_name", "resolve_backend"]

Protocol = Literal["http/1.1", "h2c"]

_H2C = frozenset({"kubernetes.io/h2c", "gateway.envoyproxy.io/h2c", "grpc"})
_WEBSOCKET = "kubernetes.io/ws"
_WEBSOCKET_TLS = "kubernetes.io/wss"


class Target(NamedTuple):
    """The Service port that a valid reference names."""

    namespace: str
    service: str
    port: int
    protocol: Protocol


class Fault(NamedTuple):
    """Why a reference is invalid."""

    reason: str | None
    """Of ``ResolvedRefs=False``; None if the reference itself is sound and cannot be served."""
    code: str
    field: str
    """Below the reference."""
    message: str
    help: str | None = None


def display_name(ref: BackendObjectReference, namespace: str) -> str:
    """As a person names the backend: ``shop/cart:8080``."""
    port = "" if ref.port is None else f":{ref.port}"
    return f"{ref.namespace or namespace}/{ref.name}{port}"


def resolve_backend(
    store: ObjectStore, referrer: Referrer, ref: BackendObjectReference
) -> Target | Fault:
    """What a reference of a route names, or why it is invalid.

    Args:
        store: Where Services and ReferenceGrants are.
        referrer: The route.
        ref: The reference.
    """
    if ref.kind != "Service" or ref.group != "":
        wanted = f"{ref.group}/{ref.kind}" if ref.group else ref.kind
        message = f"{wanted} {ref.name} is no backend: only Services are"
        return Fault(Reason.INVALID_KIND, "GWR201", "kind", message)
    namespace = ref.namespace or referrer.namespace
    if namespace != referrer.namespace and not permitted(
        store, referrer, "", "Service", namespace, ref.name
    ):
        return _not_permitted(referrer, namespace, ref.name)
    service = store.find(Service, namespace, ref.name)
    if service is None:
        return _missing(store, namespace, ref.name)
    return _target(store, referrer, service, ref)


def _target(
    store: ObjectStore, referrer: Referrer, service: Service, ref: BackendObjectReference
) -> Target | Fault:
    name = f"Service {service.namespace}/{service.name}"
    if service.spec.type == "ExternalName":
        return Fault(
            Reason.BACKEND_NOT_FOUND,
            "GWR206",
            "name",
            f"{name} is of type ExternalName, which can point anywhere and is refused",
            "use a Service with endpoints (CVE-2021-25740)",
        )
    if ref.port is None:
        message = f"the reference to {name} names no port"
        return Fault(
            Reason.BACKEND_NOT_FOUND, "GWR205", "name", message, _ports_of(service, "add port")
        )
    port = next((p for p in service.spec.ports if p.port == ref.port and p.protocol == "TCP"), None)
    if port is None:
        message = f"{name} has no TCP port {ref.port}"
        return Fault(
            Reason.BACKEND_NOT_FOUND, "GWR204", "port", message, _ports_of(service, "its ports are")
        )
    spoken = _protocol(referrer.kind, port)
    if isinstance(spoken, Fault):
        return spoken
    namespace = service.namespace or ""
    if store.backend_tls_of(namespace, "Service", service.name):
        return Fault(
            None,
            "GWR902",
            "name",
            f"a BackendTLSPolicy wants TLS to {name}, which is not supported; the backend is not "
            "asked in clear text instead",
        )
    return Target(namespace, service.name, ref.port, spoken)


def _protocol(route_kind: str, port: ServicePort) -> Protocol | Fault:
    """What to speak to a port; an ``appProtocol`` that is not known is only a hint."""
    spoken = port.app_protocol
    if spoken == _WEBSOCKET_TLS or (spoken == _WEBSOCKET and route_kind == "GRPCRoute"):
        message = f"port {port.port} speaks {spoken}, which a backend of a {route_kind} cannot"
        return Fault(Reason.UNSUPPORTED_PROTOCOL, "GWR204", "port", message)
    return "h2c" if route_kind == "GRPCRoute" or spoken in _H2C else "http/1.1"


def _not_permitted(referrer: Referrer, namespace: str, name: str) -> Fault:
    return Fault(
        Reason.REF_NOT_PERMITTED,
        "GWR202",
        "namespace",
        f"Service {namespace}/{name} is in another namespace, which grants no {referrer.kind} of "
        f"{referrer.namespace} its use",
        f"add a ReferenceGrant to namespace {namespace}",
    )


def _missing(store: ObjectStore, namespace: str, name: str) -> Fault:
    known = [item.name for item in store.of(Service) if item.namespace == namespace]
    return Fault(
        Reason.BACKEND_NOT_FOUND,
        "GWR203",
        "name",
        f"Service {namespace}/{name} does not exist",
        did_you_mean(name, known),
    )


def _ports_of(service: Service, words: str) -> str:
    ports = ", ".join(str(port.port) for port in service.spec.ports)
    return f"{words} {ports}" if ports else "it has no ports"

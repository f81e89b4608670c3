"""References to backends: what they name, and what is wrong with them.

The checks run in the order of the Gateway API: kind, grant (before existence, so that nothing
leaks), existence and port, protocol. A reference that fails one keeps its weight, and its share of
the requests gets 500.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from gwroute import ir
from gwroute.model import Service, ServicePort
from gwroute.model.reference import BackendObjectReference
from gwroute.resolve.backend_tls import ServicePortName, judge, policy_for
from gwroute.resolve.conditions import Reason
from gwroute.resolve.grants import Referrer, permitted
from gwroute.resolve.material import Keys
from gwroute.resolve.suggest import did_you_mean, full_kind
from gwroute.store import ObjectStore

__all__ = ["Fault", "Reference", "Target", "UpstreamRef", "display_name", "resolve_backend"]

Protocol = Literal["http/1.1", "h2c"]

_H2C = frozenset({"kubernetes.io/h2c", "gateway.envoyproxy.io/h2c", "grpc"})
_HTTP = "HTTPRoute"
_WEBSOCKET_TLS = "kubernetes.io/wss"
_WEBSOCKETS = frozenset({"kubernetes.io/ws", _WEBSOCKET_TLS})


class Reference(NamedTuple):
    """A reference of a route to a backend; routes that refer alike share the answer."""

    route_kind: str
    route_namespace: str
    group: str
    kind: str
    namespace: str
    name: str
    port: int | None


class UpstreamRef(NamedTuple):
    """A Service port as gateways of one place see it."""

    key: str
    """Key of the upstream in the snapshot."""
    namespace: str
    service: str
    port: int
    protocol: Protocol
    suffix: str


@dataclass(frozen=True, slots=True)
class Target:
    """The Service port that a valid reference names."""

    namespace: str
    service: str
    port: int
    protocol: Protocol
    # Not of the constructor: a target that is another one by ``replace`` has none of these.
    _backends: dict[int, ir.Backend] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    _refs: dict[str, UpstreamRef] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def name(self) -> str:
        """As a person names the backend: ``shop/cart:8080``."""
        return f"{self.namespace}/{self.service}:{self.port}"

    @property
    def upstream(self) -> str:
        """Key of the upstream, without the suffix of a place."""
        return f"{self.name}+h2c" if self.protocol == "h2c" else self.name

    def backend(self, weight: int, filters: tuple[ir.Filter, ...]) -> ir.Backend:
        """The backend that a reference becomes; without filters, routes share it.

        Args:
            weight: Its weight.
            filters: Its own filters.
        """
        if filters:
            return ir.Backend(self.name, self.upstream, weight, filters)
        made = self._backends.get(weight)
        if made is None:
            made = self._backends[weight] = ir.Backend(self.name, self.upstream, weight)
        return made

    def at(self, suffix: str) -> UpstreamRef:
        """The upstream that gateways of a place use.

        Args:
            suffix: Behind the keys there.
        """
        made = self._refs.get(suffix)
        if made is None:
            parts = (self.namespace, self.service, self.port, self.protocol)
            made = self._refs[suffix] = UpstreamRef(self.upstream + suffix, *parts, suffix)
        return made


class Fault(NamedTuple):
    """Why a reference is invalid."""

    reason: str | None
    """Of ``ResolvedRefs=False``; None if the reference itself is sound and cannot be served."""
    code: str
    field: str
    """Below the reference."""
    message: str
    help: str | None = None
    service: tuple[str, str] | None = None
    """Namespace and name of the Service, where it is there and a policy keeps it from serving."""


def display_name(ref: BackendObjectReference, namespace: str) -> str:
    """As a person names a backend that need not exist: ``shop/cart:8080``."""
    port = "" if ref.port is None else f":{ref.port}"
    return f"{ref.namespace or namespace}/{ref.name}{port}"


def resolve_backend(store: ObjectStore, keys: Keys, ref: Reference) -> Target | Fault:
    """What a reference names, or why it is invalid.

    Args:
        store: Where Services, ReferenceGrants and BackendTLSPolicies are.
        keys: Who judges the authorities that policies name.
        ref: The reference.
    """
    referrer, namespace = Referrer(ref.route_kind, ref.route_namespace), ref.namespace
    if ref.kind != "Service" or ref.group != "":
        message = f"{full_kind(ref.group, ref.kind)} {ref.name} is no backend"
        return Fault(Reason.INVALID_KIND, "GWR201", "kind", message, "name a Service")
    if not permitted(store, referrer, "", "Service", namespace, ref.name):
        return _not_permitted(referrer, namespace, ref.name)
    service = store.find(Service, namespace, ref.name)
    if service is None:
        return _missing(store, namespace, ref.name)
    return _target(store, keys, service, ref)


def _target(store: ObjectStore, keys: Keys, service: Service, ref: Reference) -> Target | Fault:
    name = f"Service {ref.namespace}/{ref.name}"
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
    policy = policy_for(store, ServicePortName(ref.namespace, ref.name, port.name))
    spoken = _protocol(ref.route_kind, port, tls=policy is not None)
    if isinstance(spoken, Fault):
        return spoken
    judged = None if policy is None else judge(store, keys, policy)
    if policy is not None and judged is not None and judged.tls is None:
        return Fault(
            None,
            "GWR314",
            "name",
            f"{policy.key} wants TLS to {name} and cannot be obeyed: {judged.accepted.message}",
            "correct the policy; the backend is not asked in clear text instead",
            (ref.namespace, ref.name),
        )
    return Target(ref.namespace, ref.name, ref.port, spoken)


def _protocol(route_kind: str, port: ServicePort, *, tls: bool) -> Protocol | Fault:
    """What to speak to a port; an ``appProtocol`` that is not known is only a hint."""
    spoken = port.app_protocol
    lacks_tls = spoken == _WEBSOCKET_TLS and not tls
    if lacks_tls or (spoken in _WEBSOCKETS and route_kind == "GRPCRoute"):
        message = f"port {port.port} speaks {spoken}, which backends of {route_kind}s cannot"
        hint = "add a BackendTLSPolicy" if route_kind == _HTTP else None
        return Fault(Reason.UNSUPPORTED_PROTOCOL, "GWR212", "port", message, hint)
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
        did_you_mean(name, known) or "create it, or correct the name",
    )


def _ports_of(service: Service, words: str) -> str:
    ports = ", ".join(str(port.port) for port in service.spec.ports)
    return f"{words} {ports}" if ports else "it has no ports"

"""Objects that are there for others to refer to, and have nothing to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model import (
    EndpointSlice,
    EnvoyProxy,
    Gateway,
    GatewayClass,
    GRPCRoute,
    HTTPRoute,
    ListenerSet,
    ObjectKey,
    ReferenceGrant,
    Service,
)
from gwroute.model.reference import GATEWAY_GROUP
from gwroute.resolve.kinds import Route, routes_of
from gwroute.resolve.suggest import did_you_mean

__all__ = ["orphaned_slices", "unused_grants", "unused_parameters"]


class _Reference(NamedTuple):
    """A reference into another namespace."""

    kind: str
    """Of the object that refers."""
    namespace: str
    """Of the object that refers."""
    target_group: str
    target_kind: str
    target_namespace: str
    target_name: str


def unused_grants(view: View) -> Iterator[Finding]:
    """Grants under which there is no reference: doors that stand open for nobody (GWR213)."""
    grants = view.store.of(ReferenceGrant)
    if not grants:
        return
    references = frozenset(_foreign(view))
    for grant in grants:
        if not any(_covers(grant, reference) for reference in references):
            yield Finding.at(
                "GWR213",
                grant,
                None,
                f"{grant.key} allows references that nothing here makes",
                help="remove it, so that it allows nothing by accident",
            )


def _covers(grant: ReferenceGrant, reference: _Reference) -> bool:
    return (
        reference.target_namespace == grant.namespace
        and any(
            (item.group, item.kind, item.namespace) == (GATEWAY_GROUP, *reference[:2])
            for item in grant.spec.from_
        )
        and any(
            (item.group, item.kind) == (reference.target_group, reference.target_kind)
            and item.name in (None, "", reference.target_name)
            for item in grant.spec.to
        )
    )


def _foreign(view: View) -> Iterator[_Reference]:
    """All references into other namespaces."""
    for route in routes_of(view.store):
        namespace = route.namespace or ""
        for ref in _backends(route):
            if ref.namespace not in (None, namespace):
                kind = type(route).__name__
                yield _Reference(kind, namespace, ref.group, ref.kind, ref.namespace, ref.name)
    owners: tuple[Gateway | ListenerSet, ...] = (
        *view.store.of(Gateway),
        *view.store.of(ListenerSet),
    )
    for owner in owners:
        namespace = owner.namespace or ""
        for listener in owner.spec.listeners:
            for certificate in listener.tls.certificate_refs if listener.tls else ():
                if certificate.namespace not in (None, namespace):
                    yield _Reference(
                        type(owner).__name__,
                        namespace,
                        certificate.group,
                        certificate.kind,
                        certificate.namespace,
                        certificate.name,
                    )


class _Target(NamedTuple):
    group: str
    kind: str
    namespace: str | None
    name: str


def _backends(route: Route) -> Iterator[_Target]:
    """Backends and mirrors of a route."""
    for rule in route.spec.rules:
        for ref in rule.backend_refs:
            yield _Target(ref.group, ref.kind, ref.namespace, ref.name)
    if isinstance(route, HTTPRoute | GRPCRoute):
        for http_rule in route.spec.rules:
            own = (filter_ for ref in http_rule.backend_refs for filter_ in ref.filters)
            for filter_ in (*http_rule.filters, *own):
                if filter_.request_mirror is not None:
                    mirror = filter_.request_mirror.backend_ref
                    yield _Target(mirror.group, mirror.kind, mirror.namespace, mirror.name)


def orphaned_slices(view: View) -> Iterator[Finding]:
    """EndpointSlices of a Service that is not there (GWR214)."""
    for piece in view.store.of(EndpointSlice):
        name, namespace = piece.service, piece.namespace or ""
        if name is not None and view.store.service(namespace, name) is None:
            known = (item.name for item in view.store.of(Service) if item.namespace == namespace)
            yield Finding.at(
                "GWR214",
                piece,
                'metadata.labels["kubernetes.io/service-name"]',
                f"{piece.key}: Service {namespace}/{name} does not exist; its endpoints are not "
                "used",
                help=did_you_mean(name, known),
            )


def unused_parameters(view: View) -> Iterator[Finding]:
    """EnvoyProxy objects that no Gateway and no GatewayClass names (GWR215)."""
    proxies = view.store.of(EnvoyProxy)
    if not proxies:
        return
    named = frozenset(_named_parameters(view))
    for proxy in proxies:
        if proxy.key not in named:
            yield Finding.at(
                "GWR215",
                proxy,
                None,
                f"{proxy.key} is named by no Gateway and no GatewayClass; it has no effect",
                help="name it in parametersRef, or remove it",
            )


def _named_parameters(view: View) -> Iterable[ObjectKey]:
    for gateway in view.store.of(Gateway):
        infrastructure = gateway.spec.infrastructure
        if infrastructure and (ref := infrastructure.parameters_ref):
            yield ObjectKey(ref.kind, gateway.namespace, ref.name)
    for gateway_class in view.store.of(GatewayClass):
        if given := gateway_class.spec.parameters_ref:
            yield ObjectKey(given.kind, given.namespace, given.name)

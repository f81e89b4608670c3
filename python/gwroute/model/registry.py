"""Which documents are read as which type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from gwroute.model.core import (
    ConfigMap,
    CustomResourceDefinition,
    Deployment,
    EndpointSlice,
    Namespace,
    Node,
    Pod,
    Secret,
    Service,
)
from gwroute.model.envoyproxy import EnvoyProxy
from gwroute.model.gateway import Gateway, GatewayClass, ListenerSet
from gwroute.model.l4route import TCPRoute, TLSRoute, UDPRoute
from gwroute.model.meta import Object
from gwroute.model.nodepool import NodeBucket, NodePool
from gwroute.model.policy import BackendTLSPolicy, ReferenceGrant
from gwroute.model.route import GRPCRoute, HTTPRoute

__all__ = ["KINDS", "KNOWN_GROUPS", "PASSED_OVER", "UNSUPPORTED", "list_adapter"]

KINDS: Mapping[tuple[str, str], type[Object]] = {
    (kind.GROUP, kind.__name__): kind
    for kind in (
        GatewayClass, Gateway, ListenerSet, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, UDPRoute,
        ReferenceGrant, BackendTLSPolicy, EnvoyProxy, NodePool, NodeBucket,
        Service, EndpointSlice, Namespace, Node, Pod, Secret, ConfigMap, Deployment,
        CustomResourceDefinition,
    )
}  # fmt: skip
"""Group and kind to type."""

KNOWN_GROUPS = frozenset(
    {
        "gateway.networking.k8s.io",
        "gateway.networking.x-k8s.io",
        "gateway.envoyproxy.io",
        "apps.openyurt.io",
    }
)
"""Groups of which every kind is known: another kind in them is a finding."""

UNSUPPORTED = frozenset(
    {
        ("gateway.networking.x-k8s.io", "XBackend"),
        ("gateway.networking.x-k8s.io", "XBackendTrafficPolicy"),
        ("gateway.networking.x-k8s.io", "XMesh"),
        ("gateway.networking.x-k8s.io", "XListenerSet"),
        ("gateway.envoyproxy.io", "Backend"),
        ("gateway.envoyproxy.io", "BackendTrafficPolicy"),
        ("gateway.envoyproxy.io", "ClientTrafficPolicy"),
        ("gateway.envoyproxy.io", "EnvoyExtensionPolicy"),
        ("gateway.envoyproxy.io", "EnvoyPatchPolicy"),
        ("gateway.envoyproxy.io", "HTTPRouteFilter"),
        ("gateway.envoyproxy.io", "SecurityPolicy"),
    }
)
"""Kinds that would change what happens to requests, and have no effect here: a finding."""

PASSED_OVER = frozenset(
    {
        ("gateway.envoyproxy.io", "EnvoyGateway"),
        ("apps.openyurt.io", "YurtAppSet"),
        ("apps.openyurt.io", "YurtAppDaemon"),
        ("apps.openyurt.io", "YurtAppOverrider"),
        ("apps.openyurt.io", "YurtStaticSet"),
        ("apps.openyurt.io", "UnitedDeployment"),
    }
)
"""Kinds of known groups that have nothing to do with routing."""

_adapters: dict[type[Object], TypeAdapter[Any]] = {}


def list_adapter(kind: type[Object]) -> TypeAdapter[Any]:
    """The validator of a list of objects of a kind, built when it is first needed."""
    made = _adapters.get(kind)
    if made is None:
        made = _adapters[kind] = TypeAdapter(list[kind])  # type: ignore[valid-type]
    return made

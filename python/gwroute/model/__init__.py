"""Objects as the user wrote them, typed, with the place of every field.

Frozen dataclasses, one module a family of kinds: :mod:`gateway`, :mod:`route`, :mod:`filter`,
:mod:`l4route`, :mod:`policy`, :mod:`envoyproxy`, :mod:`nodepool` and :mod:`core`;
:mod:`gwroute.model.parse` reads text into them. Defaults are what the API server fills in.
Words that an API may add to later (filter types, protocols) stay plain strings.
"""

from gwroute.model.core import (
    ConfigMap,
    CustomResourceDefinition,
    Deployment,
    Endpoint,
    EndpointSlice,
    Namespace,
    Node,
    Pod,
    Secret,
    Service,
    ServicePort,
)
from gwroute.model.envoyproxy import EnvoyProxy
from gwroute.model.filter import GRPCRouteFilter, HTTPRouteFilter
from gwroute.model.gateway import Gateway, GatewayClass, Listener, ListenerSet
from gwroute.model.key import ObjectKey, Origin, Position
from gwroute.model.l4route import TCPRoute, TLSRoute, UDPRoute
from gwroute.model.meta import LabelSelector, Metadata, Object
from gwroute.model.nodepool import NodeBucket, NodePool
from gwroute.model.policy import BackendTLSPolicy, ReferenceGrant
from gwroute.model.reference import BackendRef, ParentReference
from gwroute.model.route import (
    GRPCRoute,
    HTTPBackendRef,
    HTTPRoute,
    HTTPRouteMatch,
    HTTPRouteRule,
)

__all__ = [
    "BackendRef",
    "BackendTLSPolicy",
    "ConfigMap",
    "CustomResourceDefinition",
    "Deployment",
    "Endpoint",
    "EndpointSlice",
    "EnvoyProxy",
    "GRPCRoute",
    "GRPCRouteFilter",
    "Gateway",
    "GatewayClass",
    "HTTPBackendRef",
    "HTTPRoute",
    "HTTPRouteFilter",
    "HTTPRouteMatch",
    "HTTPRouteRule",
    "LabelSelector",
    "Listener",
    "ListenerSet",
    "Metadata",
    "Namespace",
    "Node",
    "NodeBucket",
    "NodePool",
    "Object",
    "ObjectKey",
    "Origin",
    "ParentReference",
    "Pod",
    "Position",
    "ReferenceGrant",
    "Secret",
    "Service",
    "ServicePort",
    "TCPRoute",
    "TLSRoute",
    "UDPRoute",
]

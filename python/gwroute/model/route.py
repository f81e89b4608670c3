"""HTTPRoute and GRPCRoute (gateway.networking.k8s.io)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from gwroute.model.base import Ignored, model
from gwroute.model.duration import PATTERN
from gwroute.model.filter import GRPCRouteFilter, HeaderName, HTTPRouteFilter
from gwroute.model.meta import Object
from gwroute.model.reference import GATEWAY_GROUP, BackendRef, Hostname, ParentReference

__all__ = [
    "CookieConfig",
    "GRPCBackendRef",
    "GRPCHeaderMatch",
    "GRPCMethodMatch",
    "GRPCRoute",
    "GRPCRouteMatch",
    "GRPCRouteRule",
    "GRPCRouteSpec",
    "HTTPBackendRef",
    "HTTPHeaderMatch",
    "HTTPPathMatch",
    "HTTPQueryParamMatch",
    "HTTPRoute",
    "HTTPRouteMatch",
    "HTTPRouteRetry",
    "HTTPRouteRule",
    "HTTPRouteSpec",
    "HTTPRouteTimeouts",
    "HeaderConfig",
    "SessionPersistence",
]

Value = Annotated[str, Field(min_length=1, max_length=4096)]
Duration = Annotated[str, Field(pattern=PATTERN)]
"""Gateway API, Duration: a subset of Go's."""


@model()
class HTTPPathMatch:
    """A condition on the path."""

    type: str = "PathPrefix"
    value: Annotated[str, Field(max_length=1024)] = "/"


@model()
class HTTPHeaderMatch:
    """A condition on a header."""

    name: HeaderName
    value: Value
    type: str = "Exact"


@model()
class HTTPQueryParamMatch:
    """A condition on a query parameter."""

    name: HeaderName
    value: Annotated[str, Field(min_length=1, max_length=1024)]
    type: str = "Exact"


@model()
class HTTPRouteMatch:
    """Conditions that must all hold."""

    path: HTTPPathMatch = HTTPPathMatch()
    headers: tuple[HTTPHeaderMatch, ...] = ()
    query_params: tuple[HTTPQueryParamMatch, ...] = ()
    method: str | None = None


@model()
class HTTPBackendRef(BackendRef):
    """A backend of an HTTPRoute, with its own filters."""

    filters: tuple[HTTPRouteFilter, ...] = ()


@model()
class HTTPRouteTimeouts:
    """Time for the whole request, and for each try."""

    request: Duration | None = None
    backend_request: Duration | None = None


@model()
class HTTPRouteRetry:
    """When to try again."""

    codes: tuple[Annotated[int, Field(ge=400, le=599)], ...] = ()
    attempts: Annotated[int, Field(ge=1)] | None = None
    backoff: Duration | None = None


@model()
class CookieConfig:
    """The cookie that keeps a session."""

    lifetime_type: str = "Session"
    name: str | None = None
    path: str = "/"


@model()
class HeaderConfig:
    """The header that keeps a session."""

    name: str


@model()
class SessionPersistence:
    """Keeps a client at one endpoint."""

    session_name: str | None = None
    absolute_timeout: Duration | None = None
    type: str = "Cookie"
    cookie: CookieConfig | None = None
    cookie_config: CookieConfig | None = None
    header: HeaderConfig | None = None


@model()
class HTTPRouteRule:
    """Matches, filters and backends that belong together."""

    name: str | None = None
    matches: tuple[HTTPRouteMatch, ...] = (HTTPRouteMatch(),)
    filters: tuple[HTTPRouteFilter, ...] = ()
    backend_refs: tuple[HTTPBackendRef, ...] = ()
    timeouts: HTTPRouteTimeouts | None = None
    retry: HTTPRouteRetry | None = None
    session_persistence: SessionPersistence | None = None


@model()
class HTTPRouteSpec:
    """Spec of an HTTPRoute."""

    parent_refs: tuple[ParentReference, ...] = ()
    use_default_gateways: str | None = None
    hostnames: tuple[Hostname, ...] = ()
    rules: tuple[HTTPRouteRule, ...] = (HTTPRouteRule(),)


@model()
class HTTPRoute(Object):
    """Says which HTTP requests go where."""

    GROUP: ClassVar[str] = GATEWAY_GROUP
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1", "v1beta1", "v1alpha2")

    spec: HTTPRouteSpec = HTTPRouteSpec()
    status: Ignored = None


@model()
class GRPCMethodMatch:
    """A condition on service and method; at least one of them is given."""

    type: str = "Exact"
    service: Annotated[str, Field(max_length=1024)] | None = None
    method: Annotated[str, Field(max_length=1024)] | None = None


@model()
class GRPCHeaderMatch:
    """A condition on metadata."""

    name: HeaderName
    value: Value
    type: str = "Exact"


@model()
class GRPCRouteMatch:
    """Conditions that must all hold."""

    method: GRPCMethodMatch | None = None
    headers: tuple[GRPCHeaderMatch, ...] = ()


@model()
class GRPCBackendRef(BackendRef):
    """A backend of a GRPCRoute, with its own filters."""

    filters: tuple[GRPCRouteFilter, ...] = ()


@model()
class GRPCRouteRule:
    """Matches, filters and backends that belong together; no match means every request."""

    name: str | None = None
    matches: tuple[GRPCRouteMatch, ...] = ()
    filters: tuple[GRPCRouteFilter, ...] = ()
    backend_refs: tuple[GRPCBackendRef, ...] = ()
    session_persistence: SessionPersistence | None = None


@model()
class GRPCRouteSpec:
    """Spec of a GRPCRoute."""

    parent_refs: tuple[ParentReference, ...] = ()
    use_default_gateways: str | None = None
    hostnames: tuple[Hostname, ...] = ()
    rules: tuple[GRPCRouteRule, ...] = ()


@model()
class GRPCRoute(Object):
    """Says which gRPC calls go where."""

    GROUP: ClassVar[str] = GATEWAY_GROUP
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1", "v1beta1", "v1alpha2")

    spec: GRPCRouteSpec = GRPCRouteSpec()
    status: Ignored = None

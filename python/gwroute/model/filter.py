"""Filters of HTTPRoute and GRPCRoute rules and backends."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gwroute.model.base import Port, model
from gwroute.model.reference import BackendObjectReference, Hostname, LocalObjectReference

__all__ = [
    "ForwardBody",
    "Fraction",
    "GRPCAuthConfig",
    "GRPCRouteFilter",
    "HTTPAuthConfig",
    "HTTPCORSFilter",
    "HTTPExternalAuthFilter",
    "HTTPHeader",
    "HTTPHeaderFilter",
    "HTTPPathModifier",
    "HTTPRequestMirrorFilter",
    "HTTPRequestRedirectFilter",
    "HTTPRouteFilter",
    "HTTPURLRewriteFilter",
]

HeaderName = Annotated[str, Field(min_length=1, max_length=256)]


@model()
class HTTPHeader:
    """Name and value."""

    name: HeaderName
    value: str


@model()
class HTTPHeaderFilter:
    """Edits of headers."""

    set: tuple[HTTPHeader, ...] = ()
    add: tuple[HTTPHeader, ...] = ()
    remove: tuple[str, ...] = ()


@model()
class HTTPPathModifier:
    """A change of the path; the member named like the type counts."""

    type: str
    replace_full_path: str | None = None
    replace_prefix_match: str | None = None


@model()
class HTTPRequestRedirectFilter:
    """Answers with a redirect."""

    scheme: str | None = None
    hostname: Hostname | None = None
    path: HTTPPathModifier | None = None
    port: Port | None = None
    status_code: int = 302


@model()
class HTTPURLRewriteFilter:
    """Changes host and path of what the backend gets."""

    hostname: Hostname | None = None
    path: HTTPPathModifier | None = None


@model()
class Fraction:
    """A share of requests."""

    numerator: Annotated[int, Field(ge=0)]
    denominator: Annotated[int, Field(ge=1)] = 100


@model()
class HTTPRequestMirrorFilter:
    """Sends a copy of requests elsewhere."""

    backend_ref: BackendObjectReference
    percent: Annotated[int, Field(ge=0, le=100)] | None = None
    fraction: Fraction | None = None


@model()
class HTTPCORSFilter:
    """Answers cross-origin questions of browsers."""

    allow_origins: tuple[str, ...] = ()
    allow_credentials: bool = False
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: Annotated[int, Field(ge=1)] = 5


@model()
class GRPCAuthConfig:
    """External authorization over gRPC."""

    allowed_headers: tuple[str, ...] = ()


@model()
class HTTPAuthConfig:
    """External authorization over HTTP."""

    path: str | None = None
    allowed_headers: tuple[str, ...] = ()
    allowed_response_headers: tuple[str, ...] = ()


@model()
class ForwardBody:
    """How much of the body goes to the authorization service."""

    max_size: Annotated[int, Field(ge=0)] = 0


@model()
class HTTPExternalAuthFilter:
    """Asks a service whether a request may pass."""

    protocol: str
    backend_ref: BackendObjectReference
    grpc: GRPCAuthConfig | None = None
    http: HTTPAuthConfig | None = None
    forward_body: ForwardBody | None = None


@model()
class HTTPRouteFilter:
    """One filter; the member that belongs to the type counts."""

    type: str
    request_header_modifier: HTTPHeaderFilter | None = None
    response_header_modifier: HTTPHeaderFilter | None = None
    request_mirror: HTTPRequestMirrorFilter | None = None
    request_redirect: HTTPRequestRedirectFilter | None = None
    url_rewrite: HTTPURLRewriteFilter | None = None
    cors: HTTPCORSFilter | None = None
    external_auth: HTTPExternalAuthFilter | None = None
    extension_ref: LocalObjectReference | None = None


@model()
class GRPCRouteFilter:
    """One filter of a GRPCRoute; the member that belongs to the type counts."""

    type: str
    request_header_modifier: HTTPHeaderFilter | None = None
    response_header_modifier: HTTPHeaderFilter | None = None
    request_mirror: HTTPRequestMirrorFilter | None = None
    extension_ref: LocalObjectReference | None = None

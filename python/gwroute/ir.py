"""The snapshot: the one document that crosses from Python to Rust.

Resolution makes it, the core compiles it, ``gwroute compile`` prints it. The types are frozen
dataclasses with tuples inside, so that a snapshot can be shared, compared and kept; their
fields and names are those of ``rust/gwroute-core/src/ir.rs``, which refuses unknown ones.

A snapshot is flat: listeners, rules and upstreams are three lists of records with a stable
``key`` each, as fine as what a user edits. A changed route changes its own rules and nothing
else, which is what makes :func:`gwroute.delta.diff` cheap.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA = 1
"""Number of this schema. The core refuses a document with another one."""

__all__ = [
    "CORS",
    "SCHEMA",
    "Backend",
    "ClientValidation",
    "Delta",
    "Endpoint",
    "ExternalAuth",
    "Fail",
    "Failure",
    "Filter",
    "Listener",
    "ListenerTLS",
    "PathMatch",
    "PathModifier",
    "RemovedEndpoint",
    "RequestHeaderModifier",
    "RequestMirror",
    "RequestRedirect",
    "ResponseHeaderModifier",
    "Retry",
    "RouteMatch",
    "RouteRef",
    "Rule",
    "Session",
    "Snapshot",
    "SubjectAltName",
    "Timeouts",
    "URLRewrite",
    "Upstream",
    "UpstreamTLS",
    "ValueMatch",
    "VirtualHost",
    "decode",
    "encode",
]

Header = tuple[str, str]
"""Name and value."""


@dataclass(frozen=True, slots=True)
class ClientValidation:
    """Validation of clients' certificates (Gateway API, FrontendTLSValidation)."""

    authorities: tuple[str, ...]
    """Keys of certificate authorities."""
    mode: Literal["AllowValidOnly", "AllowInsecureFallback"] = "AllowValidOnly"
    """Whether the handshake of a client without a valid certificate fails."""


@dataclass(frozen=True, slots=True)
class ListenerTLS:
    """TLS at a listener.

    Key material is named, never held: it crosses in a document of its own, so that a snapshot
    can be shown to anybody.
    """

    certificates: tuple[str, ...]
    """Keys of key pairs, each with a digest of its content; the first is shown to a client that
    no other fits better."""
    client: ClientValidation | None = None
    """None asks clients for no certificate."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One programmed listener of a Gateway, or of a ListenerSet attached to it."""

    key: str
    """Unique and stable: ``infra/public/https``."""
    gateway: str
    """``namespace/name`` of the Gateway."""
    name: str
    """The listener's own name."""
    port: int
    """Port of the Gateway API object; which one is bound is the proxy's matter."""
    protocol: Literal["HTTP", "HTTPS", "TLS"]
    """TLS is not terminated, and no route can stand on it: every connection is closed."""
    hostname: str | None = None
    """Lower case, ``*.`` in front for a wildcard; None takes every host."""
    node_pool: str | None = None
    """The node pool the gateway serves, if it is scoped to one."""
    addresses: tuple[str, ...] = ()
    """IP addresses at which the Gateway asks to be bound; none leaves that to who serves."""
    tls: ListenerTLS | None = None
    """What is needed to terminate TLS; None on a clear-text listener."""


@dataclass(frozen=True, slots=True)
class RouteRef:
    """The route and the rule in it, as a person would name them."""

    kind: str
    namespace: str
    name: str
    rule: int
    """Index of the rule in the route, from 0."""
    rule_name: str | None = None
    created: int | None = None
    """``creationTimestamp`` in seconds since 1970; None (not from a cluster) ranks as newest."""
    file: str | None = None
    line: int | None = None
    """Line of the rule in ``file``, from 1."""


@dataclass(frozen=True, slots=True)
class VirtualHost:
    """One host under one listener."""

    listener: str
    """Key of the listener."""
    host: str | None = None
    """Intersection of the listener's and the route's hostname; None takes every host."""
    hostname: str | None = None
    """The hostname as the route has it, which decides precedence; None if it has none."""


@dataclass(frozen=True, slots=True)
class PathMatch:
    """A condition on the path."""

    type: Literal["Exact", "PathPrefix", "RegularExpression"]
    value: str


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A condition on a header (name in lower case) or a query parameter."""

    name: str
    type: Literal["Exact", "RegularExpression"]
    value: str


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """Conditions that must all hold."""

    path: PathMatch | None = None
    method: str | None = None
    headers: tuple[ValueMatch, ...] = ()
    query_params: tuple[ValueMatch, ...] = ()
    line: int | None = None
    """Line of the match in the route's file, from 1."""
    grpc_method: str | None = None
    """The last segment of the path: a gRPC method of any service."""


@dataclass(frozen=True, slots=True)
class PathModifier:
    """A change of the path."""

    type: Literal["ReplaceFullPath", "ReplacePrefixMatch"]
    value: str


@dataclass(frozen=True, slots=True)
class RequestHeaderModifier:
    """Edits of the request's headers; a name stands in one of the three only."""

    set: tuple[Header, ...] = ()
    add: tuple[Header, ...] = ()
    remove: tuple[str, ...] = ()
    type: Literal["RequestHeaderModifier"] = "RequestHeaderModifier"


@dataclass(frozen=True, slots=True)
class ResponseHeaderModifier:
    """Edits of the response's headers; a name stands in one of the three only."""

    set: tuple[Header, ...] = ()
    add: tuple[Header, ...] = ()
    remove: tuple[str, ...] = ()
    type: Literal["ResponseHeaderModifier"] = "ResponseHeaderModifier"


@dataclass(frozen=True, slots=True)
class RequestRedirect:
    """Answers with a redirect; what is None stays as the request has it."""

    scheme: str | None = None
    hostname: str | None = None
    path: PathModifier | None = None
    port: int | None = None
    status: int = 302
    type: Literal["RequestRedirect"] = "RequestRedirect"


@dataclass(frozen=True, slots=True)
class URLRewrite:
    """Changes host and path of what the backend gets; what is None stays."""

    hostname: str | None = None
    path: PathModifier | None = None
    type: Literal["URLRewrite"] = "URLRewrite"


@dataclass(frozen=True, slots=True)
class RequestMirror:
    """A copy of some requests to another backend, whose answer nobody waits for."""

    backend: str
    """As a person would name it: ``shop/cart:8080``."""
    upstream: str
    """Key of the upstream."""
    numerator: int = 1
    """So many of ``denominator`` requests are copied."""
    denominator: int = 1
    type: Literal["RequestMirror"] = "RequestMirror"


@dataclass(frozen=True, slots=True)
class CORS:
    """Cross-origin resource sharing (Gateway API, HTTPCORSFilter; the Fetch standard)."""

    allow_origins: tuple[str, ...] = ()
    """``*``, or origins whose host may begin with ``*.``."""
    allow_credentials: bool = False
    """Whether cookies and credentials may be sent along."""
    allow_methods: tuple[str, ...] = ()
    """``*``, or methods in upper case."""
    allow_headers: tuple[str, ...] = ()
    """``*``, or names of request headers."""
    expose_headers: tuple[str, ...] = ()
    """``*``, or names of response headers."""
    max_age: int = 5
    """How long a preflight may be remembered, in seconds."""
    type: Literal["CORS"] = "CORS"


@dataclass(frozen=True, slots=True)
class ExternalAuth:
    """A service that says whether a request may pass (Gateway API, HTTPExternalAuthFilter)."""

    protocol: Literal["HTTP", "GRPC"]
    """How it is asked: a request with the client's method and path, or
    ``envoy.service.auth.v3.Authorization/Check``."""
    backend: str
    """As a person would name it: ``auth/check:9000``."""
    upstream: str | None
    """Key of the upstream; None for an invalid reference, and then every request is refused."""
    path: str = ""
    """What the path of the request is put behind, for HTTP."""
    allowed_headers: tuple[str, ...] = ()
    """Names, in lower case, of request headers it sees; empty is what every HTTP one sees, and
    all of them for gRPC."""
    allowed_response_headers: tuple[str, ...] = ()
    """Names, in lower case, of its answer's headers that the backend sees; empty is all."""
    forward_body: int = 0
    """So many bytes of the body are sent along; 0 is none."""
    type: Literal["ExternalAuth"] = "ExternalAuth"


@dataclass(frozen=True, slots=True)
class Fail:
    """Stands for a filter that could not be resolved: its requests get an error.

    "MUST NOT be skipped. Instead, requests that would have been processed by that filter MUST
    receive a HTTP error response." (HTTPRouteFilter)
    """

    status: int
    message: str
    type: Literal["Fail"] = "Fail"


Filter = (
    RequestHeaderModifier
    | ResponseHeaderModifier
    | RequestRedirect
    | URLRewrite
    | RequestMirror
    | CORS
    | ExternalAuth
    | Fail
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits of a rule (Gateway API, HTTPRouteTimeouts), in milliseconds.

    0 is no limit, None the data plane's own.
    """

    request_ms: int | None = None
    """From the request to the end of the response."""
    backend_request_ms: int | None = None
    """Each try, to the end of the backend's response."""


@dataclass(frozen=True, slots=True)
class Retry:
    """When a request is sent again (Gateway API, HTTPRouteRetry).

    Failed connections and tries that ran out of time always count.
    """

    codes: tuple[int, ...]
    """Status codes of the backend that are tried again, ascending."""
    attempts: int
    """How often it is tried again, after the first try."""
    backoff_ms: int
    """The shortest wait before a try."""


@dataclass(frozen=True, slots=True)
class Session:
    """How a client is kept at one endpoint (Gateway API, SessionPersistence)."""

    type: Literal["Cookie", "Header"]
    """Where the token stands."""
    name: str
    """Name of the cookie or of the header."""
    path: str = "/"
    """``Path`` of the cookie."""
    permanent: bool = False
    """Whether the cookie outlives the browser."""
    absolute_timeout_ms: int | None = None
    """After so long a token is void; None never."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer the gateway owes because of a fault in the configuration."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class Backend:
    """One entry of ``backendRefs``."""

    name: str
    """As a person would name it: ``shop/cart:8080``."""
    upstream: str | None
    """Key of the upstream; None for an invalid reference, whose share gets 500."""
    weight: int = 1
    filters: tuple[Filter, ...] = ()
    invalid: Failure | None = None
    """Why the reference is invalid, in the words of the condition."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one route, with the virtual hosts in which it stands."""

    key: str
    """Unique and stable: ``httproute/shop/cart/rule/1``, with ``@pool`` behind it where gateways
    of several node pools see different endpoints."""
    route: RouteRef
    hosts: tuple[VirtualHost, ...]
    matches: tuple[RouteMatch, ...]
    filters: tuple[Filter, ...] = ()
    backends: tuple[Backend, ...] = ()
    timeouts: Timeouts | None = None
    """None leaves the data plane's own."""
    retry: Retry | None = None
    """When a request is sent again; None never."""
    session: Session | None = None
    """How a client is kept at one endpoint; None not at all."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address that serves."""

    address: str
    """IPv4 or IPv6 address, without brackets."""
    port: int
    node: str | None = None
    node_pool: str | None = None
    zone: str | None = None
    pod: str | None = None
    """``namespace/name`` of the pod."""


@dataclass(frozen=True, slots=True)
class RemovedEndpoint:
    """One address that does not serve, and why."""

    address: str
    """``address:port``, an IPv6 address in brackets."""
    by: Literal["topology", "internal_traffic_policy", "readiness", "preference"]
    detail: str
    """In words, with node and pool."""


@dataclass(frozen=True, slots=True)
class SubjectAltName:
    """An identity in a certificate."""

    type: Literal["Hostname", "URI"]
    value: str
    """A DNS name, with ``*.`` in front for a wildcard; or an absolute URI."""


@dataclass(frozen=True, slots=True)
class UpstreamTLS:
    """TLS to an upstream (Gateway API, BackendTLSPolicy)."""

    hostname: str
    """The server name that is sent, and the identity unless ``subject_alt_names`` says more."""
    authorities: tuple[str, ...] | None = None
    """Keys of certificate authorities; None trusts those of the system."""
    subject_alt_names: tuple[SubjectAltName, ...] = ()
    """Identities of which one must be there; empty is ``hostname`` alone."""
    client_certificate: str | None = None
    """Key of the key pair that is shown to a backend that asks for one."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A named set of endpoints."""

    key: str
    """Unique and stable: ``shop/cart:8080``, with ``@pool`` or ``+h2c`` behind it where one
    Service port is seen in several ways."""
    service: str
    """The Service port as a person names it."""
    protocol: Literal["http/1.1", "h2c"] = "http/1.1"
    tls: UpstreamTLS | None = None
    """How the endpoints are known to be right; None speaks in clear text."""
    endpoints: tuple[Endpoint, ...] = ()
    """Ready and in reach. Empty gives 503."""
    assumed: bool = False
    """The endpoints are not known: no EndpointSlice in the input, and assumed to exist."""
    removed: tuple[RemovedEndpoint, ...] = ()
    scope: str | None = None
    """The scoping rule that applied, in words."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a data plane has to know."""

    listeners: tuple[Listener, ...] = ()
    rules: tuple[Rule, ...] = ()
    upstreams: tuple[Upstream, ...] = ()
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class Delta:
    """What turns one snapshot into another, record by record."""

    listeners: tuple[Listener, ...] | None = None
    """All listeners, in order, if any of them changed."""
    put_rules: tuple[Rule, ...] = ()
    delete_rules: tuple[str, ...] = ()
    put_upstreams: tuple[Upstream, ...] = ()
    delete_upstreams: tuple[str, ...] = ()
    schema: int = SCHEMA


@functools.cache
def _snapshots() -> TypeAdapter[Snapshot]:
    from pydantic import TypeAdapter

    return TypeAdapter(Snapshot)


@functools.cache
def _deltas() -> TypeAdapter[Delta]:
    from pydantic import TypeAdapter

    return TypeAdapter(Delta)


def encode(document: Snapshot | Delta) -> bytes:
    """The document as JSON, every field written out."""
    if isinstance(document, Snapshot):
        return _snapshots().dump_json(document)
    return _deltas().dump_json(document)


def decode(document: bytes | str) -> Snapshot:
    """A snapshot from JSON.

    Raises:
        pydantic.ValidationError: If the document is no snapshot.
    """
    return _snapshots().validate_json(document)

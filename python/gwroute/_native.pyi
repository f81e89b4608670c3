"""What Rust does for the package: tables, decisions, the echo backend, reading manifests.

Written by hand and held against the built module by ``make type``. Nothing here is imported
directly by users: :mod:`gwroute` names what is public.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, final

__all__ = [
    "Destination",
    "Echo",
    "Explanation",
    "ExternalAuth",
    "Forward",
    "Mirror",
    "Origin",
    "Proxy",
    "Redirect",
    "Request",
    "Respond",
    "Retry",
    "Route",
    "RouteTable",
    "Schema",
    "Session",
    "Sessions",
    "Timeouts",
    "UpstreamTLS",
    "certificate_lapse",
    "check_authorities",
    "check_key_pair",
    "check_regex",
    "read_manifests",
]

_Headers = Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[str | bytes, str | bytes]]
"""A mapping, or one pair a header line."""

def check_regex(pattern: str) -> None:
    """Raises unless a regular expression can be used in a match.

    Raises:
        RegexError: With the reason: its syntax, or that it compiles to something too large.
    """

def certificate_lapse(certificates: bytes, at: int) -> tuple[bool, int] | None:
    """Why the first certificate is not good at a time: None if it is.

    Args:
        certificates: In PEM.
        at: In seconds since 1970.

    Returns:
        Whether its time is over, and since when; if it is not, from when on it is good.

    Raises:
        ValueError: If there is no certificate.
    """

def check_key_pair(certificates: bytes, key: bytes) -> None:
    """Raises unless a certificate and a key can be used together.

    Args:
        certificates: In PEM: the certificate, then those that lead to its authority.
        key: In PEM: PKCS #8, PKCS #1 or SEC 1.

    Raises:
        ValueError: With the reason, which quotes nothing of the key.
    """

def check_authorities(pem: bytes) -> int:
    """How many certificates of authorities a text in PEM holds.

    Raises:
        ValueError: If it holds none, or one that cannot be used.
    """

@final
class RouteTable:
    """A compiled snapshot. It never changes, and any number of threads may ask it at once."""

    @staticmethod
    def compile(snapshot: bytes) -> RouteTable:
        """Compiles a snapshot in JSON (:func:`gwroute.ir.encode`).

        Raises:
            SnapshotError: If it is no snapshot, or one that cannot be compiled; ``path`` says
                where in the document.
        """

    def patch(self, delta: bytes) -> RouteTable:
        """The table of a changed snapshot; this one stays as it is.

        Args:
            delta: What changed, in JSON.

        Raises:
            SnapshotError: If it is no delta, or one that does not fit this table.
        """

    def snapshot(self) -> bytes:
        """The snapshot the table stands for, in JSON; rules and upstreams in order of keys."""

    @property
    def entries(self) -> list[tuple[str, int]]:
        """``(gateway, port)`` of everything that has to be bound, in order of precedence."""

    def hosts(self, listener: str) -> list[tuple[str | None, list[tuple[str, int]]]]:
        """The hosts under a listener, the most specific first, None being any host.

        Each comes with ``(key of the rule, index of the match)`` of its matches in order of
        precedence.
        """

    def __len__(self) -> int:
        """How many rules there are."""

    def decide(
        self,
        request: Request,
        *,
        port: int | None = None,
        gateway: str | None = None,
        sni: str | None = None,
        draw: float | None = None,
        sessions: Sessions | None = None,
    ) -> Forward | Redirect | Respond:
        """Decides a made request.

        Args:
            request: What to decide.
            port: Where it comes in; without it, the port that the URL names or implies, or the
                only one there is.
            gateway: ``namespace/name``, where several gateways have the port.
            sni: The name a TLS connection was made for.
            draw: From 0 up to 1, chooses among weighted backends; without it chance does.
            sessions: Reads the token of the request; where it is good, the backend is the one
                it names, and :attr:`Forward.bound` its endpoint.

        Raises:
            RequestError: If no listener has that port.
        """

    def decide_parts(
        self,
        method: str,
        target: str | bytes,
        headers: _Headers | None = None,
        *,
        host: str | bytes | None = None,
        port: int | None = None,
        gateway: str | None = None,
        sni: str | None = None,
        draw: float | None = None,
        sessions: Sessions | None = None,
    ) -> Forward | Redirect | Respond:
        """Decides a request given in parts; only headers that rules mention are looked at.

        Args:
            method: Upper case, as on the wire.
            target: Path and query, or an absolute URL.
            headers: One pair a header line, or a mapping; text or bytes.
            host: The authority; without it, that of the ``Host`` header.
            port: As for :meth:`decide`, like the arguments that follow.
            gateway: ``namespace/name``.
            sni: The name a TLS connection was made for.
            draw: From 0 up to 1.
            sessions: Reads the token of the request.

        Raises:
            RequestError: If no listener has that port, or an argument is of another type.
        """

    def explain(
        self,
        request: Request,
        *,
        port: int | None = None,
        gateway: str | None = None,
        sni: str | None = None,
        draw: float | None = None,
        assumed: list[str] = ...,
    ) -> Explanation:
        """Decides a made request as :meth:`decide` does, and says why.

        Args:
            request: What to decide.
            port: As for :meth:`decide`, like the arguments that follow.
            gateway: ``namespace/name``.
            sni: The name a TLS connection was made for.
            draw: From 0 up to 1.
            assumed: What resolution assumed, to be shown with the rest.

        Raises:
            RequestError: If no listener has that port.
        """

@final
class Request:
    """A request, read once and never changed.

    A ``Host`` header says more than the URL, as with curl.

    Args:
        method: Upper case, as on the wire.
        url: An absolute URL, or path and query alone.
        headers: One pair a header line, or a mapping; text or bytes. Bytes that are no UTF-8
            are read as ISO-8859-1.

    Raises:
        RequestError: If the URL is empty or names no host.
    """

    def __new__(cls, method: str, url: str, headers: _Headers | None = None) -> Request: ...
    @property
    def method(self) -> str:
        """As given."""

    @property
    def target(self) -> str:
        """Path and query."""

    @property
    def path(self) -> str:
        """The target up to its ``?``."""

    @property
    def query(self) -> str | None:
        """The target behind its ``?``; None if there is none."""

    @property
    def host(self) -> str | None:
        """The host, with the port if there was one."""

    @property
    def scheme(self) -> str | None:
        """``http`` or ``https``; None where the URL is a path."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """One pair a header line, names as given."""

    @property
    def url(self) -> str:
        """The whole URL, or the target where scheme or host are unknown."""

    def __eq__(self, other: object, /) -> bool: ...

@final
class Route:
    """The rule that took a request. ``str()`` names it: ``HTTPRoute shop/cart rule 1``."""

    @property
    def kind(self) -> str:
        """``HTTPRoute`` or ``GRPCRoute``."""

    @property
    def namespace(self) -> str:
        """Namespace of the route."""

    @property
    def name(self) -> str:
        """Name of the route."""

    @property
    def rule(self) -> int:
        """Index of the rule in the route, from 0."""

    @property
    def rule_name(self) -> str | None:
        """Name of the rule, if it has one."""

    @property
    def match(self) -> int:
        """Index of the match in the rule, from 0."""

    @property
    def file(self) -> str | None:
        """The file the route was read from."""

    @property
    def line(self) -> int | None:
        """Line of the match in that file, from 1."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Forward:
    """To a backend that has endpoints."""

    __match_args__ = ("route", "upstream")

    @property
    def route(self) -> Route:
        """The rule that took the request."""

    @property
    def upstream(self) -> str:
        """The backend as a person names it: ``shop/cart:8080``."""

    @property
    def share(self) -> float:
        """Weight of the backend by the sum of weights, 0 to 1."""

    @property
    def listener(self) -> str:
        """Key of the listener: ``infra/public/https``."""

    @property
    def endpoints(self) -> list[tuple[str, int]]:
        """``(address, port)`` of each endpoint that may be used; empty if they are assumed."""

    @property
    def protocol(self) -> str | None:
        """What is spoken to the backend: ``http/1.1``, or ``h2c`` for HTTP/2."""

    @property
    def tls(self) -> UpstreamTLS | None:
        """How the endpoints are known to be right; None speaks in clear text."""

    @property
    def bound(self) -> tuple[str, int] | None:
        """``(address, port)`` of the endpoint that the client's session is bound to.

        None for a new session, for a rule without sessions, and where ``sessions`` was not given.
        """

    @property
    def session(self) -> Session | None:
        """How the client is kept at one endpoint; None not at all."""

    @property
    def timeouts(self) -> Timeouts | None:
        """Time limits; None where the rule has none."""

    @property
    def retry(self) -> Retry | None:
        """When the request is sent again; None never."""

    @property
    def mirrors(self) -> list[Mirror]:
        """Backends that may get a copy; each by chance of its own."""

    @property
    def external_auth(self) -> list[ExternalAuth]:
        """The services that have to agree first, in this order."""

    def apply(self, request: Request) -> Request:
        """The request as the backend gets it; the one given stays as it is.

        Raises:
            RequestError: If a header value of the route cannot be written as text.
        """

    def apply_response(self, headers: _Headers) -> list[tuple[str, str]]:
        """The headers of a response as the client gets them; browsers are told what the rule says.

        Raises:
            RequestError: If a header value of the route cannot be written as text.
        """

@final
class Redirect:
    """Back to the client, elsewhere."""

    __match_args__ = ("status", "location")

    @property
    def route(self) -> Route | None:
        """The rule that redirects; None where escaped slashes in the path made it necessary."""

    @property
    def status(self) -> int:
        """301, 302, 303, 307 or 308."""

    @property
    def location(self) -> str:
        """Value of the ``Location`` header."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Headers of the answer: ``location``, the edits of the rule, what browsers are told."""

    @property
    def external_auth(self) -> list[ExternalAuth]:
        """The services that have to agree before the client gets this answer, in this order."""

@final
class Respond:
    """Answered by the gateway itself."""

    __match_args__ = ("status", "reason")

    @property
    def route(self) -> Route | None:
        """The rule that took the request, if one did."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Headers of the answer: the edits of the rule, and what a browser asked in a preflight."""

    @property
    def status(self) -> int:
        """400, 404, 421, 500 or 503, or what a failed filter asks for."""

    @property
    def reason(self) -> str:
        """Why, in one word: ``no_route``, ``invalid_backend``, ``no_endpoint``, ..."""

    @property
    def detail(self) -> str:
        """Why, in words."""

    @property
    def backend(self) -> str | None:
        """The backend that was drawn, if one was."""

    @property
    def share(self) -> float | None:
        """Weight of that backend by the sum of weights, 0 to 1."""

    @property
    def external_auth(self) -> list[ExternalAuth]:
        """The services that have to agree before the client gets this answer, in this order."""

@final
class Timeouts:
    """Time limits of a rule (Gateway API, HTTPRouteTimeouts), in milliseconds.

    0 is no limit, None the data plane's own.
    """

    @property
    def request_ms(self) -> int | None:
        """From the request to the end of the response."""

    @property
    def backend_request_ms(self) -> int | None:
        """Each try, to the end of the backend's response."""

    def __eq__(self, other: object, /) -> bool: ...

@final
class Retry:
    """When a request is sent again (Gateway API, HTTPRouteRetry).

    Failed connections and tries that ran out of time always count.
    """

    @property
    def codes(self) -> list[int]:
        """Status codes of the backend that are tried again, ascending."""

    @property
    def attempts(self) -> int:
        """How often it is tried again, after the first try."""

    @property
    def backoff_ms(self) -> int:
        """The shortest wait before a try, in milliseconds."""

    def __eq__(self, other: object, /) -> bool: ...

@final
class Session:
    """How a client is kept at one endpoint (Gateway API, SessionPersistence)."""

    @property
    def type(self) -> str:
        """Where the token stands: ``Cookie`` or ``Header``."""

    @property
    def name(self) -> str:
        """Name of the cookie or of the header."""

    @property
    def path(self) -> str:
        """``Path`` of the cookie."""

    @property
    def permanent(self) -> bool:
        """Whether the cookie outlives the browser."""

    @property
    def absolute_timeout_ms(self) -> int | None:
        """After so many milliseconds a token is void; None never."""

    def __eq__(self, other: object, /) -> bool: ...

@final
class Sessions:
    """Seals and opens the tokens of sessions (Gateway API, GEP-1619).

    A token is good for the rule that gave it, wherever the same key is known: at another replica,
    at :class:`gwroute.Proxy`, after a restart. Any number of threads may use it at once.

    Args:
        keys: At least 32 bytes each: the first seals, all of them open. Without any, a fresh key
            that nobody else knows.

    Raises:
        ValueError: If a key is too short.
    """

    def __new__(cls, keys: Sequence[bytes] = ...) -> Sessions: ...
    def bind(self, forward: Forward, endpoint: tuple[str, int]) -> tuple[str, str] | None:
        """The header that binds a client to an endpoint, for the first response of its session.

        That is the response to a request whose decision was not ``bound``, or could not be kept
        to the endpoint it was bound to. None for a rule without sessions.

        Args:
            forward: What was decided for the request.
            endpoint: ``(address, port)`` of the endpoint that answered.

        Raises:
            ValueError: If the address is no IP address.
        """

@final
class UpstreamTLS:
    """TLS to a backend (Gateway API, BackendTLSPolicy)."""

    @property
    def hostname(self) -> str:
        """The server name to send, and the identity unless ``subject_alt_names`` says more."""

    @property
    def authorities(self) -> list[str] | None:
        """Keys, in ``Resolution.secrets``, of authorities; None trusts those of the system."""

    @property
    def subject_alt_names(self) -> list[tuple[str, str]]:
        """Identities of which one must be there: ``Hostname`` or ``URI``, and the value."""

    @property
    def client_certificate(self) -> str | None:
        """Key, in ``Resolution.secrets``, of the key pair to show."""

    def __eq__(self, other: object, /) -> bool: ...

@final
class Destination:
    """Where a backend is, and how it is spoken to."""

    @property
    def endpoints(self) -> list[tuple[str, int]]:
        """``(address, port)`` of each endpoint that may be used."""

    @property
    def assumed(self) -> bool:
        """Whether the endpoints are not known, and assumed to exist."""

    @property
    def protocol(self) -> str:
        """``http/1.1``, or ``h2c`` for HTTP/2."""

    @property
    def tls(self) -> UpstreamTLS | None:
        """How the endpoints are known to be right; None speaks in clear text."""

    def __eq__(self, other: object, /) -> bool: ...

@final
class ExternalAuth:
    """A service that says whether a request may pass (Gateway API, HTTPExternalAuthFilter)."""

    @property
    def protocol(self) -> str:
        """``HTTP``: a request with the client's method and path, where 200 lets it pass.

        ``GRPC``: ``envoy.service.auth.v3.Authorization/Check``.
        """

    @property
    def backend(self) -> str:
        """As a person names it: ``auth/check:9000``."""

    @property
    def destination(self) -> Destination | None:
        """Where it is; None for an invalid reference: every request gets 500."""

    @property
    def path(self) -> str:
        """What the path of the request is put behind, for HTTP; without a slash at its end."""

    @property
    def allowed_headers(self) -> list[str]:
        """Names, in lower case, of request headers it sees besides those it always does.

        Empty is all of them for ``GRPC``.
        """

    @property
    def allowed_response_headers(self) -> list[str]:
        """Names, in lower case, of its answer's headers that the backend sees; empty is all."""

    @property
    def forward_body(self) -> int:
        """So many bytes of the body are sent along; 0 is none."""

    def __eq__(self, other: object, /) -> bool: ...

@final
class Mirror:
    """A copy of some requests to another backend, whose answer nobody waits for."""

    @property
    def backend(self) -> str:
        """As a person names it: ``shop/cart:8080``."""

    @property
    def destination(self) -> Destination:
        """Where copies go."""

    @property
    def share(self) -> float:
        """The part of the requests that is copied, 0 to 1."""

    def __eq__(self, other: object, /) -> bool: ...

@final
class Explanation:
    """One decision with its reasons; ``str()`` is for people."""

    @property
    def outcome(self) -> str:
        """``forward``, ``redirect`` or ``respond``."""

    def json(self) -> str:
        """As a JSON document; the keys are always there, in one order."""

    def as_dict(self) -> dict[str, Any]:
        """The same as nested dictionaries and lists."""

@final
class Echo:
    """The server behind :class:`gwroute.echo.EchoServer`.

    Args:
        config: Who answers and where, in JSON.

    Raises:
        ValueError: If the configuration cannot be read.
    """

    def __new__(cls, config: bytes) -> Echo: ...
    def start(self) -> dict[str, str]:
        """Binds, and answers from then on; returns the addresses by name.

        Raises:
            BindError: If an address cannot be bound; the message names it.
            ProxyError: If it runs already.
        """

    def targets(self) -> list[str]:
        """Path and query of all requests so far, if they are kept."""

    def stop(self) -> None:
        """Closes the ports and cuts every connection; nothing if it does not run."""

@final
class Proxy:
    """The data plane behind :class:`gwroute.proxy.Proxy`.

    Args:
        config: What it is started with, in JSON: ``workers``, ``access_log`` (``format``,
            ``path``), ``admin``, ``admin_token``, ``stats``, ``ready``, ``metrics_per_route``,
            ``drain_seconds``, ``log_level``; ``limits``: ``header_bytes``, ``header_fields``,
            ``streams``, ``connections``, ``idle_connections``, ``retry_body_bytes``, ``mirrors``;
            ``timeouts``, in seconds: ``request``, ``connect``, ``external_auth``,
            ``stream_idle``, ``request_headers``, ``tls_handshake``, ``client_idle``,
            ``backend_idle``. What is missing has its default.

    Raises:
        ValueError: If the configuration cannot be read.
        ProxyError: If the access log cannot be opened.
    """

    def __new__(cls, config: bytes) -> Proxy: ...
    def start(self) -> dict[str, str]:
        """Starts the workers and binds what is not a Gateway's; returns the addresses by name.

        Raises:
            BindError: If an address cannot be bound; the message names it.
            ProxyError: If it runs already, or the system gives no thread.
        """

    def listen(self, gateway: str, port: int, address: str) -> str:
        """Binds a port of a gateway, and accepts from then on; returns the address as bound.

        Raises:
            BindError: If it is taken or forbidden; the message names it.
            ProxyError: If the proxy has been stopped.
        """

    def unlisten(self, gateway: str, port: int) -> None:
        """Accepts no more there; what is open ends when it is done."""

    def swap(self, table: RouteTable, info: bytes, secrets: bytes) -> int:
        """Puts a table in place, at once for all workers; returns its generation.

        Args:
            table: What to serve from now on.
            info: In JSON: ``status``, ``error``, ``reload_seconds``.
            secrets: In JSON, the key material that the table names: ``key_pairs``, each with
                ``certificates`` and ``key``, and ``authorities``. A listener or an upstream
                whose own is missing or unusable gets no connection, and the error of this
                generation tells so.

        Raises:
            ValueError: If ``info`` or ``secrets`` is no such document.
        """

    def set_session_keys(self, keys: Sequence[bytes]) -> None:
        """What tokens of sessions are sealed with (the first) and opened with (all of them).

        Raises:
            ValueError: If a key is shorter than 32 bytes.
        """

    def set_status(self, status: bytes) -> None:
        """What ``/status`` answers.

        Raises:
            ValueError: If it is no JSON document.
        """

    def reload_failed(self, error: str) -> None:
        """A change could not be used; what was live stays."""

    def set_ready(self, ready: bool) -> None:
        """Whether ``/ready`` says so."""

    def wait_event(self, timeout: float) -> str | None:
        """Waits for ``reload``, ``drain`` or ``log-level LEVEL`` to be asked for.

        Args:
            timeout: Seconds.
        """

    def drain(self) -> None:
        """Accepts no more, and lets what is open finish."""

    def stop(self, grace: float) -> bool:
        """Drains, waits at most ``grace`` seconds, and ends; whether nothing was cut."""

    def stats(self) -> bytes:
        """The counters of this moment, in JSON."""

@final
class Origin:
    """Where an object was written. Keeps the text; fields are looked up in it when asked for."""

    @property
    def file(self) -> str:
        """The name the text was given."""

    @property
    def line(self) -> int:
        """Line on which the object begins, from 1."""

    @property
    def column(self) -> int:
        """Column at which the object begins, from 1, in characters."""

    def is_same(self, other: Origin) -> bool:
        """Whether the same object stands at the same place in both texts, and all its fields do."""

    def position(self, field: str, *, key: bool = False) -> tuple[int, int]:
        """Line and column of a field; of the nearest part of its path if there is no such field.

        Args:
            field: Path such as ``spec.rules[1].matches[0].path.value``; a name that holds dots may
                stand in brackets.
            key: The place of the field's name instead of its value.
        """

    def rule_lines(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """For each of ``spec.rules``: its line, and the lines of its ``matches``."""

    def document(self) -> bytes:
        """The object as it was written, in JSON, nulls and all."""

def read_manifests(
    sources: Sequence[tuple[str, bytes]],
) -> tuple[
    list[tuple[tuple[str | None, str | None], bytes, list[Origin], list[int]]],
    list[tuple[int, str, str, str | None, int, int]],
]:
    """Reads texts with their names, on several threads if they are large.

    Returns:
        Batches: ``apiVersion`` and ``kind`` (None if missing or no text), a JSON list of
        objects, and for each of them its origin and the index of its text. And problems: index of
        the text; ``not-yaml``, ``not-a-mapping``, ``duplicate-key`` or ``too-large``; what is
        wrong; what to do, if that can be said; line and column.
    """

@final
class Schema:
    """The schemas of one kind. It never changes, and any number of threads may ask it at once.

    Args:
        document: What ``tools/schemas.py`` writes, in JSON.

    Raises:
        ValueError: If it is no such document; the message says where.
    """

    def __new__(cls, document: bytes) -> Schema: ...
    def violations(
        self, version: str, documents: bytes
    ) -> list[tuple[int, list[tuple[str, str, str, str, str | None]]]] | None:
        """What is wrong with each of many objects, worked out on several threads.

        Args:
            version: Of the kind: ``v1``.
            documents: A list of objects in JSON.

        Returns:
            Of the objects with something wrong the index, and of each violation its path, sort,
            message, the channels whose schema is violated, and the rule if it is one. None if
            there is no such version.

        Raises:
            ValueError: If it is no list in JSON.
        """

    def rules(self) -> list[str]:
        """The rules of all versions, in CEL, each once and in no order."""

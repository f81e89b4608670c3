"""The specification read literally: list every match, keep those that hold, sort, take the first.

Slow, and meant to be read. It imports the snapshot's types and nothing else of the package, so
that it cannot share a mistake with the core. What it does, in the order of a request:

1. The target is cleaned as Envoy cleans it: fragment cut, backslashes turned, needless escapes
   decoded, dot segments resolved, ``//`` merged. If an escaped slash or backslash is left, it is
   decoded and answered with a 307 to the path cleaned again; ``%00`` is answered with 400, and
   so is a host that is malformed.
2. Of the listeners on the port the most specific one that takes the host answers, alone.
3. Of all matches of all rules on that listener whose host and conditions hold, the first in the
   order of precedence wins (:func:`rank`).
4. The rule's filters run in the order of the list; a redirect ends there.
5. One draw picks a backend by weight, and then its filters run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import unquote_to_bytes

from gwroute import ir

Headers = tuple[tuple[str, str], ...]
"""Lines as they stand on the wire; names in any case."""


@dataclass(frozen=True)
class Query:
    """What is asked: one request at one port of one gateway."""

    method: str
    target: str
    headers: Headers = ()
    port: int = 80
    gateway: str | None = None
    sni: str | None = None
    """Name of the TLS connection; None if that is not known, and then it is not compared."""
    draw: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What the specification wants; what does not apply is None."""

    outcome: str
    status: int | None = None
    rule: str | None = None
    match: int | None = None
    listener: str | None = None
    backend: str | None = None
    path: str | None = None
    """Path and query as the backend gets them."""
    host: str | None = None
    """``Host`` as the backend gets it."""
    headers: Headers = ()
    """What the backend gets: names in lower case, without ``host``."""
    response_filters: tuple[ir.ResponseHeaderModifier, ...] = ()
    location: str | None = None
    cors: ir.CORS | None = None
    """What browsers are told."""


@dataclass(frozen=True)
class Candidate:
    """One match of one rule under one host."""

    rule: ir.Rule
    host: ir.VirtualHost
    index: int

    @property
    def match(self) -> ir.RouteMatch:
        return self.rule.matches[self.index]


def decide(snapshot: ir.Snapshot, query: Query) -> Answer:
    """The answer to one request."""
    authority, target = split_target(query)
    cleaned, host = clean(target), host_of(authority)
    if cleaned is None or host is None:
        return Answer("respond", status=400)
    path, redirect = cleaned
    question = query_of(target)
    if redirect:
        return Answer("redirect", status=307, location=path + question)
    listener = choose_listener(snapshot, query, host)
    if isinstance(listener, int):
        return Answer("respond", status=listener)
    held = [
        c
        for c in candidates(snapshot, listener)
        if host_matches(c.host.host, host) and holds(c.match, query, path, question)
    ]
    if not held:
        return Answer("respond", status=404, listener=listener.key)
    return serve(snapshot, listener, min(held, key=rank), query, authority, path, question)


# ---------------------------------------------------------------- target


def split_target(query: Query) -> tuple[str | None, str]:
    """Authority and the rest. A target in absolute form brings its own authority."""
    absolute = re.match(r"(?i)https?://([^/?#]*)(.*)", query.target, re.DOTALL)
    if absolute:
        rest = absolute[2]
        return absolute[1], rest if rest.startswith("/") else "/" + rest
    hosts = [value for name, value in query.headers if name.lower() == "host"]
    return (hosts[0] if hosts else None), query.target


def query_of(target: str) -> str:
    """The query with its question mark, as it was sent; empty if there is none."""
    before_fragment = target.split("#", 1)[0]
    _, mark, rest = before_fragment.partition("?")
    return mark + rest


def clean(target: str) -> tuple[str, bool] | None:
    """The path to match, and whether the client has to be sent there; None is a bad request."""
    path = target.split("#", 1)[0].split("?", 1)[0]
    if not path.startswith("/"):
        return (path, False) if path == "*" else None
    if "%00" in path:
        return None
    decoded = re.sub("%[0-9A-Fa-f]{2}", _decode_unreserved, path.replace("\\", "/"))
    cleaned = _tidy(_escape_unsafe(decoded))
    unescaped = re.sub("(?i)%2f|%5c", "/", cleaned)
    if unescaped == cleaned:
        return cleaned, False
    return _tidy(unescaped), True


def _tidy(path: str) -> str:
    return re.sub("/+", "/", _resolve_dots(path))


def _decode_unreserved(escape: re.Match[str]) -> str:
    letter = chr(int(escape[0][1:], 16))
    return letter if re.fullmatch(r"[A-Za-z0-9\-._~]", letter) else escape[0]


def _escape_unsafe(path: str) -> str:
    return re.sub(r"[^!$%&'()*+,\-./:;=@\[\]|_~0-9A-Za-z]", lambda m: f"%{ord(m[0]):02X}", path)


def _resolve_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for position, segment in enumerate(segments):
        last = position == len(segments) - 1
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/" + "/".join(kept)


# ---------------------------------------------------------------- hosts and listeners


AUTHORITY = re.compile(r"([\w.~!$&'()*+,;=-]{1,255}|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?", re.ASCII)
"""RFC 3986 3.2 without user information, escapes and address literals yet to be invented."""


def host_of(authority: str | None) -> str | None:
    """The name to compare: without port, in lower case; None is a bad request.

    An absent name fits no pattern. A dot at the end is part of the name.
    """
    if not authority:
        return ""
    parts = AUTHORITY.fullmatch(authority)
    if not parts or int((parts[2] or ":")[1:] or 0) > 65535:
        return None
    name = parts[1].lower()
    return name if name[0] != "[" or _is_ipv6(name[1:-1]) else None


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def host_matches(pattern: str | None, host: str) -> bool:
    """``*.example.com`` is a suffix match over one or more labels; None takes every host."""
    if pattern is None:
        return True
    if pattern.startswith("*."):
        suffix = pattern[1:]
        return host.endswith(suffix) and len(host) > len(suffix)
    return host == pattern


def choose_listener(snapshot: ir.Snapshot, query: Query, host: str) -> ir.Listener | int:
    """The listener that answers, or the status if none does."""
    on_port = [x for x in snapshot.listeners if x.port == query.port]
    gateway = query.gateway or (on_port[0].gateway if on_port else None)
    here = [x for x in on_port if x.gateway == gateway]
    by_host = most_specific(here, host)
    if not here or here[0].protocol == "HTTP":
        return by_host or 404
    if by_host is None:
        return 404
    if query.sni is None:
        return by_host
    return by_host if by_host == most_specific(here, query.sni.lower()) else 421


def most_specific(listeners: list[ir.Listener], host: str) -> ir.Listener | None:
    """Exact before a wildcard with more labels before one with fewer before none."""
    fitting = [x for x in listeners if host_matches(x.hostname, host)]
    return max(fitting, key=lambda x: _specificity(x.hostname), default=None)


def _specificity(hostname: str | None) -> tuple[int, int]:
    if hostname is None:
        return (0, 0)
    return (1 if hostname.startswith("*.") else 2, hostname.count("."))


# ---------------------------------------------------------------- matching


def candidates(snapshot: ir.Snapshot, listener: ir.Listener) -> Iterator[Candidate]:
    """Every match of every rule on a listener, once for each host it stands under."""
    for rule in snapshot.rules:
        for host in rule.hosts:
            if host.listener == listener.key:
                for index in range(len(rule.matches)):
                    yield Candidate(rule, host, index)


def holds(match: ir.RouteMatch, query: Query, path: str, question: str) -> bool:
    """All conditions of a match must hold."""
    return (
        path_holds(match.path, path)
        and match.method in (None, query.method)
        and match.grpc_method in (None, grpc_method_of(path))
        and all(value_holds(h, header_of(query.headers, h.name)) for h in match.headers)
        and all(value_holds(p, parameter_of(question, p.name)) for p in match.query_params)
    )


def path_holds(condition: ir.PathMatch | None, path: str) -> bool:
    """A prefix is compared element by element, without the slash at its end."""
    if condition is None:
        return True
    if condition.type == "Exact":
        return path == condition.value
    if condition.type == "RegularExpression":
        return re.fullmatch(condition.value, path) is not None
    prefix = condition.value.removesuffix("/")
    return prefix == "" or path == prefix or path.startswith(prefix + "/")


def grpc_method_of(path: str) -> str | None:
    """The method of ``/service/method``."""
    parts = re.fullmatch("/([^/]+)/([^/]*)", path)
    return parts[2] if parts else None


def value_holds(condition: ir.ValueMatch, value: str | None) -> bool:
    """Equality, or a pattern for the whole value."""
    if value is None:
        return False
    if condition.type == "RegularExpression":
        return re.fullmatch(condition.value, value) is not None
    return value == condition.value


def header_of(headers: Headers, name: str) -> str | None:
    """Repeated lines are one list, joined with commas."""
    values = [v for n, v in headers if n.lower() == name.lower()]
    return ",".join(values) if values else None


def parameter_of(question: str, name: str) -> str | None:
    """The first value of a parameter; names and values are decoded before they are compared."""
    for pair in question.removeprefix("?").split("&"):
        key, _, value = pair.partition("=")
        if pair and _decode(key) == name:
            return _decode(value)
    return None


def _decode(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "surrogateescape")


# ---------------------------------------------------------------- precedence


def rank(candidate: Candidate) -> tuple[object, ...]:
    """Smaller goes first. The order of HTTPRouteSpec.hostnames, then of HTTPRouteRule.matches."""
    hostname = candidate.host.hostname or ""
    match, route = candidate.match, candidate.rule.route
    kind, value = ("PathPrefix", "") if match.path is None else (match.path.type, match.path.value)
    return (
        -(0 if hostname.startswith("*.") else len(hostname)),
        -len(hostname),
        ("Exact", "RegularExpression", "PathPrefix").index(kind),
        -len(value),
        match.method is None and match.grpc_method is None,
        -len(match.headers),
        -len(match.query_params),
        float("inf") if route.created is None else route.created,
        f"{route.namespace}/{route.name}",
        route.rule,
        candidate.index,
    )


# ---------------------------------------------------------------- what happens to the request


@dataclass
class Outgoing:
    """A request on its way to the backend."""

    matched: str
    """The path that was matched, which path modifiers start from."""
    path: str
    host: str | None
    headers: list[tuple[str, str]]


def serve(
    snapshot: ir.Snapshot,
    listener: ir.Listener,
    winner: Candidate,
    query: Query,
    authority: str | None,
    path: str,
    question: str,
) -> Answer:
    """Run the filters of the winning rule, choose a backend, run its filters."""
    common = {"rule": winner.rule.key, "match": winner.index, "listener": listener.key}
    common["cors"] = last_cors(winner.rule.filters)
    lines = [(n.lower(), v) for n, v in query.headers if n.lower() != "host"]
    outgoing = Outgoing(path, path, authority, lines)

    if is_preflight(winner.rule.filters, query):
        return Answer("respond", status=204, **common)  # type: ignore[arg-type]
    ended = run_filters(winner.rule.filters, winner.match, outgoing, listener, authority, question)
    if ended:
        return Answer(**common, **ended)  # type: ignore[arg-type]
    backend = choose_backend(winner.rule.backends, query.draw)
    if backend is None:
        return Answer("respond", status=500, **common)  # type: ignore[arg-type]
    common["backend"] = backend.name
    common["cors"] = last_cors(backend.filters) or common["cors"]
    if backend.upstream is None:
        return Answer("respond", status=500, **common)  # type: ignore[arg-type]
    if is_preflight(backend.filters, query):
        return Answer("respond", status=204, **common)  # type: ignore[arg-type]
    ended = run_filters(backend.filters, winner.match, outgoing, listener, authority, question)
    if ended:
        return Answer(**common, **ended)  # type: ignore[arg-type]
    upstream = next(u for u in snapshot.upstreams if u.key == backend.upstream)
    if not upstream.endpoints and not upstream.assumed:
        return Answer("respond", status=503, **common)  # type: ignore[arg-type]
    both = (*backend.filters, *winner.rule.filters)
    return Answer(
        "forward",
        path=outgoing.path + question,
        host=outgoing.host,
        headers=tuple(outgoing.headers),
        response_filters=tuple(f for f in both if isinstance(f, ir.ResponseHeaderModifier)),
        **common,  # type: ignore[arg-type]
    )


def last_cors(filters: tuple[ir.Filter, ...]) -> ir.CORS | None:
    """The CORS filter of a list, of which there is one at most."""
    return next((item for item in reversed(filters) if isinstance(item, ir.CORS)), None)


def is_preflight(filters: tuple[ir.Filter, ...], query: Query) -> bool:
    """Whether a browser asks what it may send, and a filter is there to tell it."""
    asked = {"origin", "access-control-request-method"} <= {n.lower() for n, _ in query.headers}
    return query.method == "OPTIONS" and asked and any(isinstance(f, ir.CORS) for f in filters)


def choose_backend(backends: tuple[ir.Backend, ...], draw: float) -> ir.Backend | None:
    """Share = weight / sum of weights. Without any weight there is nothing to choose."""
    total = sum(b.weight for b in backends)
    point = draw * total
    for backend in backends:
        if point < backend.weight:
            return backend
        point -= backend.weight
    return None


def run_filters(
    filters: tuple[ir.Filter, ...],
    match: ir.RouteMatch,
    outgoing: Outgoing,
    listener: ir.Listener,
    authority: str | None,
    question: str,
) -> dict[str, object] | None:
    """Apply filters in the order of the list; a dict if one of them answers by itself."""
    for item in filters:
        if isinstance(item, ir.Fail):
            return {"outcome": "respond", "status": item.status}
        if isinstance(item, ir.RequestRedirect):
            location = location_of(item, match, outgoing.matched, listener, authority) + question
            return {"outcome": "redirect", "status": item.status, "location": location}
        if isinstance(item, ir.RequestHeaderModifier):
            outgoing.headers = edited(outgoing.headers, item)
        if isinstance(item, ir.URLRewrite):
            outgoing.host = item.hostname or outgoing.host
            outgoing.path = modified(outgoing.matched, item.path, match, default=outgoing.path)
    return None


def edited(
    headers: list[tuple[str, str]],
    edits: ir.RequestHeaderModifier | ir.ResponseHeaderModifier,
) -> list[tuple[str, str]]:
    """``set`` replaces all lines of a name, ``add`` appends one, ``remove`` deletes them."""
    gone = {n.lower() for n, _ in edits.set} | {n.lower() for n in edits.remove}
    kept = [(n, v) for n, v in headers if n.lower() not in gone]
    return kept + [(n.lower(), v) for n, v in (*edits.set, *edits.add)]


def modified(
    path: str, modifier: ir.PathModifier | None, match: ir.RouteMatch, *, default: str
) -> str:
    """The path after a modifier: replaced whole, or by its prefix."""
    if modifier is None:
        return default
    if modifier.type == "ReplaceFullPath":
        return modifier.value or "/"
    prefix = match.path.value.removesuffix("/") if match.path else ""
    return modifier.value.removesuffix("/") + path[len(prefix) :] or "/"


def location_of(
    redirect: ir.RequestRedirect,
    match: ir.RouteMatch,
    path: str,
    listener: ir.Listener,
    authority: str | None,
) -> str:
    """``scheme://host[:port]path``; a port that is the scheme's own is left out."""
    scheme = redirect.scheme or {"HTTP": "http", "HTTPS": "https"}[listener.protocol]
    host = redirect.hostname or host_of(authority)
    well_known = {"http": 80, "https": 443}
    port = redirect.port or (well_known[scheme] if redirect.scheme else listener.port)
    shown = "" if port == well_known[scheme] else f":{port}"
    return f"{scheme}://{host}{shown}{modified(path, redirect.path, match, default=path)}"

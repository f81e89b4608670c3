"""Requests aimed at the routes of a configuration: most of them meet one, or just miss it."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import strategies as st

from support.drawn.names import pick, sometimes
from support.drawn.routes import CALLED, EXPRESSIONS, GRPC_METHODS, GRPC_SERVICES
from support.literal import Configuration
from support.literal.listeners import Section
from support.literal.rules import matches_of, rules_of
from support.literal.world import path_of
from support.objects import Document
from support.oracle import Query
from support.strategies import (
    ASKED_BY_BROWSERS,
    HOSTS,
    METHODS,
    PATTERNS,
    VALUE_PATTERNS,
    authorities,
    header_lines,
    query_strings,
    targets,
)

TARGETS, QUERY_STRINGS = targets(), query_strings()
HEADER_LINES, AUTHORITIES = header_lines(), authorities()
DRAWS = st.floats(0, 1, exclude_max=True, allow_subnormal=False)
Headers = tuple[tuple[str, str], ...]


def serving(configuration: Configuration) -> list[Section]:
    """The listeners that requests can be sent to."""
    return [x for x in configuration.sections if x.programmed and x.spec["protocol"] != "TLS"]


def requests(draw: st.DrawFn, configuration: Configuration) -> Query | None:
    """A request to one of the listeners; None if none serves."""
    there = serving(configuration)
    if not there:
        return None
    busy = [section for section in there if configuration.routes_of(section)]
    section = pick(draw, *(there if sometimes(draw, 12) else busy or there))
    routes = configuration.routes_of(section)
    aimed = bool(routes) and not sometimes(draw, 12)
    query = _aimed(draw, section, pick(draw, *routes)) if aimed else _any(draw)
    own = query.headers[0][1].partition(":")[0]
    secure = section.spec["protocol"] == "HTTPS"
    return Query(
        query.method,
        query.target,
        query.headers,
        section.spec["port"],
        path_of(section.gateway),
        pick(draw, own, own, own, None, *HOSTS) if secure else None,
        draw(DRAWS),
    )


def _any(draw: st.DrawFn) -> Query:
    """A request of its own making."""
    headers = (("host", draw(AUTHORITIES)), *draw(HEADER_LINES))
    return Query(pick(draw, *METHODS), draw(TARGETS) + draw(QUERY_STRINGS), headers)


def _aimed(draw: st.DrawFn, section: Section, route: Document) -> Query:
    """A request that meets one match of a route in most of its conditions."""
    rule = pick(draw, *rules_of(route))
    match = pick(draw, *matches_of(rule))
    hostname = pick(draw, *route["spec"].get("hostnames") or [section.hostname])
    host = _host(draw, hostname, section.hostname)
    lines = _lines(draw, match)
    http = route["kind"] == "HTTPRoute"
    method = pick(draw, "GET", "GET", "POST", rarely=METHODS) if http else "POST"
    target = _http_target(draw, match) if http else _grpc_target(draw, match)
    if http:
        method = pick(draw, match.get("method", method), rarely=(method,))
    if "cors" in [name for item in rule.get("filters", ()) for name in item] and sometimes(draw, 2):
        method = "OPTIONS"
    if method == "OPTIONS":
        lines += pick(draw, *(ASKED_BY_BROWSERS, ASKED_BY_BROWSERS[:1], ()))
    return Query(method, target, (("host", host), *lines))


def _host(draw: st.DrawFn, hostname: str | None, other: str | None) -> str:
    """A host that a route and a listener take, as far as that can be."""
    if hostname is None or (other and hostname.startswith("*.") and not other.startswith("*.")):
        hostname = other
    labels = pick(draw, "b.", "z.y.", "c.b.")
    found = pick(draw, *HOSTS) if hostname is None else hostname.replace("*.", labels)
    spelled = pick(draw, found, rarely=(found.upper(), f"{found}.", f"x{found}"))
    return spelled + pick(draw, "", "", ":80", ":9999")


def _lines(draw: st.DrawFn, match: Document) -> Headers:
    """Header lines that meet all conditions but one, perhaps."""
    wanted = match.get("headers", [])
    if wanted and sometimes(draw, 6):
        wanted = wanted[1:]
    lines = draw(HEADER_LINES)
    names = {item["name"].lower() for item in wanted}
    return (
        *(line for line in lines if line[0].lower() not in names),
        *((item["name"], _met(item)) for item in reversed(wanted)),
    )


def _http_target(draw: st.DrawFn, match: Document) -> str:
    path = match.get("path", {})
    value = path.get("value", "/")
    rest = draw(TARGETS)
    if path.get("type", "PathPrefix") == "RegularExpression":
        value = PATTERNS.get(value, value)
    elif path.get("type") != "Exact":
        value = value.rstrip("/") + pick(draw, rest, "", "/") or "/"
    value = pick(draw, value, rarely=(value + "/", value + "x", rest))
    question = draw(QUERY_STRINGS)
    wanted = match.get("queryParams", [])
    if wanted and not sometimes(draw, 6):
        pairs = [f"{quote(item['name'])}={quote(_met(item))}" for item in reversed(wanted)]
        question = "?" + "&".join(pairs)
    return value + question


def _grpc_target(draw: st.DrawFn, match: Document) -> str:
    given = match.get("method", {})
    service, method = pick(draw, *GRPC_SERVICES), pick(draw, *GRPC_METHODS)
    if not sometimes(draw, 6):
        service = EXPRESSIONS.get(given.get("service", service), given.get("service", service))
        method = EXPRESSIONS.get(given.get("method", method), given.get("method", method))
    return pick(draw, f"/{service}/{method}", rarely=CALLED)


def _met(item: Document) -> str:
    """A value that meets a condition."""
    if item.get("type") == "RegularExpression":
        return VALUE_PATTERNS.get(item["value"], "1")
    return str(item["value"])

"""Rules of routes: which can be used, and what their filters and backends say (3.4, 3.5, 9, 10)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gwroute import ir
from support.literal.references import endpoints, fault
from support.literal.world import Document, World, place

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
PREFIX = {"type": "PathPrefix", "value": "/"}


def rules_of(route: Document) -> list[Document]:
    """The rules of a route; an HTTPRoute without any has one that takes everything."""
    return route["spec"].get("rules", [{}] if route["kind"] == "HTTPRoute" else [])


def matches_of(rule: Document) -> list[Document]:
    """The matches of a rule; without any, one that takes everything."""
    return rule.get("matches") or [{}]


def usable(rule: Document) -> bool:
    """Whether a rule has a meaning: all of its values are known, and fit together."""
    lists = [rule.get("filters", []), *(x.get("filters", []) for x in rule.get("backendRefs", ()))]
    if any({"RequestRedirect", "URLRewrite"} <= {item["type"] for item in x} for x in lists):
        return False
    if not all(_known(match) for match in matches_of(rule)):
        return False
    replaces = any(_replaces_prefix(item) for items in lists for item in items)
    return not replaces or _is_one_prefix(matches_of(rule))


def _known(match: Document) -> bool:
    conditions = conditions_of(match, "headers") + conditions_of(match, "queryParams")
    # A gRPC method is an object with a type, a method of HTTP is a word.
    method = match.get("method", "GET")
    if isinstance(method, dict):
        conditions += [{"type": method.get("type", "Exact"), "value": v} for v in _texts(method)]
    elif method not in METHODS:
        return False
    path = PREFIX | match.get("path", {})
    if path["type"] not in ("Exact", "PathPrefix", "RegularExpression"):
        return False
    patterns = [x["value"] for x in (path, *conditions) if x.get("type") == "RegularExpression"]
    types = {item.get("type", "Exact") for item in conditions}
    return types <= {"Exact", "RegularExpression"} and all(map(_compiles, patterns))


def conditions_of(match: Document, kind: str) -> list[Document]:
    """Conditions on headers or parameters; of several for one name the first counts."""
    found: dict[str, Document] = {}
    for item in match.get(kind, ()):
        found.setdefault(item["name"].lower() if kind == "headers" else item["name"], item)
    return list(found.values())


def _texts(method: Document) -> Iterator[str]:
    return (method[name] for name in ("service", "method") if name in method)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _replaces_prefix(item: Document) -> bool:
    member = item.get("requestRedirect") or item.get("urlRewrite") or {}
    return bool(member.get("path", {}).get("type") == "ReplacePrefixMatch")


def _is_one_prefix(matches: list[Document]) -> bool:
    only = (PREFIX | matches[0].get("path", {}))["type"]
    return len(matches) == 1 and only == "PathPrefix"


def faults(world: World, route: Document) -> set[str]:
    """Reasons of all references of a route that cannot be resolved."""
    found = set()
    for rule in rules_of(route):
        refs = list(rule.get("backendRefs", ()))
        filters = [*rule.get("filters", ()), *(f for ref in refs for f in ref.get("filters", ()))]
        for item in filters:
            # Only rules that are used have their filters looked for.
            if item["type"] == "ExtensionRef" and usable(rule):
                found.add("InvalidKind")
            member = item.get("requestMirror") or item.get("externalAuth") or {}
            refs += [member["backendRef"]] if member else []
        found |= {reason for ref in refs if (reason := fault(world, route, ref))}
    return found


def filters_of(items: list[Document]) -> tuple[ir.Filter, ...]:
    """Filters in the snapshot's words; those that change no decision are left out."""
    return tuple(made for item in items if (made := _filter(item)) is not None)


def _filter(item: Document) -> ir.Filter | None:
    match item["type"]:
        case "RequestHeaderModifier":
            return ir.RequestHeaderModifier(**_edits(item["requestHeaderModifier"]))
        case "ResponseHeaderModifier":
            return ir.ResponseHeaderModifier(**_edits(item["responseHeaderModifier"]))
        case "RequestRedirect":
            given = item["requestRedirect"]
            scheme, host, port = (given.get(name) for name in ("scheme", "hostname", "port"))
            status = given.get("statusCode", 302)
            return ir.RequestRedirect(scheme, host, _modifier(given), port, status)
        case "URLRewrite":
            given = item["urlRewrite"]
            return ir.URLRewrite(given.get("hostname"), _modifier(given))
        case "CORS":
            return _cors(item["cors"])
        case "ExtensionRef":
            return ir.Fail(500, "never skipped")
    return None


def _cors(given: Document) -> ir.CORS:
    lists = ("allowMethods", "allowHeaders", "exposeHeaders")
    methods, headers, exposed = (tuple(given.get(name, ())) for name in lists)
    return ir.CORS(
        tuple(given.get("allowOrigins", ())),
        given.get("allowCredentials", False),
        methods,
        headers,
        exposed,
        given.get("maxAge", 5),
    )


def _edits(given: Document) -> dict[str, tuple[object, ...]]:
    """``set``, ``add`` and ``remove``; the first entry of a name wins."""
    seen: set[str] = set()
    found: dict[str, tuple[object, ...]] = {}
    for kind in ("set", "add"):
        fresh = []
        for item in given.get(kind, ()):
            if item["name"].lower() not in seen:
                seen.add(item["name"].lower())
                fresh.append((item["name"], item["value"]))
        found[kind] = tuple(fresh)
    found["remove"] = tuple(x for x in given.get("remove", ()) if x.lower() not in seen)
    return found


def _modifier(given: Document) -> ir.PathModifier | None:
    path = given.get("path")
    if path is None:
        return None
    member = {"ReplaceFullPath": "replaceFullPath", "ReplacePrefixMatch": "replacePrefixMatch"}
    return ir.PathModifier(path["type"], path[member[path["type"]]])


def backends_of(
    world: World, route: Document, rule: Document
) -> tuple[tuple[ir.Backend, ...], tuple[ir.Upstream, ...]]:
    """Backends with their weights, and what is behind the valid ones."""
    backends, upstreams = [], []
    for ref in rule.get("backendRefs", ()):
        namespace = ref.get("namespace", place(route)[0])
        name = f"{namespace}/{ref['name']}" + (f":{ref['port']}" if "port" in ref else "")
        valid = fault(world, route, ref) is None
        filters = filters_of(ref.get("filters", []))
        backends.append(ir.Backend(name, name if valid else None, ref.get("weight", 1), filters))
        if valid:
            found = endpoints(world, namespace, ref["name"], ref["port"])
            behind = tuple(ir.Endpoint(address, port) for address, port in found)
            upstreams.append(ir.Upstream(name, name, endpoints=behind))
    return tuple(backends), tuple(upstreams)

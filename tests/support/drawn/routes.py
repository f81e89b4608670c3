"""HTTPRoutes and GRPCRoutes, aimed at the Gateways and ListenerSets there are."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from support.drawn.filters import filters
from support.drawn.names import NAMESPACES, below, made, pick, shuffled, some, sometimes
from support.objects import Document
from support.strategies import (
    HEADERS,
    HOSTNAMES,
    PARAMETERS,
    PATHS,
    PATTERNS,
    VALUE_PATTERNS,
    VALUES,
)

GRPC_SERVICES = ("s.A", "s.B", "a")
GRPC_METHODS = ("Get", "Put", "b")
EXPRESSIONS = {"s[.]A": "s.A", "s*.*B": "s.B", "[Gb]?": "b", "..*.?": "Get"}
"""For services and methods, each with something that it takes; none longer than another, since
which goes first is nowhere said."""
CALLED = ("/s.A", "/s.A/", "/a/b/c", "/", "/s.A/Get/")
"""What nobody calls."""


def parent_refs(draw: st.DrawFn, parents: list[Document], namespace: str) -> list[Document]:
    """References to some of the parents, or a little beside them."""
    found: list[Document] = []
    for _ in range(pick(draw, 1, 1, 2, 3)):
        parent = pick(draw, *parents)
        metadata = parent["metadata"]
        ref = {"name": pick(draw, metadata["name"], rarely=("none",))}
        if parent["kind"] != "Gateway":
            ref["kind"] = parent["kind"]
        if metadata["namespace"] != namespace or sometimes(draw, 2):
            ref["namespace"] = metadata["namespace"]
        listener = pick(draw, *parent["spec"]["listeners"])
        if sometimes(draw, 3):
            ref["sectionName"] = pick(draw, listener["name"], rarely=("none",))
        if sometimes(draw, 5):
            ref["port"] = pick(draw, listener["port"], rarely=(81,))
        if ref not in found:
            found.append(ref)
    return found


def backend_ref(draw: st.DrawFn) -> Document:
    """A reference to a Service, most often one of the namespace."""
    ref: Document = {"name": pick(draw, "v", "w", rarely=("none",))}
    if sometimes(draw, 4):
        ref["namespace"] = pick(draw, *NAMESPACES)
    ref["port"] = pick(draw, 80, rarely=(81, 82))
    if sometimes(draw, 30):
        ref |= pick(draw, {"kind": "Pod"}, {"group": "example.com", "kind": "Service"})
    return ref


def _conditions(draw: st.DrawFn, names: tuple[str, ...], limit: int) -> list[Document]:
    found = []
    for _ in range(below(draw, limit + 1) if sometimes(draw, 3) else 0):
        item: Document = {
            "name": pick(draw, *names),
            "value": pick(draw, *VALUES),
        }
        if sometimes(draw, 4):
            pattern = pick(draw, *VALUE_PATTERNS, rarely=("[",))
            item |= {"type": "RegularExpression", "value": pattern}
        found.append(item)
    return found


def http_matches(draw: st.DrawFn) -> Document:
    """One match of an HTTPRoute, at times with a value that has no meaning."""
    found: Document = {}
    kind = pick(draw, "PathPrefix", "Exact", None, "RegularExpression", rarely=("Glob",))
    if kind == "RegularExpression":
        pattern = pick(draw, *PATTERNS, rarely=("(",))
        found["path"] = {"type": kind, "value": pattern}
    elif kind is not None:
        found["path"] = {"type": kind, "value": pick(draw, *PATHS)}
        if kind == "PathPrefix" and sometimes(draw, 2):
            del found["path"]["type"]
    if sometimes(draw, 4):
        found["method"] = pick(draw, "GET", "POST", rarely=("get",))
    headers = _conditions(draw, (*HEADERS, "X-A"), 3)
    parameters = _conditions(draw, PARAMETERS, 2)
    found |= {"headers": headers} if headers else {}
    return found | ({"queryParams": parameters} if parameters else {})


def grpc_matches(draw: st.DrawFn) -> Document:
    """One match of a GRPCRoute."""
    found: Document = {}
    shape = pick(draw, "both", "service", "method", "pattern", "none")
    method: Document = {}
    if shape in ("both", "service"):
        method["service"] = pick(draw, *GRPC_SERVICES)
    if shape in ("both", "method"):
        method["method"] = pick(draw, *GRPC_METHODS)
    if shape == "pattern":
        method["type"] = "RegularExpression"
        names = pick(draw, ("service",), ("service", "method"))
        method |= {name: pick(draw, *EXPRESSIONS, rarely=("*",)) for name in names}
    headers = _conditions(draw, (*HEADERS, "X-A"), 3)
    found |= {"method": method} if method else {}
    return found | ({"headers": headers} if headers else {})


def _rules(draw: st.DrawFn, *, http: bool) -> list[Document]:
    found = []
    for _ in range(pick(draw, 1, 1, 2, 3)):
        rule: dict[str, Any] = {}
        make = http_matches if http else grpc_matches
        matches = [make(draw) for _ in range(below(draw, 3))]
        if matches:
            rule["matches"] = matches
        path = matches[0].get("path", {}) if matches else {}
        prefix = len(matches) < 2 and path.get("type", "PathPrefix") == "PathPrefix"
        own = filters(draw, backend_ref, http=http, prefix=prefix)
        if own:
            rule["filters"] = own
        backends = [
            _weighted(draw, http=http, prefix=prefix)
            for _ in range(pick(draw, 1, 1, 1, 2, 2, 3, 3, 0))
        ]
        if backends:
            rule["backendRefs"] = backends
        found.append(rule)
    return found


def _weighted(draw: st.DrawFn, *, http: bool, prefix: bool) -> Document:
    found = backend_ref(draw)
    weight = pick(draw, None, None, 1, 2, 7, 0)
    if weight is not None:
        found["weight"] = weight
    own = filters(draw, backend_ref, http=http, prefix=prefix) if sometimes(draw, 4) else []
    return found | ({"filters": own} if own else {})


def routes(draw: st.DrawFn, parents: list[Document]) -> list[Document]:
    """Up to five routes. Names of the two kinds differ: which goes first of equals is free."""
    found = []
    kinds = {name: "HTTPRoute" if name in "pqr" else "GRPCRoute" for name in "pxqyr"}
    for name in shuffled(draw, "pxqyr")[: pick(draw, 1, 2, 3, 4, 5)]:
        kind, namespace = kinds[name], pick(draw, *NAMESPACES)
        spec: Document = {"parentRefs": parent_refs(draw, parents, namespace)}
        hostnames = some(draw, HOSTNAMES[1:], 2) if sometimes(draw, 2) else []
        if hostnames:
            spec["hostnames"] = hostnames
        if sometimes(draw, 8):
            spec["useDefaultGateways"] = "All"
        if kind == "GRPCRoute" or not sometimes(draw, 20):
            spec["rules"] = _rules(draw, http=kind == "HTTPRoute")
        found.append(made(draw, kind, name, namespace, spec=spec))
    return found

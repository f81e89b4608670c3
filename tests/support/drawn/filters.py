"""Filters of rules and of backends."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from support.drawn.names import below, pick, shuffled, some, sometimes
from support.objects import Document

REFUSED = {"group": "example.com", "kind": "Filter", "name": "none"}
CORS = (
    {"allowOrigins": ["https://a.com"], "allowMethods": ["PUT"], "maxAge": 7},
    {"allowOrigins": ["*"], "allowCredentials": True, "exposeHeaders": ["x-a", "x-b"]},
    {"allowOrigins": ["https://*.com"], "allowHeaders": ["*"]},
)
NAMES = ("x-a", "X-B", "x-d", "X-a")


def edits(draw: st.DrawFn) -> Document:
    """Edits of headers, in which a name may stand twice."""
    found: Document = {}
    for kind in ("set", "add"):
        if chosen := some(draw, NAMES, 2):
            found[kind] = [{"name": name, "value": f"{kind}1"} for name in chosen]
    removed = some(draw, NAMES, 2)
    return found | ({"remove": removed} if removed else {})


def _path(draw: st.DrawFn, *, prefix: bool) -> Document:
    kinds = {"ReplaceFullPath": "replaceFullPath", "ReplacePrefixMatch": "replacePrefixMatch"}
    usual = ("ReplaceFullPath", "ReplacePrefixMatch") if prefix else ("ReplaceFullPath",)
    kind = pick(draw, *usual, rarely=("ReplacePrefixMatch",))
    return {"type": kind, kinds[kind]: pick(draw, "", "/", "/new", "/new/", "/n/m")}


def _redirect(draw: st.DrawFn, *, prefix: bool) -> Document:
    given = {
        "scheme": pick(draw, "http", "https"),
        "hostname": "new.com",
        "port": pick(draw, 80, 443, 8080),
        "statusCode": pick(draw, 301, 303, 307, 308),
        "path": _path(draw, prefix=prefix),
    }
    return {name: value for name, value in given.items() if sometimes(draw, 2)}


def _rewrite(draw: st.DrawFn, *, prefix: bool) -> Document:
    host = {"hostname": "new.com"} if sometimes(draw, 2) else {}
    return host | ({"path": _path(draw, prefix=prefix)} if sometimes(draw, 2) else {})


def filters(
    draw: st.DrawFn, refer: Callable[[st.DrawFn], Document], *, http: bool, prefix: bool
) -> list[Document]:
    """A list of filters, in any order.

    Args:
        draw: Draws.
        refer: Draws references to backends, for copies of requests.
        http: Whether it is an HTTPRoute's: others know fewer filters.
        prefix: Whether the rule has one match, of a prefix.
    """
    found: list[Document] = []

    def add(kind: str, member: str, value: Document) -> None:
        found.append({"type": kind, member: value})

    if sometimes(draw, 3):
        add("RequestHeaderModifier", "requestHeaderModifier", edits(draw))
    if sometimes(draw, 6):
        add("ResponseHeaderModifier", "responseHeaderModifier", edits(draw))
    if sometimes(draw, 8):
        add("RequestMirror", "requestMirror", {"backendRef": refer(draw), "percent": 50})
    if sometimes(draw, 20):
        add("ExtensionRef", "extensionRef", REFUSED)
    if http and sometimes(draw, 8):
        add("CORS", "cors", pick(draw, *CORS))
    last = below(draw, 13) if http else 0
    if last in (9, 10):
        add("URLRewrite", "urlRewrite", _rewrite(draw, prefix=prefix))
    if last in (10, 11, 12) and not (last == 10 and sometimes(draw, 2)):
        add("RequestRedirect", "requestRedirect", _redirect(draw, prefix=prefix))
    return shuffled(draw, found)

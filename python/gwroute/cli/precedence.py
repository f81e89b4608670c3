"""Rules in order of precedence, in words: what ``gwroute describe`` shows of a route."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gwroute import ir
from gwroute.router import Router

__all__ = ["Ranked", "ranked"]


class Ranked(NamedTuple):
    """One match, and its place among all that stand under its host."""

    listener: str
    host: str | None
    """None for any."""
    position: int
    """From 1; the first one that holds takes a request."""
    of: int
    rule: str
    """``HTTPRoute shop/cart rule 0 match 0``."""
    conditions: tuple[str, ...]
    to: tuple[str, ...]
    file: str | None
    line: int | None


def ranked(router: Router, wanted: Callable[[ir.Listener, ir.Rule], bool]) -> Iterator[Ranked]:
    """The matches of all rules that are wanted, host by host, in order of precedence."""
    rules = {rule.key: rule for rule in router.snapshot.rules}
    for listener in router.snapshot.listeners:
        for host, matches in router.hosts(listener.key):
            for at, (key, index) in enumerate(matches):
                if wanted(listener, rules[key]):
                    yield _ranked(listener, host, (at + 1, len(matches)), rules[key], index)


def _ranked(
    listener: ir.Listener, host: str | None, place: tuple[int, int], rule: ir.Rule, index: int
) -> Ranked:
    route, match = rule.route, rule.matches[index]
    name = f' "{route.rule_name}"' if route.rule_name else ""
    return Ranked(
        listener=listener.key,
        host=host,
        position=place[0],
        of=place[1],
        rule=f"{route.kind} {route.namespace}/{route.name} rule {route.rule}{name} match {index}",
        conditions=tuple(_conditions(match)) or ("any request",),
        to=tuple(_targets(rule)),
        file=route.file,
        line=match.line or route.line,
    )


def _conditions(match: ir.RouteMatch) -> Iterator[str]:
    if match.path is not None:
        yield f"{match.path.type} {match.path.value}"
    if match.method is not None:
        yield f"method {match.method}"
    for kind, values in (("header", match.headers), ("query", match.query_params)):
        for value in values:
            how = "" if value.type == "Exact" else f"{value.type} "
            yield f'{kind} {value.name}: {how}"{value.value}"'


def _targets(rule: ir.Rule) -> Iterator[str]:
    for filter_ in rule.filters:
        if isinstance(filter_, ir.RequestRedirect):
            yield f"redirect {filter_.status}"
            return
        if isinstance(filter_, ir.Fail):
            yield f"respond {filter_.status} {filter_.message}"
            return
    total = sum(backend.weight for backend in rule.backends)
    if not total:
        yield "respond 500 no backend"
    for backend in rule.backends if total else ():
        share = f" {backend.weight / total:.0%}" if len(rule.backends) > 1 else ""
        fault = backend.invalid
        yield f"{backend.name}{share}" + (f" ({fault.status}: {fault.message})" if fault else "")

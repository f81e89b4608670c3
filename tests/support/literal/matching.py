"""Which match of which rule takes a request (sections 4.3, 7 and 8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gwroute import ir
from support import oracle
from support.literal.rules import PREFIX, conditions_of, matches_of, rules_of, usable
from support.literal.world import Document, age
from support.oracle import Query

ROOT = ir.PathMatch("PathPrefix", "/")


@dataclass(frozen=True)
class Candidate:
    """One match of one rule, for one hostname of its route."""

    route: Document
    hostname: str | None
    rule: int
    match: int

    @property
    def conditions(self) -> Document:
        return matches_of(rules_of(self.route)[self.rule])[self.match]


def candidates(routes: list[Document], host: str) -> Iterator[Candidate]:
    """Everything that could take a request for a host, whatever else it looks like."""
    for route in routes:
        for hostname in route["spec"].get("hostnames") or [None]:
            if not oracle.host_matches(hostname, host):
                continue
            for at, rule in enumerate(rules_of(route)):
                if usable(rule):
                    for index in range(len(matches_of(rule))):
                        yield Candidate(route, hostname, at, index)


def holds(candidate: Candidate, query: Query, path: str, question: str) -> bool:
    """Whether all conditions hold."""
    match = candidate.conditions
    headers = _conditions(match, "headers")
    if not all(oracle.value_holds(h, oracle.header_of(query.headers, h.name)) for h in headers):
        return False
    if candidate.route["kind"] == "GRPCRoute":
        return _is_method(match.get("method", {}), path)
    parameters = _conditions(match, "queryParams")
    return (
        oracle.path_holds(path_of(match), path)
        and match.get("method") in (None, query.method)
        and all(oracle.value_holds(p, oracle.parameter_of(question, p.name)) for p in parameters)
    )


def path_of(match: Document) -> ir.PathMatch:
    """The condition on the path; the default is every path."""
    return ir.PathMatch(**(PREFIX | match.get("path", {})))


def _conditions(match: Document, kind: str) -> list[ir.ValueMatch]:
    return [
        ir.ValueMatch(item["name"], item.get("type", "Exact"), item["value"])
        for item in conditions_of(match, kind)
    ]


def _is_method(method: Document, path: str) -> bool:
    """Whether ``/service/method`` is one that is meant; what is not named may be anything."""
    if method.get("type", "Exact") == "RegularExpression":
        # Of the whole path: what has more parts than two is nobody's call, and free.
        service, name = (method.get(part, "[^/]+") for part in ("service", "method"))
        return re.fullmatch(f"/(?:{service})/(?:{name})", path) is not None
    parts = path.split("/")[1:]
    if "service" in method and parts[0] != method["service"]:
        return False
    return "method" not in method or (len(parts) == 2 and parts[1] == method["method"])


def rank(candidate: Candidate) -> tuple[object, ...]:
    """Smaller goes first: hostname, conditions, age, name, place."""
    hostname = candidate.hostname or ""
    return (
        -(0 if hostname.startswith("*.") else len(hostname)),
        -len(hostname),
        _rank(candidate.route["kind"], candidate.conditions),
        age(candidate.route),
        candidate.rule,
        candidate.match,
    )


def _rank(kind: str, match: Document) -> tuple[object, ...]:
    headers = -len(_conditions(match, "headers"))
    if kind == "GRPCRoute":
        method = match.get("method", {})
        service, name = method.get("service", ""), method.get("method", "")
        # The API leaves expressions open: they stand behind what is named in full.
        named = method.get("type", "Exact") == "Exact"
        place = 1 if not named else 0 if service and name else 2
        return (place, -len(service), -len(name), headers)
    path = path_of(match)
    return (
        ("Exact", "RegularExpression", "PathPrefix").index(path.type),
        -len(path.value),
        "method" not in match,
        headers,
        -len(_conditions(match, "queryParams")),
    )

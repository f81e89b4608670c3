"""Routing cases: their manifests resolved, and two ways to ask where a request goes."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gwroute import ir
from gwroute.errors import RequestError
from gwroute.model.parse import read
from gwroute.resolve import Resolution
from gwroute.router import Redirect, Request, Respond, Router, resolve
from gwroute.sources.files import load
from gwroute.store import ObjectStore
from gwroute.testing import Case, Exchange, Observed, read_cases
from gwroute.testing.document import Inline
from support import oracle, oracle_cors

FOLDER = Path(__file__).parents[1] / "routing" / "cases"
DRAWS = 400
"""How many evenly spread draws decide about a share: exact for every share in the cases."""


def cases() -> Iterator[Case]:
    """All routing cases."""
    for file in sorted(FOLDER.glob("*.yaml")):
        yield from read_cases(file)


@functools.cache
def store_of(case: Case) -> ObjectStore:
    """The objects of a case."""
    objects, findings = [], []
    for manifest in case.manifests:
        if isinstance(manifest, Inline):
            found = read(manifest.text, str(case.file))
            objects += found.objects
            findings += found.findings
        else:
            loaded = load(manifest)
            objects += list(loaded)
            findings += loaded.findings
    return ObjectStore(objects, findings)


@functools.cache
def resolved(case: Case) -> Resolution:
    """What the objects of a case mean."""
    return resolve(store_of(case), node_pool=case.node_pool, assume=not case.strict)


@functools.cache
def router_of(case: Case) -> Router:
    """The table of a case."""
    return Router(resolved(case).snapshot)


def draws(exchange: Exchange) -> list[float]:
    """What to draw to see the share that an exchange is about."""
    if exchange.share == 1:
        return [0.0, 0.5, 1 - 1e-9]
    return [(n + 0.5) / DRAWS for n in range(DRAWS)]


def by_oracle(case: Case, exchange: Exchange, draw: float) -> Observed:
    """What the specification read literally says of the snapshot."""
    return ask_oracle(resolved(case).snapshot, _at(case, exchange), draw)


def by_router(case: Case, exchange: Exchange, draw: float) -> Observed:
    """What the compiled table decides."""
    return ask_router(router_of(case), _at(case, exchange), draw)


def _at(case: Case, exchange: Exchange) -> Exchange:
    return replace(exchange, gateway=exchange.gateway or case.gateway)


def ask_oracle(snapshot: ir.Snapshot, exchange: Exchange, draw: float) -> Observed:
    """What the specification read literally says."""
    answer = oracle.decide(
        snapshot,
        oracle.Query(
            exchange.method,
            exchange.target,
            exchange.headers,
            exchange.port,
            exchange.gateway,
            exchange.sni,
            draw,
        ),
    )
    rule = next((rule for rule in snapshot.rules if rule.key == answer.rule), None)
    route = rule.route if rule is not None else None
    forwarded = answer.outcome == "forward"
    return Observed(
        answer.outcome,
        status=answer.status,
        location=answer.location,
        backend=answer.backend,
        kind=route and route.kind,
        route=route and f"{route.namespace}/{route.name}",
        rule=route and route.rule,
        match=answer.match,
        method=exchange.method,
        path=answer.path,
        host=answer.host,
        headers=answer.headers if forwarded else None,
        responded=_answered(exchange, answer) if forwarded else _told(exchange, answer),
    )


def _answered(exchange: Exchange, answer: oracle.Answer) -> tuple[tuple[str, str], ...]:
    lines = list(exchange.answers)
    for item in answer.response_filters:
        lines = oracle.edited(lines, item)
    return oracle_cors.marked(answer.cors, exchange.headers, tuple(lines))


def _told(exchange: Exchange, answer: oracle.Answer) -> tuple[tuple[str, str], ...] | None:
    """What an own answer tells browsers."""
    if answer.cors is None:
        return None
    if answer.status == 204:
        return oracle_cors.told(oracle_cors.preflight(answer.cors, exchange.headers))
    return oracle_cors.told(oracle_cors.marked(answer.cors, exchange.headers, ()))


def _request(exchange: Exchange) -> Request:
    """As a server reads it: a target in absolute form brings its own host (RFC 9112 3.2.2)."""
    absolute = "://" in exchange.target.partition("?")[0]
    lines = [(n, v) for n, v in exchange.headers if not (absolute and n == "host")]
    return Request(exchange.method, exchange.target, headers=lines)


def ask_router(router: Router, exchange: Exchange, draw: float) -> Observed:
    """What a compiled table decides."""
    request = _request(exchange)
    try:
        decision = router.decide(
            request, port=exchange.port, gateway=exchange.gateway, sni=exchange.sni, draw=draw
        )
    except RequestError:  # no listener on the port, where a client would find nobody
        return Observed("respond", status=404)
    route = decision.route
    named = {
        "kind": route and route.kind,
        "route": route and f"{route.namespace}/{route.name}",
        "rule": route and route.rule,
        "match": route and route.match,
    }
    match decision:
        case Redirect(status=status, location=location):
            told = oracle_cors.told(tuple(decision.headers))
            return Observed("redirect", status=status, location=location, responded=told, **named)
        case Respond(status=status, reason=reason):
            told = oracle_cors.told(tuple(decision.headers))
            return Observed("respond", status=status, reason=reason, responded=told, **named)
    sent = decision.apply(request)
    return Observed(
        "forward",
        backend=decision.upstream,
        method=sent.method,
        path=sent.target,
        host=sent.host,
        headers=tuple((n, v) for n, v in sent.headers if n.lower() != "host"),
        responded=tuple(decision.apply_response(list(exchange.answers))),
        **named,
    )

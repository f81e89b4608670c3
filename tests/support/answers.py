"""Decisions in the words of the oracles, as far as the binding tells."""

from __future__ import annotations

from gwroute import Redirect, Request, Respond, Router, ir
from gwroute.router import Decision
from support import oracle
from support.oracle import Answer, Query
from support.oracle_cors import marked, preflight


def made(query: Query) -> Request:
    return Request(query.method, query.target, query.headers)


def decided(router: Router, query: Query) -> Decision:
    return router.decide(
        made(query), port=query.port, gateway=query.gateway, sni=query.sni, draw=query.draw
    )


def answer_of(decision: Decision, query: Query) -> Answer:
    """A decision in the oracle's words."""
    found = {"outcome": type(decision).__name__.lower()}
    if decision.route is not None:
        route = decision.route
        key = f"{route.kind.lower()}/{route.namespace}/{route.name}/rule/{route.rule}"
        found |= {"rule": key, "match": route.match}
    match decision:
        case Redirect():
            return Answer(**found, status=decision.status, location=decision.location)
        case Respond():
            return Answer(**found, status=decision.status, backend=decision.backend)
    sent = decision.apply(made(query))
    return Answer(
        **found,
        listener=decision.listener,
        backend=decision.upstream,
        path=sent.target,
        host=sent.host,
        headers=tuple((n.lower(), v) for n, v in sent.headers if n.lower() != "host"),
    )


def expected_of(answer: Answer) -> Answer:
    """What of the oracle's answer the binding tells."""
    told = vars(answer) | {"response_filters": (), "cors": None}
    if answer.outcome != "forward":
        told |= {"listener": None}
    if answer.outcome == "redirect":
        told |= {"backend": None}
    return Answer(**told)


def for_browsers(answer: Answer, query: Query) -> tuple[tuple[str, str], ...]:
    """What browsers are told by the gateway's own answer."""
    if answer.status == 204 and answer.cors is not None:
        return preflight(answer.cors, query.headers)
    return marked(answer.cors, query.headers, ())


def edited(lines: list[tuple[str, str]], answer: Answer) -> list[tuple[str, str]]:
    """Response headers as the oracle edits them."""
    lines = [(name.lower(), value) for name, value in lines]
    for item in answer.response_filters:
        assert isinstance(item, ir.ResponseHeaderModifier)
        lines = oracle.edited(lines, item)
    return lines

"""What becomes of one request (sections 5.4, 5.5, 7.2, 9 and 10)."""

from __future__ import annotations

from gwroute import ir
from support import oracle
from support.literal.attachment import Configuration
from support.literal.listeners import Section
from support.literal.matching import Candidate, candidates, holds, path_of, rank
from support.literal.rules import backends_of, filters_of, rules_of
from support.literal.world import path_of as name_of
from support.literal.world import place
from support.oracle import Answer, Query


def decide(configuration: Configuration, query: Query) -> Answer:
    """The answer to one request at a port of a Gateway."""
    authority, target = oracle.split_target(query)
    cleaned, host = oracle.clean(target), oracle.host_of(authority)
    if cleaned is None or host is None:
        return Answer("respond", status=400)
    path, redirect = cleaned
    question = oracle.query_of(target)
    if redirect:
        return Answer("redirect", status=307, location=path + question)
    serving = {item.key: item for item in configuration.sections if item.programmed}
    listeners = tuple(listener_of(item) for item in serving.values())
    chosen = oracle.choose_listener(ir.Snapshot(listeners, (), ()), query, host)
    if isinstance(chosen, int):
        return Answer("respond", status=chosen)
    routes = configuration.routes_of(serving[chosen.key])
    held = [x for x in candidates(routes, host) if holds(x, query, path, question)]
    if not held:
        return Answer("respond", status=404, listener=chosen.key)
    winner, upstreams = lowered(configuration, min(held, key=rank))
    snapshot = ir.Snapshot((), (), upstreams)
    return oracle.serve(snapshot, chosen, winner, query, authority, path, question)


def listener_of(section: Section) -> ir.Listener:
    """The listener in the snapshot's words."""
    gateway, spec = name_of(section.gateway), section.spec
    listener = (spec["name"], spec["port"], spec["protocol"], section.hostname)
    return ir.Listener(section.key, gateway, *listener)


def lowered(
    configuration: Configuration, found: Candidate
) -> tuple[oracle.Candidate, tuple[ir.Upstream, ...]]:
    """The rule that takes a request, in the snapshot's words, and what is behind its backends."""
    route, rule = found.route, rules_of(found.route)[found.rule]
    namespace, name = place(route)
    backends, upstreams = backends_of(configuration.world, route, rule)
    # All that is left to ask of a match is which prefix of the path it took.
    prefix = path_of(found.conditions) if route["kind"] == "HTTPRoute" else None
    made = ir.Rule(
        f"{route['kind'].lower()}/{namespace}/{name}/rule/{found.rule}",
        ir.RouteRef(route["kind"], namespace or "", name, found.rule),
        (),
        (ir.RouteMatch(prefix),) * (found.match + 1),
        filters_of(rule.get("filters", [])),
        backends,
    )
    return oracle.Candidate(made, ir.VirtualHost(""), found.match), upstreams

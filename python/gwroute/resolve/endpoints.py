"""EndpointSlices to the endpoints that a proxy in one place may use.

The steps, in order: addresses of the right port, each once; the topology annotation and, if
wanted, ``internalTrafficPolicy``, which are hard limits; readiness; preferences, which never
widen a limit and never leave nothing. Whatever goes is kept with the reason, for explanations.

Selection depends on the state of the cluster and on where the proxy runs, not on the request.
It is a function of a Service, its slices and a scope, and may be remembered by their identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import EndpointSlice, Service, ServicePort
from gwroute.model.core import EndpointConditions
from gwroute.resolve.material import Named
from gwroute.resolve.preference import Candidate, prefer
from gwroute.resolve.topology import (
    ANNOTATION,
    Limit,
    Problem,
    Scope,
    lag,
    local_limit,
    topology_limits,
)

__all__ = ["GIVEN", "Reach", "Scope", "problem_finding", "upstream_of"]

GIVEN = "endpoints from --endpoint"
"""The scope of an upstream whose endpoints are given beside the objects."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a proxy can reach of one Service port."""

    upstream: ir.Upstream
    findings: tuple[Finding, ...] = ()
    """At the Service: what kept its scope from being applied as it was meant."""
    material: tuple[Named, ...] = ()
    """What ``upstream.tls`` names."""


READY, DRAINING, NOT_READY = range(3)
"""Serving state, readiest first. Draining: terminating, and serving still."""

Removal = Literal["topology", "internal_traffic_policy", "readiness", "preference"]


def upstream_of(
    service: Service,
    port: int,
    slices: Iterable[EndpointSlice],
    scope: Scope,
    *,
    protocol: Literal["http/1.1", "h2c"] = "http/1.1",
    overrides: Sequence[str] = (),
    assume: bool = False,
) -> Reach:
    """The endpoints behind one port of a Service, as seen from a scope.

    Args:
        service: The Service.
        port: The Service's port; its name and protocol choose the port of the slices.
        slices: All EndpointSlices of the Service.
        scope: Where the proxy is and how strict it is.
        protocol: What the proxy speaks to the endpoints.
        overrides: ``address:port`` of endpoints to use if there is no slice at all.
        assume: Without slices and overrides, take endpoints to exist.

    Returns:
        The upstream, its key ``namespace/name:port`` with ``+h2c`` and the scope's suffix
        behind it, and findings at the Service. No endpoint in reach is an empty upstream.
    """
    name = f"{service.metadata.namespace}/{service.metadata.name}:{port}"
    upstream = ir.Upstream(
        key=f"{name}{'+h2c' if protocol == 'h2c' else ''}{scope.suffix}",
        service=name,
        protocol=protocol,
    )
    slices = sorted(slices, key=lambda item: item.metadata.name)
    if not slices and overrides:
        endpoints = tuple(_override(text) for text in overrides)
        return Reach(replace(upstream, endpoints=endpoints, scope=GIVEN))
    if not slices and assume:
        return Reach(replace(upstream, assumed=True))
    return _select(upstream, service, _collect(service, port, slices, scope), scope)


def _select(upstream: ir.Upstream, service: Service, found: list[Candidate], scope: Scope) -> Reach:
    """Topology, internal traffic policy, readiness, preference."""
    removed: list[ir.RemovedEndpoint] = []
    words: list[str] = []
    problems: list[Problem] = []
    some = bool(found)
    limits = topology_limits(service.metadata.annotations.get(ANNOTATION), scope)
    if limits:
        limit = _first_with_endpoints(limits, found)
        problems += [problem for limit in limits for problem in limit.problems]
        problems += filter(None, [lag(limit, (item.endpoint.node for item in found), scope)])
        found = _apply(limit, found, "topology", scope, words, removed)
    if scope.honor_internal_traffic_policy and service.spec.internal_traffic_policy == "Local":
        limit = local_limit(scope)
        problems += limit.problems
        found = _apply(limit, found, "internal_traffic_policy", scope, words, removed)
    found = _serving(found, removed)
    found, preference = prefer(service, found, scope.location)
    if preference:
        words.append(preference.words)
        removed += [_removed(item, "preference", preference.detail) for item in preference.passed]
    return Reach(
        replace(
            upstream,
            endpoints=tuple(item.endpoint for item in found),
            removed=tuple(removed),
            scope="; ".join(words) or None,
        ),
        tuple(
            problem_finding(service, problem)
            for problem in problems
            if some or not problem.of_place
        ),
    )


def problem_finding(service: Service, problem: Problem) -> Finding:
    """What is wrong with a Service's scope, at the field that asks for it."""
    return Finding.at(
        problem.code,
        service,
        problem.field,
        f"{service.key}: {problem.message}",
        level=problem.level,
        help=problem.help,
    )


# -- collecting


def _override(text: str) -> ir.Endpoint:
    address, _, port = text.rpartition(":")
    return ir.Endpoint(address=address.strip("[]"), port=int(port))


def _collect(
    service: Service, port: int, slices: Iterable[EndpointSlice], scope: Scope
) -> list[Candidate]:
    """Every address of the port once; where conditions differ, the readiest counts."""
    named = next(
        (item for item in service.spec.ports if item.port == port and item.protocol == "TCP"), None
    )
    best: dict[tuple[str, int], Candidate] = {}
    for item in slices:
        if named is None or not _family_fits(item, service, scope):
            continue
        for number in _ports(item, named):
            for candidate in _candidates(item, number, scope):
                key = (candidate.endpoint.address, number)
                if key not in best or candidate.state < best[key].state:
                    best[key] = candidate
    return list(best.values())


def _family_fits(item: EndpointSlice, service: Service, scope: Scope) -> bool:
    """A Service of both families has every pod twice; its first family is the preferred one."""
    wanted = scope.ip_family or (*service.spec.ip_families, "DualStack")[0]
    if wanted == "DualStack":
        return item.address_type in ("IPv4", "IPv6")
    return item.address_type == wanted


def _ports(item: EndpointSlice, named: ServicePort) -> list[int]:
    """Numbers of the slice's ports with the name and the protocol of the Service's port."""
    return [
        port.port
        for port in item.ports
        if port.port is not None
        and (port.name or "") == (named.name or "")
        and (port.protocol or "TCP") == (named.protocol or "TCP")
    ]


def _candidates(item: EndpointSlice, port: int, scope: Scope) -> Iterable[Candidate]:
    pools = scope.pools
    for endpoint in item.endpoints:
        if not endpoint.addresses:
            continue
        node = endpoint.node_name or None
        pool = pools.pool_of(node)
        target, hints = endpoint.target_ref, endpoint.hints
        is_pod = target is not None and target.kind == "Pod" and target.name
        yield Candidate(
            endpoint=ir.Endpoint(
                # Nothing gives addresses after the first a meaning.
                address=endpoint.addresses[0],
                port=port,
                node=node,
                node_pool=pool.name if pool else None,
                zone=endpoint.zone or (pools.zones.get(node) if node else None),
                pod=f"{target.namespace or item.metadata.namespace}/{target.name}"
                if is_pod and target
                else None,
            ),
            state=_state(endpoint.conditions),
            zones=frozenset(zone.name for zone in hints.for_zones) if hints else frozenset(),
            nodes=frozenset(node.name for node in hints.for_nodes) if hints else frozenset(),
        )


def _state(conditions: EndpointConditions | None) -> int:
    """An absent ``ready`` means ready; an absent ``serving`` means what ``ready`` says."""
    if conditions is None or conditions.ready is not False:
        return READY
    if conditions.serving and conditions.terminating:
        return DRAINING
    return NOT_READY


# -- limiting


def _first_with_endpoints(limits: Sequence[Limit], found: list[Candidate]) -> Limit:
    """Of an ordered list, the first limit with a ready endpoint, else with a draining one."""
    for worst in (READY, DRAINING):
        for limit in limits:
            if any(item.state <= worst and _within(limit, item) for item in found):
                return limit
    return limits[0]


def _within(limit: Limit, item: Candidate) -> bool:
    return limit.nodes is None or item.endpoint.node in limit.nodes


def _apply(
    limit: Limit,
    found: list[Candidate],
    by: Removal,
    scope: Scope,
    words: list[str],
    removed: list[ir.RemovedEndpoint],
) -> list[Candidate]:
    kept = [item for item in found if _within(limit, item)]
    words.append(f"{limit.words}; {len(kept)} of {len(found)} endpoints {limit.within}")
    if len(kept) < len(found):
        why = _not_within(limit, scope)
        removed += [
            _removed(item, by, f"{_place(item)}, {why}")
            for item in found
            if not _within(limit, item)
        ]
    return kept


def _not_within(limit: Limit, scope: Scope) -> str:
    where = scope.location
    if limit.within == "in pool":
        return f"not in pool {where.pool_name}"
    if limit.within == "on node":
        return f"not on node {where.node}"
    return limit.words


def _place(item: Candidate) -> str:
    """Node and pool in words."""
    node, pool = item.endpoint.node, item.endpoint.node_pool
    if node is None:
        return "on no known node"
    return f"on {node} of pool {pool}" if pool else f"on {node} of no pool"


def _removed(item: Candidate, by: Removal, detail: str) -> ir.RemovedEndpoint:
    address = item.endpoint.address
    host = f"[{address}]" if ":" in address else address
    return ir.RemovedEndpoint(address=f"{host}:{item.endpoint.port}", by=by, detail=detail)


def _serving(found: list[Candidate], removed: list[ir.RemovedEndpoint]) -> list[Candidate]:
    """Ready endpoints; without any, those that terminate and serve still."""
    states = {item.state for item in found}
    wanted = READY if READY in states else DRAINING
    words = {DRAINING: "terminating, and others are ready", NOT_READY: "not ready"}
    removed += [
        _removed(item, "readiness", f"{words[item.state]}; {_place(item)}")
        for item in found
        if item.state != wanted
    ]
    return [item for item in found if item.state == wanted]

"""One route: its parents, its references, its rules; and what is to be said of it.

The five kinds of routes go the same way. Only HTTPRoutes and GRPCRoutes come out as rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import ObjectKey, ParentReference
from gwroute.model.reference import GATEWAY_GROUP
from gwroute.resolve.attachment import Attachment, Refusal, Visitor, attach
from gwroute.resolve.conditions import Condition, Reason, Type, Verdict, good
from gwroute.resolve.hostnames import Host
from gwroute.resolve.kinds import ROUTES, Route
from gwroute.resolve.lowering import Lowered, lower_rules
from gwroute.resolve.parents import Parent, Section
from gwroute.resolve.suggest import did_you_mean
from gwroute.resolve.world import World

__all__ = ["RouteResult", "UpstreamRef", "resolve_route"]

_PARENTS = ("Gateway", "ListenerSet")


class UpstreamRef(NamedTuple):
    """A Service port as gateways of one place see it."""

    key: str
    """Key of the upstream in the snapshot."""
    namespace: str
    service: str
    port: int
    protocol: str
    suffix: str


@dataclass(frozen=True, slots=True)
class RouteResult:
    """What became of one route."""

    rules: tuple[ir.Rule, ...]
    conditions: tuple[Condition, ...]
    findings: tuple[Finding, ...]
    attached: tuple[str, ...]
    """Keys of the listeners that count the route."""
    upstreams: tuple[UpstreamRef, ...]
    """What its rules refer to."""
    claims: tuple[tuple[str, str | None], ...]
    """Listener and host it would take if no route of another kind were in its way."""
    created: int | None


class _Bond(NamedTuple):
    """One parentRef whose parent is ours."""

    position: int
    """In the list of the route."""
    ref: ParentReference
    parent: Parent
    attachment: Attachment


def resolve_route(world: World, key: ObjectKey) -> RouteResult | None:
    """What becomes of a route; None if it does not exist."""
    route = world.reading.find(ROUTES[key.kind], key.namespace, key.name)
    if route is None:
        return None
    findings: list[Finding] = []
    bonds = _bonds(world, key, route, findings)
    lowered = lower_rules(world, key, route, findings)
    claims = tuple(
        (section.key, host.host)
        for bond in bonds
        for section, hosts in bond.attachment.taken
        for host in hosts
        if lowered.usable
    )
    if claims:
        bonds = _without_rivals(world, key, route, bonds, findings)
    serving = [bond for bond in bonds if bond.attachment.refusal is None and lowered.usable]
    by_suffix = _hosts(serving)
    return RouteResult(
        rules=tuple(
            rule for suffix, hosts in by_suffix.items() for rule in lowered.rules(hosts, suffix)
        ),
        conditions=_conditions(key, route, bonds, lowered),
        findings=tuple(findings),
        attached=tuple(
            dict.fromkeys(section.key for bond in serving for section, _ in bond.attachment.taken)
        ),
        upstreams=tuple(
            UpstreamRef(*ref, suffix) for suffix in by_suffix for ref in lowered.targets(suffix)
        ),
        claims=claims,
        created=route.metadata.creation_timestamp,
    )


# -- parents


def _bonds(world: World, key: ObjectKey, route: Route, findings: list[Finding]) -> list[_Bond]:
    refs = route.spec.parent_refs
    if not refs:
        message = f"{key} names no parent in spec.parentRefs, so nothing serves it"
        findings.append(Finding.at("GWR304", route, "spec", message, key=True))
        return []
    hostnames = getattr(route.spec, "hostnames", ())
    visitor = Visitor(key.kind, key.namespace or "", tuple(name.lower() for name in hostnames))
    bonds = []
    for index, ref in enumerate(refs):
        if ref.group != GATEWAY_GROUP or ref.kind not in _PARENTS:
            findings.append(_foreign(key, route, index, ref))
            continue
        parent = world.parent(ref.kind, ref.namespace or visitor.namespace, ref.name)
        if parent is None:
            findings.append(_missing(world, key, route, index, ref))
        elif parent.ours:
            attachment = attach(world.reading, visitor, ref, parent)
            bonds.append(_Bond(index, ref, parent, attachment))
            if attachment.refusal is not None:
                findings.append(_refused(key, route, index, attachment.refusal))
    return bonds


def _foreign(key: ObjectKey, route: Route, index: int, ref: ParentReference) -> Finding:
    message = f"{key}: parents of kind {ref.group}/{ref.kind} are passed over"
    field = f"spec.parentRefs[{index}].kind"
    return Finding.at("GWR303", route, field, message, level="info")


def _missing(
    world: World, key: ObjectKey, route: Route, index: int, ref: ParentReference
) -> Finding:
    namespace = ref.namespace or key.namespace or ""
    known = world.known_parents(ref.kind, namespace)
    return Finding.at(
        "GWR303",
        route,
        f"spec.parentRefs[{index}].name",
        f"{key}: {ref.kind} {namespace}/{ref.name} does not exist; the route is not served there",
        help=did_you_mean(ref.name, known),
    )


def _refused(key: ObjectKey, route: Route, index: int, refusal: Refusal) -> Finding:
    field = (
        f"spec.{refusal.field[1:]}"
        if refusal.field.startswith("^")
        else f"spec.parentRefs[{index}].{refusal.field}"
    )
    message = f"{key} is not served: {refusal.message}"
    return Finding.at(refusal.code, route, field, message, help=refusal.help)


def _without_rivals(
    world: World, key: ObjectKey, route: Route, bonds: list[_Bond], findings: list[Finding]
) -> list[_Bond]:
    """The bonds without listeners on which a route of another kind goes first."""
    rivals = world.rivals_of(key)
    if not rivals:
        return bonds
    found = []
    for bond in bonds:
        kept = tuple(item for item in bond.attachment.taken if item[0].key not in rivals)
        if len(kept) == len(bond.attachment.taken):
            found.append(bond)
            continue
        lost = next(s for s, _ in bond.attachment.taken if s.key in rivals)
        refusal = _outrun(rivals[lost.key], lost)
        findings.append(_refused(key, route, bond.position, refusal))
        attachment = Attachment(kept) if kept else Attachment(refusal=refusal)
        found.append(bond._replace(attachment=attachment))
    return found


def _outrun(rival: ObjectKey, section: Section) -> Refusal:
    return Refusal(
        Reason.RIVAL_ROUTE,
        "GWR306",
        "^hostnames",
        f"{rival}, which is older, has hostnames in common on listener {section.name}; HTTPRoutes "
        "and GRPCRoutes are never merged",
        "give the two routes different hostnames",
    )


def _hosts(bonds: Sequence[_Bond]) -> dict[str, tuple[ir.VirtualHost, ...]]:
    """By suffix, where the rules stand in the snapshot."""
    found: dict[str, dict[ir.VirtualHost, None]] = {}
    for bond in bonds:
        for section, hosts in bond.attachment.taken:
            if section.serving:
                here = found.setdefault(bond.parent.suffix, {})
                here.update((_virtual_host(section, host), None) for host in hosts)
    return {suffix: tuple(hosts) for suffix, hosts in found.items()}


def _virtual_host(section: Section, host: Host) -> ir.VirtualHost:
    return ir.VirtualHost(section.key, host.host, host.hostname)


# -- conditions

_ACCEPTED = good(Type.ACCEPTED, "The route is accepted")


def _conditions(
    key: ObjectKey, route: Route, bonds: Iterable[_Bond], lowered: Lowered
) -> tuple[Condition, ...]:
    generation = route.metadata.generation
    return tuple(
        Condition(
            key,
            verdict.type,
            verdict.status,
            verdict.reason,
            verdict.message,
            generation,
            bond.ref,
            None,
            bond.parent.controller,
        )
        for bond in bonds
        for verdict in _verdicts(bond, lowered)
    )


def _verdicts(bond: _Bond, lowered: Lowered) -> Iterable[Verdict]:
    refusal = bond.attachment.refusal
    if refusal is not None:
        message = refusal.message + (f"; {refusal.help}" if refusal.help else "")
        yield Verdict(Type.ACCEPTED, "False", refusal.reason, message)
    else:
        yield lowered.accepted or _ACCEPTED
    yield lowered.resolved
    if lowered.partially_invalid is not None and refusal is None:
        yield lowered.partially_invalid

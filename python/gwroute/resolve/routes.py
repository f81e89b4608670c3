"""One route: its parents, its references, its rules; and what is to be said of it.

The five kinds of routes go the same way. Only HTTPRoutes and GRPCRoutes come out as rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple, TypeVar, cast

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import ObjectKey, ParentReference
from gwroute.model.reference import GATEWAY_GROUP
from gwroute.resolve.attachment import Attachment, Refusal, Visitor, attach
from gwroute.resolve.backends import UpstreamRef
from gwroute.resolve.conditions import Condition, Reason, Type, Verdict, good
from gwroute.resolve.kinds import Route
from gwroute.resolve.lowering import Lowered, lower_rules
from gwroute.resolve.parents import Parent, Section
from gwroute.resolve.suggest import did_you_mean, full_kind, with_help
from gwroute.resolve.world import World

__all__ = ["RouteResult", "resolve_route"]

T = TypeVar("T")

RIVALS = ("HTTPRoute", "GRPCRoute")
"""The kinds that are never merged."""
_PARENTS = ("Gateway", "ListenerSet")


class RouteResult(NamedTuple):
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
    services: tuple[tuple[str, str], ...]
    """Namespace and name of the Services it refers to."""


class _Bond(NamedTuple):
    """One parentRef whose parent is ours."""

    position: int
    """In the list of the route."""
    ref: ParentReference
    parent: Parent
    attachment: Attachment


def resolve_route(world: World, key: ObjectKey) -> RouteResult | None:
    """What becomes of a route; None if it does not exist."""
    route = cast("Route | None", world.reading.get(key))
    if route is None:
        return None
    findings: list[Finding] = []
    bonds = _bonds(world, key, route, findings)
    lowered = lower_rules(world, key, route, findings)
    claims: tuple[tuple[str, str | None], ...] = ()
    if lowered.usable and key.kind in RIVALS:
        claims = _joined([bond.attachment.claims for bond in bonds])
        bonds = _without_rivals(world, key, route, bonds, findings)
    serving = [bond for bond in bonds if bond.attachment.taken] if lowered.usable else []
    rules: list[ir.Rule] = []
    upstreams: list[UpstreamRef] = []
    for suffix in dict.fromkeys([bond.parent.suffix for bond in serving]):
        here = [bond.attachment.hosts for bond in serving if bond.parent.suffix == suffix]
        if hosts := _joined(here):
            rules += lowered.rules(hosts, suffix)
            upstreams += lowered.upstreams(suffix)
    attached = [section.key for bond in serving for section in bond.attachment.taken]
    return RouteResult(
        tuple(rules),
        _conditions(key, route, bonds, lowered),
        tuple(findings),
        _joined([tuple(attached)]) if len(serving) > 1 else tuple(attached),
        _joined([tuple(upstreams)]),
        claims,
        route.metadata.creation_timestamp,
        lowered.services,
    )


def _joined(parts: list[tuple[T, ...]]) -> tuple[T, ...]:
    """All parts in order, each item once."""
    if len(parts) == 1 and len(parts[0]) < 2:
        return parts[0]
    return tuple(dict.fromkeys(chain.from_iterable(parts)))


# -- parents


def _bonds(world: World, key: ObjectKey, route: Route, findings: list[Finding]) -> list[_Bond]:
    refs = (*route.spec.parent_refs, *_defaults(world, key, route))
    if not refs:
        findings.append(_parentless(key, route))
        return []
    hostnames = getattr(route.spec, "hostnames", ())
    visitor = Visitor(key.kind, key.namespace or "", tuple([name.lower() for name in hostnames]))
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


def _defaults(world: World, key: ObjectKey, route: Route) -> Iterator[ParentReference]:
    """What stands for the default Gateways; one that is named already is no default."""
    if route.spec.use_default_gateways != "All":
        return
    named = {
        (ref.namespace or key.namespace, ref.name)
        for ref in route.spec.parent_refs
        if (ref.group, ref.kind) == (GATEWAY_GROUP, "Gateway")
    }
    for gateway in world.default_gateways():
        if (gateway.namespace, gateway.name) not in named:
            yield ParentReference(name=gateway.name, namespace=gateway.namespace)


def _parentless(key: ObjectKey, route: Route) -> Finding:
    message = f"{key} names no parent in spec.parentRefs, so nothing serves it"
    if route.spec.use_default_gateways == "All":
        message = f"{key} asks for default Gateways and there is none, so nothing serves it"
    return Finding.at("GWR304", route, "spec", message, key=True)


def _foreign(key: ObjectKey, route: Route, index: int, ref: ParentReference) -> Finding:
    message = f"{key}: parents of kind {full_kind(ref.group, ref.kind)} are passed over"
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
        help=did_you_mean(ref.name, known) or "create it, or correct the name",
    )


def _refused(key: ObjectKey, route: Route, index: int, refusal: Refusal) -> Finding:
    field = f"spec.parentRefs[{index}].{refusal.field}"
    if refusal.field.startswith("^"):
        field = f"spec.{refusal.field[1:]}"
    elif index >= len(route.spec.parent_refs):
        field = "spec.useDefaultGateways"
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
        lost = next((section for section in bond.attachment.taken if section.key in rivals), None)
        if lost is None:
            found.append(bond)
            continue
        refusal = _outrun(rivals[lost.key], lost)
        findings.append(_refused(key, route, bond.position, refusal))
        attachment = bond.attachment.without(rivals)
        if not attachment.taken:
            attachment = Attachment(refusal=refusal)
        found.append(bond._replace(attachment=attachment))
    return found


def _outrun(rival: ObjectKey, section: Section) -> Refusal:
    return Refusal(
        Reason.RIVAL_ROUTE,
        "GWR306",
        "^hostnames",
        f"{rival}, which goes first (the older, then by name), has hostnames in common on listener "
        f"{section.name}; HTTPRoutes and GRPCRoutes are never merged",
        "give the two routes different hostnames",
    )


# -- conditions

_ACCEPTED = good(Type.ACCEPTED, "The route is accepted")


def _conditions(
    key: ObjectKey, route: Route, bonds: Iterable[_Bond], lowered: Lowered
) -> tuple[Condition, ...]:
    generation = route.metadata.generation
    return tuple(
        [
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
        ]
    )


def _verdicts(bond: _Bond, lowered: Lowered) -> list[Verdict]:
    refusal = bond.attachment.refusal
    if refusal is not None:
        message = with_help(refusal.message, refusal.help)
        return [Verdict(Type.ACCEPTED, "False", refusal.reason, message), lowered.resolved]
    verdicts = [lowered.accepted or _ACCEPTED, lowered.resolved]
    if lowered.partially_invalid is not None:
        verdicts.append(lowered.partially_invalid)
    return verdicts

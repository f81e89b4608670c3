"""Where Gateways are, and what routes see of them.

Gateways whose proxies run in different places may see different endpoints of one Service. Then
rules and upstreams exist once for each place, told apart by ``@pool`` behind their keys.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gwroute.model import ObjectKey
from gwroute.model.gateway import RouteNamespaces
from gwroute.nodepools import Location, PoolIndex, locate
from gwroute.resolve.gateways import GatewayPlan
from gwroute.resolve.infrastructure import serves
from gwroute.resolve.listeners import EffectiveListener
from gwroute.resolve.options import Options
from gwroute.resolve.topology import Scope

__all__ = ["Parent", "Place", "Section", "parents_of", "places_of", "scopes_of"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the proxies of a Gateway are."""

    location: Location
    served: bool
    """Whether this instance serves the Gateway."""
    suffix: str
    """Behind the keys of rules and upstreams."""


def places_of(
    plans: Iterable[GatewayPlan], pools: PoolIndex, options: Options
) -> dict[ObjectKey, Place]:
    """The place of each of our Gateways, in the order given."""
    found: dict[ObjectKey, tuple[GatewayPlan, Location, bool]] = {}
    for plan in plans:
        location = locate(pools, node=options.node, node_pool=options.node_pool, selected=plan.pin)
        found[plan.gateway.key] = (plan, location, _served(plan, pools, options))
    suffixes = _suffixes((plan, location) for plan, location, served in found.values() if served)
    return {
        key: Place(location, served, suffixes.get(_view(plan, location), ""))
        for key, (plan, location, served) in found.items()
    }


def _served(plan: GatewayPlan, pools: PoolIndex, options: Options) -> bool:
    """Who names a Gateway wants it, wherever its proxies are pinned to."""
    if options.gateways:
        return f"{plan.gateway.namespace}/{plan.gateway.name}" in options.gateways
    return serves(plan.pin, pools, options.node_pool, options.serve_unscoped)


def _view(plan: GatewayPlan, location: Location) -> Hashable:
    """What decides which endpoints are seen, and how."""
    return (
        location.node,
        location.pool,
        location.asked if location.pool is None else None,
        location.zone,
        plan.proxy.ip_family,
        plan.client_certificate,
    )


def _suffixes(served: Iterable[tuple[GatewayPlan, Location]]) -> dict[Hashable, str]:
    views = {_view(plan, location): location for plan, location in served}
    if len(views) < 2:
        return {}
    found: dict[Hashable, str] = {}
    for view, location in views.items():
        suffix = f"@{location.pool_name}" if location.pool_name else ""
        twins = sum(1 for other in found.values() if other.partition("#")[0] == suffix)
        found[view] = f"{suffix}#{twins + 1}" if twins else suffix
    return found


def scopes_of(
    plans: Mapping[ObjectKey, GatewayPlan],
    places: Mapping[ObjectKey, Place],
    pools: PoolIndex,
    options: Options,
) -> dict[str, Scope]:
    """By suffix, how endpoints are chosen there."""
    scopes: dict[str, Scope] = {}
    for key, place in places.items():
        if not place.served or place.suffix in scopes:
            continue
        scopes[place.suffix] = Scope(
            pools=pools,
            location=place.location,
            mode=options.pool_mode,
            topology_fallback=options.topology_fallback,
            honor_internal_traffic_policy=options.honor_internal_traffic_policy,
            ip_family=plans[key].proxy.ip_family,
            suffix=place.suffix,
            client_certificate=plans[key].client_certificate,
        )
    return scopes


@dataclass(frozen=True, slots=True)
class Section:
    """A listener as routes see it."""

    key: str
    name: str
    port: int
    hostname: str | None
    kinds: tuple[str, ...]
    namespaces: RouteNamespaces
    conflict: str | None
    """A listener in conflict takes no route."""
    serving: bool
    """Whether it stands in the snapshot."""


@dataclass(frozen=True, slots=True)
class Parent:
    """A Gateway or ListenerSet as routes see it."""

    key: ObjectKey
    ours: bool
    controller: str = ""
    sections: tuple[Section, ...] = ()
    suffix: str = ""
    assumed: bool = False
    """It is not there, and assumed to exist: nobody knows the names of its listeners."""
    by_labels: bool = False
    """Whether labels of Namespaces decide which routes a listener takes."""
    admissions: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)
    """What :func:`gwroute.resolve.attachment.attach` found out, for routes that want the same."""


def parents_of(
    plan: GatewayPlan, place: Place | None, assumed: bool = False
) -> dict[ObjectKey, Parent]:
    """The Gateway and its ListenerSets, as parents."""
    key = plan.gateway.key
    if plan.gateway_class is None or place is None:
        return {key: Parent(key, ours=False)}
    controller = plan.gateway_class.spec.controller_name
    sections: dict[ObjectKey, list[Section]] = {key: []}
    sections.update({item.listener_set.key: [] for item in plan.sets})
    served = place.served and plan.serves
    for listener in plan.listeners:
        sections[listener.owner].append(_section(listener, served))
    return {
        owner: Parent(
            owner, True, controller, tuple(found), place.suffix, assumed, _by_labels(found)
        )
        for owner, found in sections.items()
    }


def _by_labels(sections: Iterable[Section]) -> bool:
    return any(section.namespaces.from_ == "Selector" for section in sections)


def _section(listener: EffectiveListener, served: bool) -> Section:
    return Section(
        key=listener.key,
        name=listener.spec.name,
        port=listener.spec.port,
        hostname=listener.hostname,
        kinds=listener.kinds,
        namespaces=listener.spec.allowed_routes.namespaces,
        conflict=listener.conflict,
        serving=served and listener.programmed,
    )

"""Listeners without routes, and hostnames without listeners."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model import Gateway, GRPCRoute, HTTPRoute, ListenerSet, ObjectKey

__all__ = ["idle_listeners", "lost_hostnames"]


def idle_listeners(view: View) -> Iterator[Finding]:
    """Listeners that serve, and to which no route is attached (GWR312)."""
    for gateway in view.gateways:
        for listener in gateway.listeners:
            if not (gateway.served and listener.programmed) or listener.attached_routes:
                continue
            owner = view.store.get(listener.owner)
            if isinstance(owner, Gateway | ListenerSet):
                names = [item.name for item in owner.spec.listeners]
                yield Finding.at(
                    "GWR312",
                    owner,
                    f"spec.listeners[{names.index(listener.name)}].name",
                    f"{owner.key} listener {listener.name}: no route is attached; every request "
                    "gets 404",
                )


def lost_hostnames(view: View) -> Iterator[Finding]:
    """Hostnames of an attached route that no listener of its parents has (GWR313)."""
    for key, taken in _taken(view).items():
        route = view.route(key.kind, key.namespace or "", key.name)
        if not isinstance(route, HTTPRoute | GRPCRoute):
            continue
        for at, hostname in enumerate(route.spec.hostnames):
            if hostname.lower() not in taken:
                yield Finding.at(
                    "GWR313",
                    route,
                    f"spec.hostnames[{at}]",
                    f"{key}: no listener of its parents takes {hostname}; requests for it do not "
                    "come here",
                    help="correct it, or add a listener for it",
                )


def _taken(view: View) -> dict[ObjectKey, set[str]]:
    """Hostnames under which routes stand, of routes that may have several."""
    found: dict[ObjectKey, set[str]] = {}
    last = None
    for rule in view.resolution.snapshot.rules:
        if rule.hosts is last:
            continue  # rules of one route share them
        last = rule.hosts
        named = {host.hostname for host in rule.hosts if host.hostname}
        if named:
            ref = rule.route
            key = ObjectKey(ref.kind, ref.namespace, ref.name)
            found.setdefault(key, set()).update(named)
    return found

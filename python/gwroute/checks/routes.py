"""Routes that some node pools have and others lack."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model import ObjectKey

__all__ = ["missed_pools"]

Pools = dict[str, None]
"""Names, in the order in which they were found."""


def missed_pools(view: View) -> Iterator[Finding]:
    """Routes that are not attached to the Gateway of a pool that serves the same host (GWR512)."""
    pool_of = {
        key: found.name
        for key, gateway in view.gateway_of.items()
        if (found := view.pool_of(gateway)) is not None
    }
    if len(set(pool_of.values())) < 2:
        return
    serving: dict[str | None, Pools] = {}
    attached: dict[ObjectKey, dict[str | None, Pools]] = {}
    for rule in view.resolution.snapshot.rules:
        ref = rule.route
        own = attached.setdefault(ObjectKey(ref.kind, ref.namespace, ref.name), {})
        for place in rule.hosts:
            if (pool := pool_of.get(place.listener)) is not None:
                serving.setdefault(place.host, {})[pool] = None
                own.setdefault(place.host, {})[pool] = None
    for key, hosts in attached.items():
        for host, pools in hosts.items():
            if missed := [name for name in serving[host] if name not in pools]:
                yield from _missed(view, key, host, list(pools), missed)
                break


def _missed(
    view: View, key: ObjectKey, host: str | None, pools: list[str], missed: list[str]
) -> Iterator[Finding]:
    route = view.route(key.kind, key.namespace or "", key.name)
    if route is not None:
        yield Finding.at(
            "GWR512",
            route,
            "spec.parentRefs",
            f"{key} serves {host or 'all hosts'} in pool {', '.join(pools)}, and not in pool "
            f"{', '.join(missed)}, whose Gateway serves that host too",
            key=True,
            help="name the Gateways of all pools in parentRefs, if it is meant for all",
        )

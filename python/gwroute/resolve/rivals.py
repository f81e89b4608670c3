"""HTTPRoutes and GRPCRoutes that want one hostname on one listener: the older one has it.

Rules of the two kinds are never merged. Age decides, then ``namespace/name``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gwroute.model import ObjectKey
from gwroute.resolve.hostnames import overlap
from gwroute.resolve.routes import RouteResult

__all__ = ["find_rivals"]

Hosts = dict[str | None, list[ObjectKey]]


def find_rivals(
    results: Mapping[ObjectKey, RouteResult], grpc: Iterable[ObjectKey]
) -> dict[ObjectKey, dict[str, ObjectKey]]:
    """The routes that lose, each with the listeners on which it does and the route that wins.

    Args:
        results: All routes.
        grpc: Keys of the GRPCRoutes among them.
    """
    theirs = _by_listener(results, grpc)
    if not theirs:
        return {}
    ours = _by_listener(results, (key for key in results if key.kind == "HTTPRoute"))
    lost: dict[ObjectKey, dict[str, ObjectKey]] = {}
    for listener, grpc_hosts in theirs.items():
        pairs = _pairs(grpc_hosts, ours.get(listener, {}))
        for loser, winner in _settle(pairs, results).items():
            lost.setdefault(loser, {})[listener] = winner
    return lost


def _by_listener(
    results: Mapping[ObjectKey, RouteResult], keys: Iterable[ObjectKey]
) -> dict[str, Hosts]:
    found: dict[str, Hosts] = {}
    for key in keys:
        for listener, host in results[key].claims:
            found.setdefault(listener, {}).setdefault(host, []).append(key)
    return found


def _pairs(some: Hosts, others: Hosts) -> dict[ObjectKey, set[ObjectKey]]:
    """Each route with those of the other kind that it shares a host with."""
    found: dict[ObjectKey, set[ObjectKey]] = {}
    for host, routes in some.items():
        for other, rivals in others.items():
            if overlap(host, other):
                for route in routes:
                    found.setdefault(route, set()).update(rivals)
                for rival in rivals:
                    found.setdefault(rival, set()).update(routes)
    return found


def _settle(
    pairs: Mapping[ObjectKey, set[ObjectKey]], results: Mapping[ObjectKey, RouteResult]
) -> dict[ObjectKey, ObjectKey]:
    """Oldest first: who has no rival among those that were accepted is accepted."""

    def age(key: ObjectKey) -> tuple[float, str, str]:
        created = results[key].created
        name = f"{key.namespace}/{key.name}"
        return (float("inf") if created is None else created, name, key.kind)

    accepted: set[ObjectKey] = set()
    lost: dict[ObjectKey, ObjectKey] = {}
    for key in sorted(pairs, key=age):
        winners = pairs[key] & accepted
        if winners:
            lost[key] = min(winners, key=age)
        else:
            accepted.add(key)
    return lost

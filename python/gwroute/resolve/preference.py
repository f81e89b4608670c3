"""Which of the endpoints in reach are preferred: near ones, if there are any.

``trafficDistribution`` and ``topology-mode`` work through hints that a controller writes into
EndpointSlices. As in kube-proxy, hints count only if every endpoint has one and some name the
own place. Manifests kept in files carry no hints; there the zones and nodes of the endpoints
themselves say what is near.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gwroute import ir
from gwroute.model import Service
from gwroute.nodepools import Location

__all__ = ["Candidate", "Preference", "prefer"]

TOPOLOGY_MODE = "service.kubernetes.io/topology-mode"
SAME_ZONE = ("PreferSameZone", "PreferClose")
SAME_NODE = "PreferSameNode"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An endpoint on its way through selection."""

    endpoint: ir.Endpoint
    state: int
    """Serving state; the lower, the readier."""
    zones: frozenset[str] = frozenset()
    """Zones the endpoint is hinted for."""
    nodes: frozenset[str] = frozenset()
    """Nodes the endpoint is hinted for."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What was preferred, and what was passed over for it."""

    words: str
    detail: str
    passed: tuple[Candidate, ...]


def prefer(
    service: Service, found: list[Candidate], where: Location
) -> tuple[list[Candidate], Preference | None]:
    """The near ones of what is found, if there are any; else all of it.

    Args:
        service: Says by annotation or ``trafficDistribution`` whether to prefer at all.
        found: Endpoints that may be used.
        where: Where the proxy is.
    """
    for near, words in _choices(service, found, where):
        if near:
            chosen = {id(item) for item in near}
            passed = tuple(item for item in found if id(item) not in chosen)
            said = f"{words} preferred; {len(near)} of {len(found)} endpoints there"
            return near, Preference(said, f"{words} preferred", passed)
    return found, None


def _choices(
    service: Service, found: list[Candidate], where: Location
) -> Iterator[tuple[list[Candidate], str]]:
    """What is near, nearest first."""
    automatic = service.metadata.annotations.get(TOPOLOGY_MODE, "").lower() == "auto"
    wish = None if automatic else service.spec.traffic_distribution
    if where.node is not None and wish == SAME_NODE:
        yield _near(found, where.node, _hinted_nodes, _own_node), f"node {where.node}"
    if where.zone is not None:
        own = _own_zone if wish in (SAME_NODE, *SAME_ZONE) else None
        yield _near(found, where.zone, _hinted_zones, own), f"zone {where.zone}"


def _near(
    found: list[Candidate],
    place: str,
    hinted: Callable[[Candidate], frozenset[str]],
    own: Callable[[Candidate], str | None] | None,
) -> list[Candidate]:
    """By hints if there are any, all or nothing; else by where the endpoints are."""
    hints = [hinted(item) for item in found]
    if any(hints):
        return [item for item in found if place in hinted(item)] if all(hints) else []
    return [item for item in found if own(item) == place] if own else []


def _hinted_nodes(item: Candidate) -> frozenset[str]:
    return item.nodes


def _hinted_zones(item: Candidate) -> frozenset[str]:
    return item.zones


def _own_node(item: Candidate) -> str | None:
    return item.endpoint.node


def _own_zone(item: Candidate) -> str | None:
    return item.endpoint.zone

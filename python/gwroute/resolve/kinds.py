"""The kinds of routes."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.model import GRPCRoute, HTTPRoute, TCPRoute, TLSRoute, UDPRoute
from gwroute.store import ObjectStore

__all__ = ["ROUTES", "Route", "routes_of"]

Route = HTTPRoute | GRPCRoute | TLSRoute | TCPRoute | UDPRoute
"""A route of any kind."""

ROUTES: dict[str, type[Route]] = {
    "GRPCRoute": GRPCRoute,
    "HTTPRoute": HTTPRoute,
    "TCPRoute": TCPRoute,
    "TLSRoute": TLSRoute,
    "UDPRoute": UDPRoute,
}
"""By name of the kind."""


def routes_of(store: ObjectStore) -> Iterator[Route]:
    """All routes of a store."""
    yield from store.of(GRPCRoute)
    yield from store.of(HTTPRoute)
    yield from store.of(TCPRoute)
    yield from store.of(TLSRoute)
    yield from store.of(UDPRoute)

"""Fields that are recognised and have no effect: a finding each, that says what happens instead."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.finding import Finding
from gwroute.model import Gateway
from gwroute.resolve.kinds import Route

__all__ = ["unsupported_of_gateway", "unsupported_of_route"]


def unsupported_of_gateway(gateway: Gateway) -> Iterator[Finding]:
    """What a Gateway asks for and does not get."""
    if gateway.spec.default_scope not in (None, "None"):
        message = "defaultScope is not supported; routes have to name the Gateway"
        yield _unsupported(gateway, "spec.defaultScope", message)


def unsupported_of_route(route: Route) -> Iterator[Finding]:
    """What a route asks for as a whole and does not get."""
    if route.spec.use_default_gateways not in (None, "None"):
        message = "useDefaultGateways is not supported; name the Gateways in parentRefs"
        yield _unsupported(route, "spec.useDefaultGateways", message)


def _unsupported(obj: Gateway | Route, field: str, message: str) -> Finding:
    return Finding.at("GWR902", obj, field, f"{obj.key}: {message}", key=True)

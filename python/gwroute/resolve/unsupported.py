"""Fields that are recognised and have no effect: a finding each, that says what happens instead."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.finding import Finding
from gwroute.model import Gateway, ObjectKey
from gwroute.model.route import GRPCRouteRule, HTTPRouteRule
from gwroute.resolve.kinds import Route
from gwroute.resolve.limits import Limits

__all__ = ["obeyed", "unsupported_fields", "unsupported_of_gateway", "unsupported_of_route"]


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


def obeyed(_: Limits) -> Limits:
    """Of what a rule says about time, retries and sessions, what the data plane obeys."""
    return None, None, None


def unsupported_fields(
    key: ObjectKey, route: Route, index: int, rule: HTTPRouteRule | GRPCRouteRule
) -> Iterator[Finding]:
    """What a rule asks for and does not get."""
    given: list[tuple[str, object, str]] = [
        ("sessionPersistence", rule.session_persistence, "clients are not kept at one endpoint")
    ]
    if isinstance(rule, HTTPRouteRule):
        given.append(("timeouts", rule.timeouts, "requests are not cut off by the route"))
        given.append(("retry", rule.retry, "requests are not tried again"))
    for name, value, instead in given:
        if value is not None:
            message = f"{key} rule {index}: {name} is not supported; {instead}"
            field = f"spec.rules[{index}].{name}"
            yield Finding.at("GWR902", route, field, message, key=True)

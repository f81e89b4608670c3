"""Fields that are recognised and have no effect: a finding each, that says what happens instead."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.finding import Finding
from gwroute.model import ObjectKey
from gwroute.model.route import GRPCRouteRule, HTTPRouteRule
from gwroute.resolve.kinds import Route

__all__ = ["unsupported_fields"]


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

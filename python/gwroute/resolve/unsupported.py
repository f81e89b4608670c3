"""Fields that are recognised and have no effect: a finding each, that says what happens instead."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.finding import Finding
from gwroute.model import ObjectKey
from gwroute.model.route import GRPCRouteRule, HTTPRouteRule
from gwroute.resolve.kinds import Route

__all__ = ["unsupported_fields"]

_FIELDS = {
    "timeouts": ("timeouts", "requests are not cut off by the route"),
    "retry": ("retry", "requests are not tried again"),
    "session_persistence": ("sessionPersistence", "clients are not kept at one endpoint"),
}


def unsupported_fields(
    key: ObjectKey, route: Route, index: int, rule: HTTPRouteRule | GRPCRouteRule
) -> Iterator[Finding]:
    """What a rule asks for and does not get."""
    for attribute, (name, instead) in _FIELDS.items():
        if getattr(rule, attribute, None) is not None:
            yield Finding.at(
                "GWR902",
                route,
                f"spec.rules[{index}].{name}",
                f"{key} rule {index}: {name} is not supported; {instead}",
                key=True,
            )

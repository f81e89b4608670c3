"""Profiles of the Gateway API: which features each has, and which it may claim besides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """One profile."""

    name: str
    core: frozenset[str]
    extended: tuple[str, ...]
    """How the names of the features begin that may be claimed besides."""

    def takes(self, features: Iterable[str]) -> bool:
        """Whether a test that needs these features belongs to it."""
        return all(feature in self.core or self.is_extended(feature) for feature in features)

    def is_extended(self, feature: str) -> bool:
        """Whether a feature may be claimed besides."""
        return feature not in self.core and feature.startswith(self.extended)


def _profile(name: str, kind: str, *more: str) -> Profile:
    core = frozenset({"Gateway", "ReferenceGrant", kind})
    return Profile(name, core, ("Gateway", "ListenerSet", "BackendTLSPolicy", *more))


PROFILES = (
    _profile("GATEWAY-HTTP", "HTTPRoute", "HTTPRoute"),
    _profile("GATEWAY-GRPC", "GRPCRoute", "GRPCRoute"),
)
"""Those that need no layer 4."""

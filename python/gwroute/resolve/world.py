"""What the resolution of one route looks at beside the route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gwroute.model import Gateway, ListenerSet, ObjectKey
from gwroute.resolve.options import Options
from gwroute.resolve.parents import Parent
from gwroute.resolve.reading import Reading
from gwroute.resolve.rules import AcceptsRegex
from gwroute.resolve.topology import Scope

__all__ = ["Rivals", "World"]

Rivals = Mapping[str, ObjectKey]
"""Listener key to the route of another kind that has the hostname there."""

_NO_RIVALS: Rivals = {}


@dataclass(slots=True)
class World:
    """Objects, and what earlier passes found out; every look is noted as a fact that was read."""

    reading: Reading
    options: Options
    accepts_regex: AcceptsRegex
    parents: Mapping[ObjectKey, Parent] = field(default_factory=dict)
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    rivals: Mapping[ObjectKey, Rivals] = field(default_factory=dict)

    def parent(self, kind: str, namespace: str, name: str) -> Parent | None:
        """A Gateway or ListenerSet; None if there is none."""
        key = (kind, namespace, name)
        self.reading.noted.append(("parent", key))
        return self.parents.get(key)  # type: ignore[call-overload, no-any-return]

    def known_parents(self, kind: str, namespace: str) -> list[str]:
        """Names of the Gateways or ListenerSets of a namespace."""
        objects = self.reading.of(ListenerSet if kind == "ListenerSet" else Gateway)
        return [item.name for item in objects if item.namespace == namespace]

    def scope(self, suffix: str) -> Scope | None:
        """How endpoints are chosen for gateways with that suffix."""
        self.reading.noted.append(("scope", suffix))
        return self.scopes.get(suffix)

    def rivals_of(self, route: ObjectKey) -> Rivals:
        """Listeners on which a route of another kind goes first."""
        self.reading.noted.append(("rivals", route))
        return self.rivals.get(route, _NO_RIVALS)

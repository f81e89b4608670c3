"""What the resolution of one route looks at beside the route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gwroute.model import Gateway, ListenerSet, ObjectKey
from gwroute.model.reference import BackendObjectReference
from gwroute.resolve.backends import Fault, Reference, Target, resolve_backend
from gwroute.resolve.material import Keys
from gwroute.resolve.options import Options
from gwroute.resolve.parents import Parent
from gwroute.resolve.reading import Fact, Memo, Reading
from gwroute.resolve.rules import AcceptsRegex
from gwroute.resolve.topology import Scope

__all__ = ["DEFAULTS", "Rivals", "World"]

DEFAULTS: Fact = ("defaults",)

Rivals = Mapping[str, ObjectKey]
"""Listener key to the route of another kind that has the hostname there."""

_NO_RIVALS: Rivals = {}


@dataclass(slots=True)
class World:
    """Objects, and what earlier passes found out; every look is noted as a fact that was read."""

    reading: Reading
    options: Options
    accepts_regex: AcceptsRegex
    keys: Keys
    parents: Mapping[ObjectKey, Parent] = field(default_factory=dict)
    defaults: tuple[ObjectKey, ...] = ()
    """Gateways of ours for routes that ask for default ones (GEP-3793), in order."""
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    rivals: Mapping[ObjectKey, Rivals] = field(default_factory=dict)
    backends: Memo[Reference, Target | Fault] = field(default_factory=Memo)
    _references: dict[tuple[object, ...], tuple[str, Reference]] = field(default_factory=dict)

    def parent(self, kind: str, namespace: str, name: str) -> Parent | None:
        """A Gateway or ListenerSet; None if there is none."""
        key = (kind, namespace, name)
        self.reading.noted.append(("parent", key))
        return self.parents.get(key)  # type: ignore[call-overload, no-any-return]

    def default_gateways(self) -> tuple[ObjectKey, ...]:
        """Gateways of ours that offer to be parents of routes which ask for default ones."""
        self.reading.noted.append(DEFAULTS)
        return self.defaults

    def known_parents(self, kind: str, namespace: str) -> list[str]:
        """Names of the Gateways or ListenerSets of a namespace."""
        objects = self.reading.of(ListenerSet if kind == "ListenerSet" else Gateway)
        return [item.name for item in objects if item.namespace == namespace]

    def scope(self, suffix: str) -> Scope | None:
        """How endpoints are chosen for gateways with that suffix."""
        self.reading.noted.append(("scope", suffix))
        return self.scopes.get(suffix)

    def backend(self, kind: str, namespace: str, ref: BackendObjectReference) -> Target | Fault:
        """What a reference to a backend names, or why it is invalid.

        Args:
            kind: Kind of the route.
            namespace: Namespace of the route.
            ref: The reference.
        """
        where = ref.namespace or namespace
        parts = (kind, namespace, ref.group, ref.kind, where, ref.name, ref.port)
        known = self._references.get(parts)  # equal to the Reference, and cheaper to make
        if known is None:
            key = Reference(*parts)
            known = self._references[key] = ("backend", key)
        self.reading.noted.append(known)
        return self.backends.ask(self.reading, known[1], self._resolve_backend)

    def _resolve_backend(self, ref: Reference) -> Target | Fault:
        return resolve_backend(self.reading, self.keys, ref)

    def update_backends(self, changed: set[Fact]) -> set[Fact]:
        """Look anew at references whose Service or grants changed; returns what came out new."""
        done = self.backends.update(self.reading, changed, (), self._resolve_backend)
        return {("backend", ref) for ref, (old, new) in done.items() if old != new}

    def forget_backends(self, unread: list[Fact]) -> None:
        """Forget references that no route makes any more.

        Args:
            unread: Facts that no route reads any more.
        """
        for fact in unread:
            if isinstance(fact, tuple) and fact[0] == "backend":
                self.backends.drop(fact[1])
                self._references.pop(fact[1], None)

    def rivals_of(self, route: ObjectKey) -> Rivals:
        """Listeners on which a route of another kind goes first."""
        self.reading.noted.append(("rivals", route))
        return self.rivals.get(route, _NO_RIVALS)

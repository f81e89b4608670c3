"""Objects of several files as one set: which file an object counts from, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gwroute.finding import Finding
from gwroute.model.key import ObjectKey
from gwroute.model.meta import Object
from gwroute.model.parse import Manifest
from gwroute.store import Delete, Event, Put

__all__ = ["Merged"]

GONE = frozenset({"GWR015"})
"""Findings of a file that is not there any more: nothing of it stays."""


class Merged:
    """Manifests by place; an object that several have counts from the last of them."""

    def __init__(self) -> None:
        self._manifests: dict[Any, Manifest] = {}
        self._objects: dict[Any, dict[ObjectKey, Object]] = {}
        """By place; with objects in their last good state, because their file is broken now."""
        self._owners: dict[ObjectKey, list[Any]] = {}
        """Places that have an object, in their order."""
        self._shared: dict[ObjectKey, None] = {}
        """Objects that several places have."""

    @property
    def skipped(self) -> int:
        """Objects of kinds that gwroute has no use for."""
        return sum(manifest.skipped for manifest in self._manifests.values())

    def replace(self, manifests: Mapping[Any, Manifest | None]) -> list[Event]:
        """Put manifests in the place of what was there; None takes one away.

        Returns:
            What that changes, without the news of objects that are what they were.
        """
        before: dict[ObjectKey, Object | None] = {}
        for place, manifest in manifests.items():
            old = self._objects.get(place, {})
            new = {obj.key: obj for obj in manifest.objects} if manifest else {}
            new = {**_kept(old, new, manifest), **new}
            if old:
                new = {key: _same(old.get(key), obj) for key, obj in new.items()}
            for key in {**old, **new}:
                before.setdefault(key, self._winner(key))
            self._put(place, manifest, old, new)
        return list(self._events(before))

    def _put(
        self,
        place: Any,
        manifest: Manifest | None,
        old: Mapping[ObjectKey, Object],
        new: dict[ObjectKey, Object],
    ) -> None:
        for key in old:
            if key not in new:
                self._disown(key, place)
        for key in new:
            if key not in old:
                self._own(key, place)
        if manifest is None:
            self._manifests.pop(place, None)
            self._objects.pop(place, None)
        else:
            self._manifests[place] = manifest
            self._objects[place] = new

    def _own(self, key: ObjectKey, place: Any) -> None:
        owners = self._owners.setdefault(key, [])
        owners.append(place)
        if len(owners) > 1:
            owners.sort()
            self._shared[key] = None

    def _disown(self, key: ObjectKey, place: Any) -> None:
        owners = self._owners[key]
        owners.remove(place)
        if len(owners) < 2:
            self._shared.pop(key, None)
        if not owners:
            del self._owners[key]

    def _winner(self, key: ObjectKey) -> Object | None:
        owners = self._owners.get(key)
        return self._objects[owners[-1]][key] if owners else None

    def _events(self, before: Mapping[ObjectKey, Object | None]) -> Iterator[Event]:
        for key, old in before.items():
            new = self._winner(key)
            if new is None:
                if old is not None:
                    yield Delete(key)
            elif new is not old:
                yield Put(new)

    def objects(self) -> Iterator[Object]:
        """All objects, each once."""
        last: dict[ObjectKey, Object] = {}
        for place in sorted(self._objects):
            last.update(self._objects[place])
        yield from last.values()

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong: of each file in their order, then what files have in common."""
        return tuple(
            finding
            for place in sorted(self._manifests)
            if self._manifests[place].findings
            for finding in self._manifests[place].findings
        ) + tuple(finding for key in self._shared for finding in self._notes(key))

    def _notes(self, key: ObjectKey) -> Iterator[Finding]:
        *losers, winner = self._owners[key]
        origin = self._objects[winner][key].origin
        at = f"{origin.file}:{origin.line}" if origin else "another file"
        for place in losers:
            message = f"{key} is replaced by the one in {at}, which comes later"
            yield Finding.at("GWR011", self._objects[place][key], None, message)


def _kept(
    old: Mapping[ObjectKey, Object], new: Mapping[ObjectKey, Object], manifest: Manifest | None
) -> dict[ObjectKey, Object]:
    """What stays of a file that is broken: objects of its last good state that it has no more."""
    if manifest is None:
        return {}
    errors = [finding for finding in manifest.findings if finding.level == "error"]
    if not errors or any(finding.code in GONE for finding in errors):
        return {}
    return {key: obj for key, obj in old.items() if key not in new}


def _same(old: Object | None, new: Object) -> Object:
    """The old object, if the new one says the same at the same place: identity tells of changes."""
    if old is None or old != new or old.origin is None or new.origin is None:
        return new
    places = ("file", "line", "column")
    moved = any(getattr(old.origin, name) != getattr(new.origin, name) for name in places)
    return new if moved or old.origin.rule_lines() != new.origin.rule_lines() else old

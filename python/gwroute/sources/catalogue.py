"""Which file holds which object, and which of several files' objects counts.

A file that is looked at again changes the objects that changed in it and no others. What stands in
several files counts as the last file has it; if that file goes, the one before it counts again. If
a file, or an object in it, can no longer be used, the last good state stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.finding import Finding
from gwroute.model.key import ObjectKey
from gwroute.model.meta import Object
from gwroute.model.parse import Manifest
from gwroute.model.silence import Silence
from gwroute.sources.disk import Rank
from gwroute.store import Delete, Event, Put

__all__ = ["Catalogue"]

_Held = tuple[Rank, Object]


class Catalogue:
    """The objects of all files."""

    def __init__(self) -> None:
        self._files: dict[Rank, dict[ObjectKey, Object]] = {}
        self._findings: dict[Rank, tuple[Finding, ...]] = {}
        self._skipped: dict[Rank, int] = {}
        self._silences: dict[Rank, tuple[Silence, ...]] = {}
        self._counts: dict[ObjectKey, _Held] = {}
        """The object that counts."""
        self._beaten: dict[ObjectKey, list[_Held]] = {}
        """Objects of the same key that do not."""
        self._before: dict[ObjectKey, Object | None] = {}
        """What counted when changes were last asked for, where that may be something else now."""
        self._told: dict[tuple[ObjectKey, Rank], tuple[Object, Object, Finding]] = {}
        """Findings about objects that are beaten, and by what."""

    # -- what is in it

    def objects(self) -> Iterator[Object]:
        """The objects that count."""
        return (obj for _, obj in self._counts.values())

    @property
    def skipped(self) -> int:
        """Objects of kinds of no use."""
        return sum(self._skipped.values())

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the files, in their order."""
        found = dict(self._findings)
        for key, beaten in self._beaten.items():
            for held in beaten:
                found[held[0]] = (*found.get(held[0], ()), self._replaced(key, held))
        return tuple(finding for rank in sorted(found) for finding in found[rank])

    def silences(self) -> tuple[Silence, ...]:
        """Comments that ask for findings not to be told, in the order of the files."""
        return tuple(item for rank in sorted(self._silences) for item in self._silences[rank])

    def loses(self, rank: Rank, manifest: Manifest | None) -> bool:
        """Whether taking this for a file would take objects away."""
        held = self._files.get(rank)
        if not held:
            return False
        return manifest is None or not held.keys() <= self._merged(rank, manifest).keys()

    def _replaced(self, key: ObjectKey, held: _Held) -> Finding:
        rank, obj = held
        winner = self._counts[key][1]
        told = self._told.get((key, rank))
        if told is None or told[0] is not obj or told[1] is not winner:
            place = winner.origin
            where = f"{place.file}:{place.line}" if place else "a document that was given"
            message = f"{key} is replaced by the one in {where}, which comes later"
            told = (obj, winner, Finding.at("GWR011", obj, None, message))
            self._told[key, rank] = told
        return told[2]

    # -- changes

    def put(self, rank: Rank, manifest: Manifest) -> None:
        """Takes what a file holds now."""
        self._set(rank, self._merged(rank, manifest))
        self.clear(rank)
        if manifest.findings:
            self._findings[rank] = manifest.findings
        self._skipped[rank] = manifest.skipped
        self._silences.pop(rank, None)
        if manifest.silences:
            self._silences[rank] = manifest.silences

    def fail(self, rank: Rank, finding: Finding) -> None:
        """Notes that a file cannot be read; its objects stay."""
        self._findings[rank] = (finding,)

    def clear(self, rank: Rank) -> None:
        """Forgets what was wrong with a file."""
        self._findings.pop(rank, None)

    def drop(self, rank: Rank) -> None:
        """Takes a file's objects away."""
        self._set(rank, {})
        del self._files[rank]
        self._skipped.pop(rank, None)
        self._silences.pop(rank, None)
        self.clear(rank)

    def changes(self) -> list[Event]:
        """What changed since this was last asked."""
        before, self._before = self._before, {}
        events: list[Event] = []
        for key, old in before.items():
            held = self._counts.get(key)
            if held is None and old is not None:
                events.append(Delete(key))
            elif held is not None and held[1] is not old:
                events.append(Put(held[1]))
        return events

    def _merged(self, rank: Rank, manifest: Manifest) -> dict[ObjectKey, Object]:
        """What a file holds now, in part perhaps its last good state.

        An object that is the same as before, at the same place, stays the same object.
        """
        old = self._files.get(rank, {})
        merged: dict[ObjectKey, Object] = {}
        for obj in manifest.objects:
            key, before = obj.key, old.get(obj.key)
            merged[key] = before if before is not None and _same(before, obj) else obj
        for key, obj in old.items():
            if key not in merged and (manifest.broken or key in manifest.refused):
                merged[key] = obj
        return merged

    def _set(self, rank: Rank, objects: dict[ObjectKey, Object]) -> None:
        old = self._files.get(rank, {})
        for key, obj in old.items():
            if objects.get(key) is not obj:
                self._take_away(key, (rank, obj))
        for key, obj in objects.items():
            if old.get(key) is not obj:
                self._add(key, (rank, obj))
        self._files[rank] = objects

    def _add(self, key: ObjectKey, held: _Held) -> None:
        now = self._counts.get(key)
        self._before.setdefault(key, now[1] if now else None)
        if now is None:
            self._counts[key] = held
            return
        winner, loser = (held, now) if held[0] > now[0] else (now, held)
        self._counts[key] = winner
        self._beaten.setdefault(key, []).append(loser)

    def _take_away(self, key: ObjectKey, held: _Held) -> None:
        now = self._counts[key]
        self._before.setdefault(key, now[1])
        beaten = self._beaten.pop(key, [])
        self._told.pop((key, held[0]), None)
        if now[0] == held[0]:
            if beaten:
                now = self._counts[key] = max(beaten, key=lambda other: other[0])
            else:
                del self._counts[key]
        beaten = [other for other in beaten if other[0] not in (held[0], now[0])]
        if beaten:
            self._beaten[key] = beaten


def _same(old: Object, new: Object) -> bool:
    """Whether one object can stand for the other, places included."""
    return old.origin is not None and old.origin == new.origin

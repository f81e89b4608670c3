"""All objects at one moment, and the news that lead from one moment to the next.

An :class:`ObjectStore` never changes. ``put``, ``delete`` and ``apply`` return another one that
shares with the old what did not change: objects, and everything about kinds of which no object
changed. So ``store.of(HTTPRoute)`` is the same tuple in two versions exactly if no HTTPRoute
changed, and identity can stand for equality.

What a kind's objects are looked up by beside their key (the Service of an EndpointSlice, the
namespace of a ReferenceGrant) is an index: any function from an object to the values it is
found under. An index is built when it is first asked for and then carried from version to
version, so that a change costs what changed.

The order of ``of`` is by namespace and name, whatever the order of files or changes was.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from gwroute.finding import Finding
from gwroute.model.core import EndpointSlice, Namespace, Service
from gwroute.model.key import ObjectKey
from gwroute.model.meta import Object
from gwroute.model.policy import BackendTLSPolicy, ReferenceGrant
from gwroute.model.registry import KINDS
from gwroute.model.silence import Silence

__all__ = ["Delete", "Event", "ObjectStore", "Put", "Reset", "Synced"]

T = TypeVar("T", bound=Object)
By = Callable[[T], Iterable[Hashable]]
"""An index: the values under which an object is found."""


@dataclass(frozen=True, slots=True)
class Reset:
    """What follows, up to ``Synced``, is all there is; what is not named again is gone."""


@dataclass(frozen=True, slots=True)
class Put:
    """An object is new or changed."""

    object: Object


@dataclass(frozen=True, slots=True)
class Delete:
    """An object is gone."""

    key: ObjectKey


@dataclass(frozen=True, slots=True)
class Synced:
    """What was told so far is whole: a good moment to resolve.

    It ends the listing after ``Reset``, and every batch of changes after that.
    """

    findings: tuple[Finding, ...] | None = None
    """What is wrong with the source's objects now; None if that did not change."""
    silences: tuple[Silence, ...] | None = None
    """Findings that are not to be told; None if that did not change."""


Event = Reset | Put | Delete | Synced

_Place = tuple[str, str]
"""Namespace (empty if none) and name."""

_LOG = 64
"""How many steps back a shelf can tell what changed without looking at every object."""


def _place(key: ObjectKey) -> _Place:
    return (key.namespace or "", key.name)


class _Shelf(Generic[T]):
    """The objects of one kind. Never changes, except for indexes built on demand."""

    __slots__ = ("by_place", "indexes", "log", "objects", "places", "token")

    def __init__(
        self,
        by_place: dict[_Place, T],
        places: Sequence[_Place],
        objects: tuple[T, ...],
        indexes: dict[By[T], dict[Hashable, tuple[T, ...]]],
        log: tuple[tuple[object, tuple[_Place, ...]], ...] = (),
    ) -> None:
        self.by_place = by_place
        self.places = places
        self.objects = objects
        self.indexes = indexes
        self.log = log
        self.token = object()

    @classmethod
    def of(cls, by_place: dict[_Place, T]) -> _Shelf[T]:
        """A shelf from nothing."""
        places = sorted(by_place)
        return cls(by_place, places, tuple(by_place[place] for place in places), {})

    def change(self, news: Mapping[_Place, T | None]) -> _Shelf[T]:
        """The shelf after these objects were put (or, if None, taken away)."""
        real = {p: new for p, new in news.items() if self.by_place.get(p) is not new}
        if not real:
            return self
        by_place = self.by_place.copy()
        for place, new in real.items():
            if new is None:
                del by_place[place]
            else:
                by_place[place] = new
        log = (*self.log[1 - _LOG :], (self.token, tuple(real)))
        if len(real) > 16:
            places: Sequence[_Place] = sorted(by_place)
            objects = tuple(by_place[place] for place in places)
            return _Shelf(by_place, places, objects, {}, log)
        places, objects = self._spliced(real)
        indexes = {by: self._reindexed(by, groups, real) for by, groups in self.indexes.items()}
        return _Shelf(by_place, places, objects, indexes, log)

    def _spliced(self, news: Mapping[_Place, T | None]) -> tuple[Sequence[_Place], tuple[T, ...]]:
        objects = list(self.objects)
        places = self.places
        for place, new in news.items():
            at = bisect_left(places, place)
            if place in self.by_place and new is not None:
                objects[at] = new
                continue
            places = list(places) if places is self.places else cast("list[_Place]", places)
            if new is None:
                del places[at], objects[at]
            else:
                places.insert(at, place)
                objects.insert(at, new)
        return places, tuple(objects)

    def _reindexed(
        self, by: By[T], groups: dict[Hashable, tuple[T, ...]], news: Mapping[_Place, T | None]
    ) -> dict[Hashable, tuple[T, ...]]:
        groups = groups.copy()
        for place, new in news.items():
            old = self.by_place.get(place)
            for value in by(old) if old is not None else ():
                left = tuple(o for o in groups.get(value, ()) if o is not old)
                if left:
                    groups[value] = left
                else:
                    groups.pop(value, None)
            for value in by(new) if new is not None else ():
                joined = (*groups.get(value, ()), new)
                groups[value] = cast("tuple[T, ...]", tuple(sorted(joined, key=_sort_key)))
        return groups

    def index(self, by: By[T]) -> dict[Hashable, tuple[T, ...]]:
        """Objects by what ``by`` finds them under."""
        groups = self.indexes.get(by)
        if groups is None:
            lists: dict[Hashable, list[T]] = {}
            for obj in self.objects:
                for value in by(obj):
                    lists.setdefault(value, []).append(obj)
            groups = self.indexes[by] = {value: tuple(objs) for value, objs in lists.items()}
        return groups

    def changed_since(self, old: _Shelf[T]) -> Iterable[_Place]:
        """Places at which the two differ, or may: each at most once."""
        if old is self:
            return ()
        changed: dict[_Place, None] = {}
        for token, places in reversed(self.log):
            changed.update(dict.fromkeys(places))
            if token is old.token:
                return changed
        both = {**old.by_place, **self.by_place}
        return [p for p in both if old.by_place.get(p) is not self.by_place.get(p)]


def _sort_key(obj: Object) -> _Place:
    return (obj.metadata.namespace or "", obj.metadata.name)


class ObjectStore:
    """All objects at one moment."""

    __slots__ = ("_shelves", "findings", "silences", "skipped")

    findings: tuple[Finding, ...]
    """What was wrong with what was read."""
    skipped: int
    """Objects that were passed over because gwroute has no use for their kind."""
    silences: tuple[Silence, ...]
    """Comments beside the objects that ask for findings not to be told."""

    def __init__(
        self,
        objects: Iterable[Object] = (),
        findings: Iterable[Finding] = (),
        skipped: int = 0,
        silences: Iterable[Silence] = (),
    ) -> None:
        by_kind: dict[type[Object], dict[_Place, Object]] = {}
        for obj in objects:
            metadata = obj.metadata
            place = (metadata.namespace or "", metadata.name)
            by_kind.setdefault(type(obj), {})[place] = obj
        self._shelves = {kind: _Shelf.of(by_place) for kind, by_place in by_kind.items()}
        self.findings = tuple(findings)
        self.skipped = skipped
        self.silences = tuple(silences)

    def __len__(self) -> int:
        return sum(len(shelf.objects) for shelf in self._shelves.values())

    def __iter__(self) -> Iterator[Object]:
        """All objects, kind by kind."""
        for shelf in self._shelves.values():
            yield from shelf.objects

    def __contains__(self, key: ObjectKey) -> bool:
        return self.get(key) is not None

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(s.objects)} {k.__name__}" for k, s in self._shelves.items())
        return f"<ObjectStore {counts or 'empty'}>"

    def get(self, key: ObjectKey) -> Object | None:
        """The object of that key."""
        kind = _KIND_BY_NAME.get(key.kind)
        shelf = self._shelves.get(kind) if kind is not None else None
        return None if shelf is None else shelf.by_place.get(_place(key))

    def find(self, kind: type[T], namespace: str | None, name: str) -> T | None:
        """The object of that kind and name; ``namespace`` is None for cluster-scoped kinds."""
        shelf = self._shelves.get(kind)
        return (
            None if shelf is None else cast("T | None", shelf.by_place.get((namespace or "", name)))
        )

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """All objects of a kind, by namespace and name; the same tuple while none changes."""
        shelf = self._shelves.get(kind)
        return () if shelf is None else cast("tuple[T, ...]", shelf.objects)

    def kinds(self) -> tuple[type[Object], ...]:
        """Kinds of which there are objects."""
        return tuple(kind for kind, shelf in self._shelves.items() if shelf.objects)

    def index(self, kind: type[T], by: By[T]) -> Mapping[Hashable, tuple[T, ...]]:
        """Objects of a kind by what ``by`` finds them under; each group in the order of ``of``.

        Args:
            kind: Which objects.
            by: A function of the object alone. Pass the same function each time (no lambda made
                on the spot): it is what the index is remembered by.
        """
        shelf = self._shelves.get(kind)
        if shelf is None:
            return _NOTHING
        return MappingProxyType(cast("_Shelf[T]", shelf).index(by))

    def _group(self, kind: type[T], by: By[T], value: Hashable) -> tuple[T, ...]:
        shelf = self._shelves.get(kind)
        return () if shelf is None else cast("_Shelf[T]", shelf).index(by).get(value, ())

    def service(self, namespace: str, name: str) -> Service | None:
        """A Service."""
        return self.find(Service, namespace, name)

    def namespace(self, name: str) -> Namespace | None:
        """A Namespace."""
        return self.find(Namespace, None, name)

    def slices_of(self, namespace: str, service: str) -> tuple[EndpointSlice, ...]:
        """EndpointSlices of a Service."""
        return self._group(EndpointSlice, _slice_service, (namespace, service))

    def grants_in(self, namespace: str) -> tuple[ReferenceGrant, ...]:
        """ReferenceGrants of a namespace."""
        return self._group(ReferenceGrant, _namespace_of, namespace)

    def backend_tls_of(self, namespace: str, kind: str, name: str) -> tuple[BackendTLSPolicy, ...]:
        """BackendTLSPolicies that target an object."""
        return self._group(BackendTLSPolicy, _policy_targets, (namespace, kind, name))

    def put(self, obj: Object) -> ObjectStore:
        """The store with this object, in place of the one of its key."""
        return self._changed({type(obj): {_place(obj.key): obj}})

    def delete(self, key: ObjectKey) -> ObjectStore:
        """The store without the object of that key."""
        kind = _KIND_BY_NAME.get(key.kind)
        return self if kind is None else self._changed({kind: {_place(key): None}})

    def with_findings(self, findings: Iterable[Finding], skipped: int | None = None) -> ObjectStore:
        """The same objects with other findings."""
        other = self._copy(self._shelves, tuple(findings))
        other.skipped = self.skipped if skipped is None else skipped
        return other

    def apply(self, events: Iterable[Event]) -> ObjectStore:
        """The store after these events.

        Between ``Reset`` and ``Synced`` a buffer is filled. Objects that come again unchanged (the
        same object, or an equal one of the same place in a file) keep their identity.
        """
        news: dict[type[Object], dict[_Place, Object | None]] = {}
        findings: tuple[Finding, ...] | None = None
        silences: tuple[Silence, ...] | None = None
        for event in events:
            match event:
                case Put(obj):
                    news.setdefault(type(obj), {})[_place(obj.key)] = obj
                case Delete(key):
                    kind = _KIND_BY_NAME.get(key.kind)
                    if kind is not None:
                        news.setdefault(kind, {})[_place(key)] = None
                case Reset():
                    news = {
                        kind: dict.fromkeys(shelf.by_place) for kind, shelf in self._shelves.items()
                    }
                case Synced():
                    findings = event.findings if event.findings is not None else findings
                    silences = event.silences if event.silences is not None else silences
        store = self._changed(news)
        if findings is None and silences is None:
            return store
        return store._copy(store._shelves, findings, silences)

    def changes_since(self, old: ObjectStore) -> tuple[ObjectKey, ...]:
        """Keys of objects that are new, gone or another object than in ``old``.

        Cheap if this store came from ``old`` by few changes; otherwise it compares the identity of
        every object.
        """
        keys: list[ObjectKey] = []
        for kind in {**old._shelves, **self._shelves}:
            mine: _Shelf[Any] = self._shelves.get(kind) or _EMPTY
            theirs: _Shelf[Any] = old._shelves.get(kind) or _EMPTY
            for namespace, name in mine.changed_since(theirs):
                keys.append(ObjectKey(kind.__name__, namespace or None, name))
        return tuple(keys)

    def _changed(self, news: Mapping[type[Object], Mapping[_Place, Object | None]]) -> ObjectStore:
        shelves = dict(self._shelves)
        for kind, changes in news.items():
            old = shelves.get(kind, _EMPTY)
            new = old.change(changes)
            if new is not old:
                shelves[kind] = new
        same = all(self._shelves.get(kind) is shelf for kind, shelf in shelves.items())
        return self if same else self._copy(shelves)

    def _copy(
        self,
        shelves: dict[type[Object], _Shelf[Any]],
        findings: tuple[Finding, ...] | None = None,
        silences: tuple[Silence, ...] | None = None,
    ) -> ObjectStore:
        other = ObjectStore.__new__(ObjectStore)
        other._shelves = shelves
        other.findings = self.findings if findings is None else findings
        other.silences = self.silences if silences is None else silences
        other.skipped = self.skipped
        return other


_KIND_BY_NAME: Mapping[str, type[Object]] = {kind.__name__: kind for kind in KINDS.values()}
_EMPTY: _Shelf[Any] = _Shelf({}, (), (), {})
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


def _slice_service(piece: EndpointSlice) -> Iterable[Hashable]:
    service = piece.service
    return () if service is None else ((piece.metadata.namespace, service),)


def _namespace_of(obj: Object) -> Iterable[Hashable]:
    return (obj.metadata.namespace,)


def _policy_targets(policy: BackendTLSPolicy) -> Iterable[Hashable]:
    namespace = policy.metadata.namespace
    return {(namespace, ref.kind, ref.name) for ref in policy.spec.target_refs}

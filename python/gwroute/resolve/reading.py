"""Reading a store with a note of what was read, and results that hold as long as that is so.

Resolution is composed of small functions of few inputs. Each reads its inputs from a
:class:`Reading`, which notes them: an object that was looked up (there or not), the members of a
group, all objects of a kind, or something an earlier pass found out. A result stays good while
everything it read is the same; :class:`Memo` keeps it and forgets it when something it read is not.
No function says by itself what it depends on, so none can forget to.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Set
from typing import Any, Generic, TypeVar

from gwroute.model import Object, ObjectKey
from gwroute.model.registry import KINDS
from gwroute.store import By, ObjectStore

__all__ = ["Fact", "Memo", "Reading"]

T = TypeVar("T", bound=Object)
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Fact = object
"""Something that was read: a key of an object, ``(index, value)``, a kind, or another pass's."""

_KINDS: Mapping[str, type[Object]] = {kind.__name__: kind for kind in KINDS.values()}


class Reading(ObjectStore):
    """A store that notes what is asked of it."""

    __slots__ = ("_indexes", "noted", "touched")

    noted: list[Fact]
    """What was read since the list was put here."""
    touched: dict[str, list[ObjectKey]]
    """By kind, the objects that are new, gone or other ones than before the last turn."""

    def __init__(self) -> None:
        super().__init__()
        self._indexes: dict[tuple[type[Object], By[Any]], None] = {}
        self.noted = []
        self.touched = {}

    def turn_to(self, old: ObjectStore, new: ObjectStore) -> set[Fact]:
        """Read from another store from now on; returns the facts that are not what they were."""
        self._shelves = new._shelves
        keys = new.changes_since(old)
        self.touched = {}
        for key in keys:
            self.touched.setdefault(key.kind, []).append(key)
        changed: set[Fact] = set(keys)
        changed.update(_KINDS[kind] for kind in self.touched)
        for kind, by in self._indexes:
            for key in self.touched.get(kind.__name__, ()):
                for obj in (old.get(key), new.get(key)):
                    if obj is not None:
                        changed.update((by, value) for value in by(obj))
        return changed

    def get(self, key: ObjectKey) -> Object | None:
        """The object of that key."""
        self.noted.append(key)
        return super().get(key)

    def find(self, kind: type[T], namespace: str | None, name: str) -> T | None:
        """The object of that kind and name."""
        # Equal to the ObjectKey of the same parts, and cheaper to make.
        self.noted.append((kind.__name__, namespace, name))
        return super().find(kind, namespace, name)

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """All objects of a kind."""
        self.noted.append(kind)
        return super().of(kind)

    def index(self, kind: type[T], by: By[T]) -> Mapping[Hashable, tuple[T, ...]]:
        """Objects of a kind by what ``by`` finds them under."""
        self.noted.append(kind)
        return super().index(kind, by)

    def _group(self, kind: type[T], by: By[T], value: Hashable) -> tuple[T, ...]:
        if (kind, by) not in self._indexes:
            self._indexes[kind, by] = None
        self.noted.append((by, value))
        return super()._group(kind, by, value)

    def group(self, kind: type[T], by: By[T], value: Hashable) -> tuple[T, ...]:
        """The objects of a kind that ``by`` finds under a value."""
        return self._group(kind, by, value)


class Memo(Generic[K, V]):
    """Results by key, each as long as all that was read for it is the same."""

    __slots__ = ("_read", "_readers", "_unread", "values")

    def __init__(self) -> None:
        self.values: dict[K, V] = {}
        self._read: dict[K, list[Fact]] = {}
        self._readers: dict[Fact, set[K]] = {}
        self._unread: list[Fact] = []

    def update(
        self,
        reading: Reading,
        changed: Set[Fact],
        wanted: Iterable[K],
        compute: Callable[[K], V | None],
    ) -> dict[K, tuple[V | None, V | None]]:
        """Compute what is new, and anew what read something that changed.

        Args:
            reading: What ``compute`` reads from.
            changed: Facts that are not what they were.
            wanted: Keys of results that may not be there yet.
            compute: The result of a key; None if there is none (any more).

        Returns:
            What was computed: the result before and now, None if there was or is none.
        """
        stale: dict[K, None] = {key: None for key in wanted if key not in self.values}
        readers = self._readers
        few = changed if len(changed) < len(readers) else [f for f in readers if f in changed]
        for fact in few:
            stale.update(dict.fromkeys(readers.get(fact, ())))
        done: dict[K, tuple[V | None, V | None]] = {}
        for key in stale:
            reading.noted = []
            value = compute(key)
            done[key] = (self.drop(key), value)
            if value is not None:
                self._keep(key, value, reading.noted)
        return done

    def ask(self, reading: Reading, key: K, compute: Callable[[K], V]) -> V:
        """The result of a key, computed if it is not there.

        May be asked while another result is computed; what is read here is not counted as read
        there.
        """
        value = self.values.get(key)
        if value is None:
            outer, reading.noted = reading.noted, []
            value = compute(key)
            self._keep(key, value, reading.noted)
            reading.noted = outer
        return value

    def unread(self) -> list[Fact]:
        """Facts that were read, and are by no result any more since this was last asked."""
        found = [fact for fact in self._unread if fact not in self._readers]
        self._unread = []
        return found

    def drop(self, key: K) -> V | None:
        """Forget a result, and return it."""
        for fact in self._read.pop(key, ()):
            readers = self._readers.get(fact)
            if readers is None:
                continue  # read several times
            readers.discard(key)
            if not readers:
                del self._readers[fact]
                self._unread.append(fact)
        return self.values.pop(key, None)

    def _keep(self, key: K, value: V, read: list[Fact]) -> None:
        self.values[key] = value
        self._read[key] = read
        readers = self._readers
        for fact in read:
            known = readers.get(fact)
            if known is None:
                readers[fact] = {key}
            else:
                known.add(key)

"""A sorted mapping whose values are strung together, at the cost of what changed.

Every value has parts of several sorts (the rules of a route, its conditions, its findings). What
is wanted are all parts of one sort, in the order of the keys. The mapping is kept in pages, and
every page remembers its parts joined: after a change one page is joined anew, and the whole is
the joining of a few long tuples.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from operator import itemgetter
from typing import Any, Generic, TypeVar

__all__ = ["Pages"]

K = TypeVar("K", bound=Any)
V = TypeVar("V")

SIZE = 128
"""Entries of a full page; one twice as long is split."""
MANY = 64
"""From so many changes on, sorting everything is cheaper than searching for each."""


class _Page(Generic[K, V]):
    __slots__ = ("joined", "keys", "values")

    def __init__(self, keys: list[K], values: list[V], sorts: int) -> None:
        self.keys = keys
        self.values = values
        self.joined: list[tuple[Any, ...] | None] = [None] * sorts


class Pages(Generic[K, V]):
    """The mapping.

    Args:
        sorts: For each sort of parts, what yields them of one value.
    """

    __slots__ = ("_pages", "_sorts")

    def __init__(self, *sorts: Callable[[V], tuple[Any, ...]]) -> None:
        self._sorts = sorts
        self._pages: list[_Page[K, V]] = []

    def __iter__(self) -> Iterator[tuple[K, V]]:
        for page in self._pages:
            yield from zip(page.keys, page.values, strict=True)

    def change(self, news: Mapping[K, V | None]) -> None:
        """Put values, or take away those that are None."""
        if len(news) > MANY:
            self._rebuild({**dict(self), **news})
            return
        for key, value in news.items():
            self._change(key, value)

    def joined(self, sort: int) -> tuple[Any, ...]:
        """All parts of one sort, in the order of the keys.

        Args:
            sort: Number of the sort, from 0.
        """
        parts = self._sorts[sort]
        for page in self._pages:
            if page.joined[sort] is None:
                page.joined[sort] = tuple(chain.from_iterable(map(parts, page.values)))
        return tuple(chain.from_iterable(page.joined[sort] or () for page in self._pages))

    def _rebuild(self, entries: Mapping[K, V | None]) -> None:
        kept = sorted(
            ((key, value) for key, value in entries.items() if value is not None),
            key=itemgetter(0),
        )
        self._pages = [
            self._page([key for key, _ in part], [value for _, value in part])
            for part in (kept[start : start + SIZE] for start in range(0, len(kept), SIZE))
        ]

    def _page(self, keys: list[K], values: list[V]) -> _Page[K, V]:
        return _Page(keys, values, len(self._sorts))

    def _change(self, key: K, value: V | None) -> None:
        if not self._pages:
            self._rebuild({key: value})
            return
        number = max(bisect_right(self._pages, key, key=lambda page: page.keys[0]) - 1, 0)
        page = self._pages[number]
        at = bisect_left(page.keys, key)
        there = at < len(page.keys) and page.keys[at] == key
        if value is None and not there:
            return
        page.joined = [None] * len(self._sorts)
        if value is None:
            del page.keys[at], page.values[at]
            if not page.keys:
                del self._pages[number]
        elif there:
            page.values[at] = value
        else:
            page.keys.insert(at, key)
            page.values.insert(at, value)
            self._split(number)

    def _split(self, number: int) -> None:
        page = self._pages[number]
        if len(page.keys) > 2 * SIZE:
            self._pages[number : number + 1] = [
                self._page(page.keys[:SIZE], page.values[:SIZE]),
                self._page(page.keys[SIZE:], page.values[SIZE:]),
            ]

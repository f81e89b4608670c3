"""Values in the order of their keys, kept so through changes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any, Generic, TypeVar

__all__ = ["Rows"]

K = TypeVar("K", bound=Any)
V = TypeVar("V")


class Rows(Generic[K, V]):
    """A sorted mapping; one change costs a binary search, many cost one sort."""

    __slots__ = ("_keys", "values")

    def __init__(self) -> None:
        self._keys: list[K] = []
        self.values: list[V] = []

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return zip(self._keys, self.values, strict=True)

    def change(self, news: Mapping[K, V | None]) -> None:
        """Put values, or take away those that are None."""
        if len(news) > 64:
            merged: dict[K, V | None] = {**dict(self), **news}
            kept = sorted(
                ((key, value) for key, value in merged.items() if value is not None),
                key=itemgetter(0),
            )
            self._keys = [key for key, _ in kept]
            self.values = [value for _, value in kept]
            return
        for key, value in news.items():
            at = bisect_left(self._keys, key)
            there = at < len(self._keys) and self._keys[at] == key
            if value is None:
                if there:
                    del self._keys[at], self.values[at]
            elif there:
                self.values[at] = value
            else:
                self._keys.insert(at, key)
                self.values.insert(at, value)

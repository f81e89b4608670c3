"""What changed between two snapshots, record by record.

Resolution hands out the same object for what did not change, so identity is asked first and
equality only where identity says no: ten thousand rules cost ten thousand pointer comparisons.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from operator import is_not
from typing import Protocol, TypeVar

from gwroute.ir import Delta, Snapshot

__all__ = ["diff", "is_empty"]


class _Record(Protocol):
    @property
    def key(self) -> str: ...


R = TypeVar("R", bound=_Record)


def diff(old: Snapshot, new: Snapshot) -> Delta:
    """The delta that turns a table of ``old`` into one of ``new``."""
    put_rules, delete_rules = _changes(old.rules, new.rules)
    put_upstreams, delete_upstreams = _changes(old.upstreams, new.upstreams)
    same = old.listeners is new.listeners or old.listeners == new.listeners
    return Delta(
        listeners=None if same else new.listeners,
        put_rules=put_rules,
        delete_rules=delete_rules,
        put_upstreams=put_upstreams,
        delete_upstreams=delete_upstreams,
    )


def is_empty(delta: Delta) -> bool:
    """Whether a delta changes nothing."""
    records = (delta.put_rules, delta.delete_rules, delta.put_upstreams, delta.delete_upstreams)
    return delta.listeners is None and not any(records)


def _changes(old: Sequence[R], new: Sequence[R]) -> tuple[tuple[R, ...], tuple[str, ...]]:
    if old is new:
        return (), ()
    old, new = _differing(old, new)
    kept = {id(record) for record in old}
    fresh = [record for record in new if id(record) not in kept]
    kept = {id(record) for record in new}
    stale = {record.key: record for record in old if id(record) not in kept}
    put = []
    for record in fresh:
        if stale.pop(record.key, None) != record:
            put.append(record)
    return tuple(put), tuple(stale)


def _differing(old: Sequence[R], new: Sequence[R]) -> tuple[Sequence[R], Sequence[R]]:
    """The two without records that are the same object at the same place, or near the ends."""
    if len(old) == len(new):
        places = list(compress(range(len(old)), map(is_not, old, new)))
        return [old[at] for at in places], [new[at] for at in places]
    shorter = min(len(old), len(new))
    head = next(compress(range(shorter), map(is_not, old, new)), shorter)
    ends = map(is_not, reversed(old), reversed(new))
    tail = min(next(compress(range(shorter), ends), shorter), shorter - head)
    return old[head : len(old) - tail], new[head : len(new) - tail]

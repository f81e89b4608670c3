"""The few names there are, and how rare things are drawn."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from support.objects import Document, document

T = TypeVar("T")

NAMESPACES = ("a", "a-b", "infra")
"""``a-b/…`` stands before ``a/…``, which is not the order of the two names."""
TIMES = (None, None, "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z")
SELECTORS = (
    {"matchLabels": {"team": "x"}},
    {},
    {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["x"]}]},
    {"matchExpressions": [{"key": "team", "operator": "Exists"}]},
    {"matchLabels": {"kubernetes.io/metadata.name": "a-b"}},
)


@functools.cache
def _below(limit: int) -> st.SearchStrategy[int]:
    return st.integers(0, limit - 1)


def below(draw: st.DrawFn, limit: int) -> int:
    """A number under a limit. Everything is made of these, since making strategies is slow."""
    return draw(_below(limit))


def pick(draw: st.DrawFn, *usual: Any, rarely: Sequence[Any] = ()) -> Any:
    """One of the usual values, and now and then a rare one."""
    weight = max(1, 6 * len(rarely) // len(usual))
    at = below(draw, weight * len(usual) + len(rarely))
    rare = at - weight * len(usual)
    return usual[at % len(usual)] if rare < 0 else rarely[rare]


def sometimes(draw: st.DrawFn, one_in: int) -> bool:
    return below(draw, one_in) == one_in - 1


def some(draw: st.DrawFn, values: Sequence[T], limit: int) -> list[T]:
    """A few values, none twice."""
    return list(dict.fromkeys(pick(draw, *values) for _ in range(below(draw, limit + 1))))


def shuffled(draw: st.DrawFn, values: Sequence[T]) -> list[T]:
    """The values in any order."""
    left = list(values)
    return [left.pop(below(draw, len(left))) for _ in range(len(left))]


def made(draw: st.DrawFn, kind: str, name: str, namespace: str | None, **rest: Any) -> Document:
    """A document of some age."""
    created = pick(draw, *TIMES)
    if created is not None:
        rest["created"] = created
    return document(kind, name, namespace, **rest)


def from_(draw: st.DrawFn, *usual: str) -> Document:
    """Which namespaces are taken."""
    kind = pick(draw, *usual, rarely=("Same", "Selector", "All"))
    return {"from": kind} | ({"selector": pick(draw, *SELECTORS)} if kind == "Selector" else {})

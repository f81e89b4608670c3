"""Looking into documents of which nothing has checked the inside.

Affinities, containers and patches of an EnvoyProxy are handed on as they were written. What is
not of the wanted shape counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["at", "items"]


def at(tree: Any, *path: str) -> Mapping[str, Any]:
    """A mapping inside a document; an empty one where there is none."""
    for name in path:
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree if isinstance(tree, Mapping) else {}


def items(value: Any) -> list[Mapping[str, Any]]:
    """The mappings in a list; nothing if it is no list."""
    found = value if isinstance(value, list | tuple) else ()
    return [item for item in found if isinstance(item, Mapping)]

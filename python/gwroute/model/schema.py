"""What an API server would refuse: the schemas and rules of the Gateway API's CRDs.

The schemas are package data, one file a kind, made by ``tools/schemas.py``; the work is done in
Rust. Both release channels are known: an object is refused if neither of them takes it.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable
from importlib import resources
from itertools import islice
from typing import Literal, NamedTuple

from gwroute._native import Schema

__all__ = ["PREFERRED", "Violation", "refuses", "schema_of", "violations"]

AT_ONCE = 1024
"""Objects that are handed over together: enough for several threads, and little memory."""
PREFERRED = "v1"
"""The version whose schema stands in for those that no channel serves any more."""


class Violation(NamedTuple):
    """One thing that is wrong with an object."""

    path: str
    """The field: ``spec.rules[1].matches[0].path.value``; empty for the object as a whole."""
    sort: str
    """``required``, ``type``, ``enum``, ``pattern``, ``length``, ``range``, ``size``,
    ``duplicate``, ``combination``, ``rule`` or ``experimental``."""
    message: str
    """What the value must be, or the message of the rule."""
    channels: Literal["both", "standard", "experimental"]
    """Whose schema is violated."""
    rule: str | None
    """The rule that does not hold, in CEL."""


@functools.cache
def schema_of(kind: str) -> Schema | None:
    """The schemas of a kind; None if it is none of the Gateway API's."""
    file = resources.files("gwroute") / "schemas" / f"{kind.lower()}.json"
    return Schema(file.read_bytes()) if file.is_file() else None


def violations(
    kind: str, api_version: str, documents: Iterable[bytes]
) -> dict[int, tuple[Violation, ...]]:
    """What is wrong with objects of one kind and version, a hundred things of each at most.

    Args:
        kind: Their kind. Kinds that the Gateway API does not have pass.
        api_version: Their ``apiVersion``.
        documents: The objects as they were written, each in JSON.

    Returns:
        By position, those with something wrong.
    """
    schema = schema_of(kind)
    if schema is None:
        return {}
    version = api_version.rpartition("/")[2]
    wrong: dict[int, tuple[Violation, ...]] = {}
    rest, start = iter(documents), 0
    while batch := list(islice(rest, AT_ONCE)):
        text = b"[%s]" % b",".join(batch)
        found = schema.violations(version, text)
        if found is None:
            found = schema.violations(PREFERRED, text)
        wrong.update((start + at, tuple(map(Violation._make, rows))) for at, rows in found or ())
        start += len(batch)
    return wrong


def refuses(found: Collection[Violation]) -> bool:
    """Whether no API server takes an object with these violations as it was meant.

    It is enough that one channel takes it; but not the standard one if that drops fields of it.
    """
    refusing = {violation.channels for violation in found if violation.sort != "experimental"}
    dropping = any(violation.sort == "experimental" for violation in found)
    return bool(refusing & {"both", "experimental"}) and (dropping or refusing != {"experimental"})

"""Many objects of one kind at once, from JSON into the object model.

One call for hundreds of objects costs a fraction of one call an object. Only if something in a
batch is wrong, its objects are looked at one by one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gwroute.model.flaw import UNKNOWN_FIELD, Flaw, Path, flaws, locate
from gwroute.model.meta import Object
from gwroute.model.registry import list_adapter

__all__ = ["Checked", "check"]


class Checked(NamedTuple):
    """One object of a batch of which something is wrong."""

    at: int
    """Its number in the batch."""
    document: Any
    """The object as it was given."""
    flaws: list[Flaw]


def check(kind: type[Object], batch: bytes) -> tuple[list[Object | None], list[Checked]]:
    """Validate a JSON list of objects.

    Args:
        kind: What they should be.
        batch: The list, without nulls that mean absent.

    Returns:
        The objects in the order of the list, None for one that cannot be used; and those of which
        something is wrong, among them some that can be used.
    """
    try:
        return list_adapter(kind).validate_json(batch), []
    except ValidationError as error:
        return _one_by_one(kind, batch, error.errors(include_url=False))


def _one_by_one(
    kind: type[Object], batch: bytes, errors: Sequence[ErrorDetails]
) -> tuple[list[Object | None], list[Checked]]:
    given: list[Any] = json.loads(batch)
    wrong: dict[int, list[ErrorDetails]] = {}
    for error in errors:
        index = int(error["loc"][0])
        wrong.setdefault(index, []).append({**error, "loc": error["loc"][1:]})
    usable = {
        index: _without_unknown(given[index], wrong.get(index, ()))
        for index in range(len(given))
        if all(error["type"] == UNKNOWN_FIELD for error in wrong.get(index, ()))
    }
    objects: list[Object | None] = [None] * len(given)
    valid = list_adapter(kind).validate_json(json.dumps(list(usable.values())))
    for index, obj in zip(usable, valid, strict=True):
        objects[index] = obj
    checked = [
        Checked(index, given[index], list(flaws(kind, given[index], found)))
        for index, found in sorted(wrong.items())
    ]
    return objects, checked


def _without_unknown(document: Any, errors: Sequence[ErrorDetails]) -> Any:
    for error in errors:
        document = _without(document, locate(document, error["loc"]))
    return document


def _without(document: Any, path: Path) -> Any:
    """A copy without the field at a path; what is off the path is shared."""
    first, *rest = path
    copy = document.copy()
    if rest:
        copy[first] = _without(document[first], tuple(rest))
    else:
        del copy[first]
    return copy

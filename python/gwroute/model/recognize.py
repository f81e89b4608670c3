"""From ``apiVersion`` and ``kind`` to a type, or to why there is none."""

from __future__ import annotations

import difflib
from typing import NamedTuple

from gwroute.model.meta import Object
from gwroute.model.registry import KINDS, KNOWN_GROUPS, PASSED_OVER, UNSUPPORTED

__all__ = ["SKIPPED", "Unknown", "recognize"]


class Unknown(NamedTuple):
    """A kind that cannot be read, and why."""

    code: str
    message: str
    """What follows the object's name."""
    help: str | None
    field: str
    """The field that is to blame."""


SKIPPED = None
"""A kind that gwroute has no use for."""

_HOMES = {name: kind for (group, name), kind in KINDS.items() if group in KNOWN_GROUPS}
"""Kinds of the groups we know, by name."""


def recognize(api_version: str, kind: str) -> type[Object] | Unknown | None:
    """The type to read an object as; why that cannot be; or :data:`SKIPPED`."""
    group, slash, version = api_version.rpartition("/")
    known = KINDS.get((group, kind))
    if known is not None and version in known.VERSIONS:
        return known
    if known is not None and (group or not slash):
        return _unknown_version(known, version)
    if (group, kind) in UNSUPPORTED:
        return Unknown("GWR901", f"{kind} is not supported and has no effect", None, "kind")
    if (group, kind) in PASSED_OVER:
        return SKIPPED
    if group in KNOWN_GROUPS:
        return _unknown_kind(group, kind)
    return _misspelled_group(api_version, group, kind)


def _unknown_version(kind: type[Object], version: str) -> Unknown:
    message = f"{kind.__name__} has no version {version!r}; the object is not used"
    return Unknown("GWR005", message, f"write {_api_version(kind)}", "apiVersion")


def _unknown_kind(group: str, kind: str) -> Unknown:
    kinds = [name for home, name in (*KINDS, *UNSUPPORTED, *PASSED_OVER) if home == group]
    near = difflib.get_close_matches(kind, kinds, 1)
    way_out = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(kinds))}"
    message = f"{group} has no kind {kind}; the object is not used"
    return Unknown("GWR004", message, way_out, "kind")


def _misspelled_group(api_version: str, group: str, kind: str) -> Unknown | None:
    """A kind of ours in a group that does not exist; other groups may have a kind of that name."""
    home = _HOMES.get(kind)
    if home is None or (group and not difflib.get_close_matches(group, [home.GROUP], 1, 0.85)):
        return SKIPPED
    message = f"there is no {kind} in {api_version}; the object is not used"
    return Unknown("GWR004", message, f"write {_api_version(home)}", "apiVersion")


def _api_version(kind: type[Object]) -> str:
    """The newest version of a kind, as it is written."""
    return f"{kind.GROUP}/{kind.VERSIONS[0]}" if kind.GROUP else kind.VERSIONS[0]

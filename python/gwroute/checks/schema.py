"""What an API server would refuse, or take in one release channel only.

Only objects from files are looked at: those of a cluster have been through its API server, and
those made in Python are made by who knows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gwroute.finding import Finding, Level
from gwroute.model import Object, ObjectKey, Origin
from gwroute.model.schema import Violation, refuses, schema_of, violations
from gwroute.resolve.suggest import did_you_mean
from gwroute.store import ObjectStore

__all__ = ["SchemaCheck"]

CODE = {
    "required": "GWR101",
    "type": "GWR007",
    "enum": "GWR103",
    "pattern": "GWR104",
    "length": "GWR105",
    "range": "GWR106",
    "size": "GWR107",
    "duplicate": "GWR108",
    "combination": "GWR109",
    "rule": "GWR110",
    "experimental": "GWR111",
}
"""Code by sort of violation. A wrong type is what reading the object says of it already, where the
model has the field."""


class SchemaCheck:
    """The check over one version of a store after another: what did not change is kept."""

    def __init__(self) -> None:
        self._store = ObjectStore()
        self._found: dict[ObjectKey, tuple[Violation, ...]] = {}

    def look(self, store: ObjectStore) -> SchemaCheck:
        """Takes the store as it is now."""
        groups: dict[tuple[str, str], list[tuple[ObjectKey, Origin]]] = {}
        for key in store.changes_since(self._store):
            self._found.pop(key, None)
            obj = store.get(key)
            if obj is not None and obj.origin is not None and schema_of(key.kind) is not None:
                groups.setdefault((key.kind, obj.api_version), []).append((key, obj.origin))
        for (kind, version), group in groups.items():
            found = violations(kind, version, (origin.json() for _, origin in group))
            self._found.update((group[at][0], rows) for at, rows in found.items())
        self._store = store
        return self

    def findings(self) -> tuple[Finding, ...]:
        """Findings about all objects of the store."""
        return tuple(
            finding
            for key, found in self._found.items()
            if (obj := self._store.get(key)) is not None
            for finding in _findings_of(obj, found)
        )


def _findings_of(obj: Object, found: Collection[Violation]) -> Iterator[Finding]:
    """Findings about the violations of one object.

    They are errors if no API server takes it; then what the standard channel alone minds goes
    without saying. Otherwise a warning says what clusters of the experimental channel refuse,
    since that is what gwroute follows, and an info what those of the standard channel refuse.
    """
    whole = refuses(found)
    for violation in found:
        dropped = violation.sort == "experimental"
        if whole and violation.channels == "standard" and not dropped:
            continue
        level, follows = _consequence(violation, whole=whole)
        subject = f"{obj.key}: {violation.path}".rstrip(": ")
        between = ": " if violation.rule else " "
        yield Finding.at(
            CODE[violation.sort],
            obj,
            violation.path or None,
            f"{subject}{between}{violation.message}{follows}",
            level=level,
            help=_help(violation),
        )


def _consequence(violation: Violation, *, whole: bool) -> tuple[Level, str]:
    if violation.sort == "experimental":
        return "info", ""
    if whole:
        return "error", "; an API server refuses the object"
    level: Level = "info" if violation.channels == "standard" else "warning"
    return level, f"; CRDs of the {violation.channels} channel refuse the object"


def _help(violation: Violation) -> str | None:
    if violation.sort != "enum":
        return None
    allowed, _, given = violation.message.removeprefix("must be one of ").partition(", is ")
    return did_you_mean(given.strip('"'), allowed.split(", "))

"""What the log says of a change."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping

from gwroute.controller.bindings import Entry
from gwroute.ir import Snapshot
from gwroute.model.key import ObjectKey
from gwroute.store import ObjectStore

__all__ = ["changed", "count", "fault", "listeners", "log_from", "unreadable"]

_log = logging.getLogger(__name__)

NAMED = 3
"""So many changed objects are named."""

UNREADABLE = frozenset({"GWR001", "GWR013", "GWR014", "GWR015"})
"""Findings that say that nothing of a file could be used."""


def log_from(level: str) -> None:
    """Logs from that level on: ``error``, ``warning``, ``info`` or ``debug``."""
    logging.getLogger("gwroute").setLevel(level.upper())
    _log.info("logging from level %s on", level)


def count(number: int, noun: str) -> str:
    """``1 route``, ``2 routes``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def changed(old: ObjectStore, new: ObjectStore) -> str | None:
    """Which objects are new, gone or other than before; None if none is."""
    keys = new.changes_since(old)
    words = [f"{_how(key, old, new)} {key}" for key in keys[:NAMED]]
    if len(keys) > NAMED:
        words.append(f"and {len(keys) - NAMED} more")
    return ", ".join(words) or None


def _how(key: ObjectKey, old: ObjectStore, new: ObjectStore) -> str:
    if key not in old:
        return "new"
    return "changed" if key in new else "gone"


def fault(store: ObjectStore) -> str | None:
    """What could not be read, and keeps what is live from being what the files say."""
    errors = [str(finding) for finding in store.findings if finding.level == "error"]
    if not errors:
        return None
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return errors[0] + more


def unreadable(store: ObjectStore) -> str | None:
    """The first file of which nothing could be used; None if there is none."""
    found = (str(finding) for finding in store.findings if finding.code in UNREADABLE)
    return next(found, None)


def listeners(snapshot: Snapshot, bound: Mapping[Entry, tuple[str, ...]]) -> Iterator[str]:
    """A line for each place a listener is bound at: its name, the address, its number of routes."""
    if not bound:
        return
    routes: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for rule in snapshot.rules:
        for host in rule.hosts:
            routes[host.listener].add((rule.route.kind, rule.route.namespace, rule.route.name))
    for listener in snapshot.listeners:
        for address in bound.get((listener.gateway, listener.port), ()):
            number = count(len(routes[listener.key]), "route")
            yield f"listener {listener.key}  {address}  {number}"

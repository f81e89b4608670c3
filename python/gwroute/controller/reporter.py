"""What can wait until a change serves: findings in the log, statuses, the snapshot on disk."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from gwroute.checks import validate
from gwroute.checks.schema import SchemaCheck
from gwroute.controller import status
from gwroute.controller.bindings import Entry
from gwroute.controller.live import DataPlane
from gwroute.controller.state import State
from gwroute.finding import Finding
from gwroute.resolve import Resolution
from gwroute.store import ObjectStore

__all__ = ["Reporter"]

LEVELS = {"error": logging.ERROR, "warning": logging.WARNING}

_log = logging.getLogger(__name__)


class Reporter:
    """Says everything once.

    Args:
        plane: Where the conditions can be asked for.
        state: Where the last good snapshot is kept; None keeps none.
    """

    def __init__(self, plane: DataPlane, state: State | None) -> None:
        self._plane = plane
        self._state = state
        self._schema = SchemaCheck()
        self._told: frozenset[str] = frozenset()
        self._refused: Mapping[Entry, str] = {}
        self._unmatched: frozenset[str] = frozenset()

    def unreadable(self, store: ObjectStore) -> None:
        """Says what could not be read, and that what is live of it stays."""
        for finding in store.findings:
            if finding.level == "error" and str(finding) not in self._told:
                stays = f"{finding.message}; what is live of it stays"
                _log.error("%s", replace(finding, message=stays))
                self._told |= {str(finding)}

    def refused(self, refused: Mapping[Entry, str]) -> None:
        """Says which ports could not be bound."""
        for entry, why in refused.items():
            if self._refused.get(entry) != why:
                _log.error("%s", why)
        self._refused = dict(refused)

    def unmatched(self, lines: Iterable[str]) -> None:
        """Says what was given and changes nothing."""
        found = tuple(lines)
        for line in found:
            if line not in self._unmatched:
                _log.warning("%s", line)
        self._unmatched = frozenset(found)

    def report(self, store: ObjectStore, resolution: Resolution, *, whole: bool) -> None:
        """Findings at warning and over, the conditions, and the state on disk.

        Args:
            store: What was resolved.
            resolution: What it came to, as it is served.
            whole: Whether everything could be read, so that the snapshot is a good one.
        """
        self._tell(validate(store, resolution, self._schema))
        self._plane.set_status(status.document(resolution.conditions))
        if self._state is not None and whole:
            try:
                self._state.save(resolution.snapshot)
            except OSError as error:
                _log.error("the last good snapshot cannot be kept (--state-dir): %s", error)

    def _tell(self, findings: tuple[Finding, ...]) -> None:
        for finding in findings:
            if finding.level in LEVELS and str(finding) not in self._told:
                _log.log(LEVELS[finding.level], "%s", finding)
        self._told = frozenset(map(str, findings))

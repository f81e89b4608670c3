"""What is live: one table, and the ports that lead to it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, Protocol

from gwroute.controller import words
from gwroute.controller.bindings import Bindings, Entry, Sockets, Wanted
from gwroute.ir import Snapshot
from gwroute.router import Router
from gwroute.secrets import Secrets

__all__ = ["DataPlane", "Live"]

_log = logging.getLogger(__name__)


class DataPlane(Sockets, Protocol):
    """What serves."""

    def swap(self, router: Router, info: Mapping[str, Any], secrets: bytes) -> int:
        """Puts a table and key material in place at once; the number of this generation."""

    def set_status(self, status: bytes) -> None:
        """What ``/status`` of the admin port answers."""

    def reload_failed(self, error: str) -> None:
        """Makes known that a change could not be used."""

    def set_ready(self, ready: bool) -> None:
        """Whether ``/ready`` says so."""

    def wait_event(self, timeout: float) -> str | None:
        """What was asked for through the admin port; None if nothing was in that time."""


class Live:
    """A data plane, and what it serves at the moment.

    Args:
        plane: What serves.
        listen: Addresses, as :class:`Bindings` takes them.
    """

    def __init__(self, plane: DataPlane, listen: Mapping[str, str]) -> None:
        self._plane = plane
        self._bindings = Bindings(plane, listen)
        self.router = Router(Snapshot())
        self.generation = 0

    @property
    def refused(self) -> Mapping[Entry, str]:
        """Ports that could not be bound, and why."""
        return self._bindings.refused

    @property
    def bound(self) -> Mapping[Entry, tuple[str, ...]]:
        """Where each port is bound, as it was bound."""
        return self._bindings.bound

    @property
    def serves(self) -> bool:
        """Whether a port is bound."""
        return bool(self._bindings.bound)

    def put(self, router: Router, secrets: Secrets, *, began: float, fault: str | None) -> None:
        """Puts a table in place, and binds and closes ports as it asks for.

        Args:
            router: What to serve.
            secrets: Key material that it names.
            began: When the work on it began, by the monotonic clock.
            fault: What could not be read, if something could not.
        """
        wanted = _wanted(router)
        for gateway, port in self._bindings.close(wanted):
            _log.info("Gateway %s: port %d closed", gateway, port)
        info = {"error": fault, "reload_seconds": time.monotonic() - began}
        self.generation = self._plane.swap(router, info, secrets.encode())
        self.router = router
        opened = set(self._bindings.open(wanted))
        bound = {entry: where for entry, where in self._bindings.bound.items() if entry in opened}
        for line in words.listeners(router.snapshot, bound):
            _log.info("%s", line)


def _wanted(router: Router) -> Wanted:
    asked = {(item.gateway, item.port): item.addresses for item in router.snapshot.listeners}
    return {entry: asked.get(entry, ()) for entry in router.entries}

"""Which port of which Gateway is bound where, and what stands in the way.

A Gateway's port is bound as it stands, unless it is mapped: at the addresses that the Gateway asks
for, or at all of them. Of several Gateways
that want one address the one that has it keeps it, and among new ones the earlier gets it; the
others wait until it is free again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gwroute.errors import BindError

__all__ = ["Bindings", "Entry", "Sockets", "Wanted"]

Entry = tuple[str, int]
"""Gateway (``namespace/name``) and port of its listeners."""

Wanted = Mapping[Entry, Sequence[str]]
"""The ports to bind, in order of precedence, and the IP addresses that their Gateways ask for."""

_WILDCARDS = ("", "0.0.0.0", "[::]")
"""What stands before the port where all addresses are meant; nothing means both families."""


class Sockets(Protocol):
    """What binds."""

    def listen(self, gateway: str, port: int, address: str) -> str:
        """Binds a Gateway's port; the address as it was bound, or :class:`BindError`."""

    def unlisten(self, gateway: str, port: int) -> None:
        """Stops accepting; connections that are open go on until they are done."""


class Bindings:
    """The ports that are bound.

    Args:
        sockets: What binds.
        mapped: Addresses by port (``80``) or by Gateway and port (``infra/public:80``); the
            latter goes first, and both before what a Gateway asks for. Port 0 of an address takes
            a free one.
    """

    def __init__(self, sockets: Sockets, mapped: Mapping[str, str]) -> None:
        self._sockets = sockets
        self._mapped = mapped
        self._held: dict[Entry, dict[str, str]] = {}
        """By port, where it was to be bound and where it is."""
        self.refused: dict[Entry, str] = {}
        """Why a port is not bound at one of its addresses, with the option that helps."""

    @property
    def bound(self) -> dict[Entry, tuple[str, ...]]:
        """Where each port is bound, as it was bound."""
        return {entry: tuple(held.values()) for entry, held in self._held.items()}

    def close(self, wanted: Wanted) -> list[Entry]:
        """Closes what is not wanted any more."""
        gone = [
            entry
            for entry, held in self._held.items()
            if entry not in wanted or not held.keys() <= set(self._addresses(entry, wanted[entry]))
        ]
        for entry in gone:
            self._sockets.unlisten(*entry)
            del self._held[entry]
        return gone

    def open(self, wanted: Wanted) -> list[Entry]:
        """Binds what is wanted and not bound yet, in order; ``refused`` says what failed."""
        self.refused = {}
        opened = []
        for entry, asked in wanted.items():
            held = self._held.get(entry, {})
            for address in self._addresses(entry, asked):
                if address in held:
                    continue
                try:
                    held[address] = self._open(entry, address, bool(asked))
                except BindError as error:
                    self.refused.setdefault(entry, str(error))
                else:
                    opened.append(entry)
            if held:
                self._held[entry] = held
        return list(dict.fromkeys(opened))

    def _addresses(self, entry: Entry, asked: Sequence[str]) -> list[str]:
        """Where a port belongs."""
        gateway, port = entry
        mapped = self._mapped.get(f"{gateway}:{port}") or self._mapped.get(str(port))
        if mapped:
            return [mapped]
        return [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host in asked or ("",)]

    def _open(self, entry: Entry, address: str, asked: bool) -> str:
        gateway, port = entry
        holder = next(
            (
                (where, held)
                for held, places in self._held.items()
                for where in places.values()
                if _collide(where, address)
            ),
            None,
        )
        if holder is not None:
            raise BindError(
                f"Gateway {gateway}: {holder[0]} serves Gateway {holder[1][0]} already; "
                f"give port {port} another address: --listen {gateway}:{port}=ADDR:PORT"
            )
        try:
            return self._sockets.listen(gateway, port, address)
        except BindError as error:
            correct = "correct spec.addresses, or " if asked else ""
            raise BindError(
                f"Gateway {gateway}: {error}; {correct}map port {port} elsewhere: "
                f"--listen {port}=127.0.0.1:{_unprivileged(port)}"
            ) from error


def _collide(held: str, wanted: str) -> bool:
    """Whether two addresses cannot both be bound."""
    (host, _, port), (other, _, number) = held.rpartition(":"), wanted.rpartition(":")
    if number == "0" or port != number:
        return False
    return host == other or host in _WILDCARDS or other in _WILDCARDS


def _unprivileged(port: int) -> int:
    """A port like this one that needs no right: 80 is 8080, 443 is 8443."""
    return port if port >= 1024 else port + 8000

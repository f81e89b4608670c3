"""Which port of which Gateway is bound where, and what stands in the way.

A Gateway's port is bound as it stands, on all addresses, unless it is mapped. Of several Gateways
that want one address the one that has it keeps it, and among new ones the earlier gets it; the
others wait until it is free again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from gwroute.errors import BindError

__all__ = ["Bindings", "Entry", "Sockets"]

Entry = tuple[str, int]
"""Gateway (``namespace/name``) and port of its listeners."""

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
            latter goes first. Port 0 of an address takes a free one.
    """

    def __init__(self, sockets: Sockets, mapped: Mapping[str, str]) -> None:
        self._sockets = sockets
        self._mapped = mapped
        self.bound: dict[Entry, str] = {}
        """Where each port is bound, as it was bound."""
        self.refused: dict[Entry, str] = {}
        """Why a port is not bound, with the option that helps."""

    def close(self, wanted: Iterable[Entry]) -> list[Entry]:
        """Closes what is not wanted any more."""
        keep = set(wanted)
        gone = [entry for entry in self.bound if entry not in keep]
        for entry in gone:
            self._sockets.unlisten(*entry)
            del self.bound[entry]
        return gone

    def open(self, wanted: Iterable[Entry]) -> list[Entry]:
        """Binds what is wanted and not bound yet, in order; ``refused`` says what failed."""
        self.refused = {}
        opened = []
        for entry in wanted:
            if entry in self.bound:
                continue
            try:
                self.bound[entry] = self._open(entry)
                opened.append(entry)
            except BindError as error:
                self.refused[entry] = str(error)
        return opened

    def _open(self, entry: Entry) -> str:
        gateway, port = entry
        address = self.address_of(entry)
        holder = next(
            (held for held, where in self.bound.items() if _collide(where, address)), None
        )
        if holder is not None:
            raise BindError(
                f"Gateway {gateway}: {self.bound[holder]} serves Gateway {holder[0]} already; "
                f"give port {port} another address: --listen {gateway}:{port}=ADDR:PORT"
            )
        try:
            return self._sockets.listen(gateway, port, address)
        except BindError as error:
            raise BindError(
                f"Gateway {gateway}: {error}; map port {port} elsewhere: "
                f"--listen {port}=127.0.0.1:{_unprivileged(port)}"
            ) from error

    def address_of(self, entry: Entry) -> str:
        """Where a port belongs."""
        gateway, port = entry
        return self._mapped.get(f"{gateway}:{port}") or self._mapped.get(str(port)) or f":{port}"


def _collide(held: str, wanted: str) -> bool:
    """Whether two addresses cannot both be bound."""
    (host, _, port), (other, _, number) = held.rpartition(":"), wanted.rpartition(":")
    if number == "0" or port != number:
        return False
    return host == other or host in _WILDCARDS or other in _WILDCARDS


def _unprivileged(port: int) -> int:
    """A port like this one that needs no right: 80 is 8080, 443 is 8443."""
    return port if port >= 1024 else port + 8000

"""What a source of objects is.

A source tells news in the manner of a relisting watch: ``Reset``, then ``Put`` for all there is,
then ``Synced``; after that ``Put`` and ``Delete``, each batch ended by ``Synced``. It knows
nothing of what is made of the objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event as Stop
from typing import Protocol

from gwroute.store import Event

__all__ = ["Source"]


class Source(Protocol):
    """Where objects come from."""

    def read(self) -> list[Event]:
        """Look at everything anew: ``Reset``, a ``Put`` for each object, ``Synced``."""

    def watch(self, stop: Stop) -> Iterator[list[Event]]:
        """Batches of changes, each ended by ``Synced``, until ``stop`` is set.

        Blocks; run it in a thread of its own. What happened since ``read`` is told too.
        """

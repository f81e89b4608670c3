"""Where news and wishes arrive: from the source's thread, from signals, from the admin port."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import Literal

from gwroute.store import Event

__all__ = ["Inbox", "News", "Wish"]

Wish = Literal["reload", "drain"]
"""Read everything again; or come to an end."""

News = list[Event] | Wish

AWAKE = 0.5
"""Seconds after which who waits looks whether there was a signal."""


class Inbox:
    """A queue that hands out as one change what has come since it was last asked.

    It waits for nothing that may come yet: sources tell together what comes together.
    """

    def __init__(self) -> None:
        # A signal handler may put something here while this thread is inside `get`: of the queues
        # there are, SimpleQueue alone allows that.
        self._queue: SimpleQueue[News] = SimpleQueue()
        self._held: Wish | None = None

    def put(self, news: News) -> None:
        """Adds news; from any thread, and from signal handlers."""
        self._queue.put(news)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits at the moment."""
        return self._held is None and self._queue.empty()

    def get(self) -> News:
        """The next wish, or the next change with all that is there already. Waits for it."""
        if self._held is not None:
            wish, self._held = self._held, None
            return wish
        first = self._first()
        return first if isinstance(first, str) else self._joined(list(first))

    def _first(self) -> News:
        # A signal that is taken by another thread, or just before this one begins to wait, does
        # not wake it, and its handler runs here alone.
        while True:
            try:
                return self._queue.get(timeout=AWAKE)
            except Empty:
                continue

    def _joined(self, events: list[Event]) -> list[Event]:
        while not self._queue.empty():
            more = self._queue.get()
            if isinstance(more, str):
                self._held = more
                break
            events += more
        return events

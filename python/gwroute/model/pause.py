"""Python's cycle collector, kept out of the way while a great many objects are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Makes objects without looking for cycles among them every few hundred.

    There are none among objects of the model, and looking took half of the time of reading ten
    thousand routes. What another thread has set in the meantime may be set back.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

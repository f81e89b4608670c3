"""The cyclic garbage collector, held off while much is made at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused(wanted: bool = True) -> Iterator[None]:
    """Hold off the collector, if it runs.

    Neither reading nor resolution makes cycles. Over hundreds of thousands of new objects that
    all stay, the collector would walk all there is again and again, and take as long as the work
    itself. What another thread has set in the meantime may be set back.

    Args:
        wanted: False changes nothing.
    """
    if not wanted or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        _age()
        gc.enable()


def _age() -> None:
    """Counts everything as old, so that the next look at what is young does not walk it all.

    Nothing is kept from the collector by that: it comes to what is old whenever it otherwise
    would. What somebody froze for good is left so.
    """
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()

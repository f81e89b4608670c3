"""The cyclic garbage collector, held off while much is made at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused(wanted: bool) -> Iterator[None]:
    """Hold off the collector, if it runs.

    Resolution makes no cycles. Over hundreds of thousands of new objects that all stay, the
    collector would walk all there is again and again, and take as long as resolution itself.

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
        gc.enable()

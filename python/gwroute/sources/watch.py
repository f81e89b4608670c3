"""What happens in folders, as the system tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import Event as Stop

from gwroute.errors import LoadError

__all__ = ["changes"]

STEP = 2
"""Milliseconds between two looks at what the system has told; a change is told after two of them.

Looking five hundred times a second takes 1 % of a core."""
TOGETHER = 50
"""Milliseconds after which changes are told even if there are still more coming."""
IDLE = 200
"""Milliseconds after which an empty batch is told if nothing happens."""


def changes(folders: Callable[[], Mapping[str, int]], stop: Stop) -> Iterator[set[str] | None]:
    """Batches of absolute paths at which something happened, until ``stop`` is set.

    The first is None: what was looked at before may have changed until watching began. So is the
    first after ``folders`` answers differently; it is asked after every batch. What happens in
    folders of folders is not told. A folder that went before it could be watched is no error: then,
    too, None is told.

    Args:
        folders: What to watch: absolute paths, each with what tells the folder from another that
            takes its name later.
        stop: Ends it.

    Raises:
        LoadError: Folders cannot be watched.
    """
    try:
        from watchfiles import watch
    except ImportError as error:
        raise LoadError("following files needs watchfiles: pip install 'gwroute[cli]'") from error
    while not stop.is_set():
        watched = folders()
        if not watched:
            stop.wait()
            return
        batches = watch(
            *watched,
            recursive=False,
            watch_filter=None,
            step=STEP,
            debounce=TOGETHER,
            rust_timeout=IDLE,
            yield_on_timeout=True,
            stop_event=stop,
            raise_interrupt=False,
        )
        first = True
        try:
            for batch in batches:
                yield None if first else {path for _, path in batch}
                first = False
                if folders() != watched:
                    break
        except FileNotFoundError:
            # A folder went after it was named and before it was watched.
            yield None

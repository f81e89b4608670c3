"""Files with the keys of session tokens, read at the start and followed.

Replicas that are given the same files know each other's sessions, and so does a process that
starts anew. A key that goes still opens what it sealed, for clients keep their tokens.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Event, Lock
from typing import Protocol

from gwroute.errors import LoadError
from gwroute.sources import watch

__all__ = ["SessionKeys"]

SHORTEST = 32
"""Bytes a key has at least; more are used too."""
KEPT = 8
"""Keys that open tokens, those that have gone included; each is one more try for every request
that shows a token of none."""
RETRY = 1.0
"""Seconds until folders that could not be watched are watched again."""

_log = logging.getLogger(__name__)


class Sealing(Protocol):
    """What seals and opens tokens."""

    def set_session_keys(self, keys: Sequence[bytes]) -> None:
        """Seals with the first from now on, and opens with all of them."""


class SessionKeys:
    """Keys from files, put in place and kept in place.

    Args:
        files: One key each: the first seals, all of them open.
        plane: What seals and opens.
    """

    def __init__(self, files: Iterable[str | os.PathLike[str]], plane: Sealing) -> None:
        self._files = tuple(Path(file).absolute() for file in files)
        self._plane = plane
        self._keys: tuple[bytes, ...] = ()
        self._lock = Lock()

    def load(self) -> bool:
        """Reads the files and puts their keys in place; False if they are those that are there.

        Raises:
            LoadError: A file cannot be read, or is too short for a key; what was there stays.
        """
        with self._lock:
            given = [_read(file) for file in self._files]
            if tuple(given) == self._keys[: len(given)]:
                return False
            gone = [key for key in self._keys if key not in given]
            keys = (*given, *gone)[: max(KEPT, len(given))]
            self._plane.set_session_keys(keys)
            self._keys = keys
            return True

    def reload(self) -> None:
        """Reads the files again; what is wrong with them is logged."""
        try:
            if self.load():
                _log.info("new session keys; tokens of those before are still good")
        except LoadError as error:
            _log.error("%s; the session keys stay as they were", error)

    def follow(self, stop: Event) -> None:
        """Reads the files again whenever something happens in their folders, until ``stop``."""
        while not stop.is_set():
            try:
                for batch in watch.changes(self._folders, stop):
                    if batch is None or batch:
                        self.reload()
            except (OSError, LoadError) as error:
                _log.error("session keys are not followed: %s; trying again", error)
                stop.wait(RETRY)

    def _folders(self) -> Mapping[str, int]:
        folders = {file.parent for file in self._files}
        return {str(folder): folder.stat().st_ino for folder in folders}


def _read(file: Path) -> bytes:
    try:
        key = file.read_bytes()
    except OSError as error:
        raise LoadError(f"session key {file}: {error.strerror}") from error
    if len(key) < SHORTEST:
        raise LoadError(
            f"session key {file}: {len(key)} bytes, and a key has at least {SHORTEST}; "
            f"make one with: head -c {SHORTEST} /dev/urandom > {file}"
        )
    return key

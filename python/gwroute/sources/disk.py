"""Files and folders: what is there, and what is in it."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gwroute.errors import LoadError

__all__ = [
    "GONE",
    "STDIN",
    "Content",
    "Fingerprint",
    "Listing",
    "Rank",
    "Root",
    "Spot",
    "contents",
    "fingerprint",
    "is_manifest",
    "list_root",
]

STDIN = "-"
"""The path that stands for standard input."""

SUFFIXES = (".yaml", ".yml", ".json")
"""Names of the files that are read in a folder; those that begin with a dot are not."""

TESTS = ".gwtest.yaml"
"""Route tests: they lie beside manifests and hold none."""

LIMIT = 256 << 20
"""Bytes of a file that are read; one more tells the reader that it is too large."""

GONE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
"""What is raised where there is no file by that name."""

Fingerprint = tuple[int, ...]
"""Changes when a file does, as far as the system's clock can tell."""

Rank = tuple[int, tuple[str, ...]]
"""Place of a file among all: which of the given paths, and where below it. The last one wins."""


@dataclass(frozen=True, slots=True)
class Root:
    """A path that was given."""

    index: int
    given: str
    path: str
    """Absolute, and with symbolic links in it as they are."""

    @classmethod
    def of(cls, index: int, given: str) -> Root:
        """The root of a given path."""
        return cls(index, given, given if given == STDIN else os.path.abspath(given))

    def spot(self, below: tuple[str, ...] = ()) -> Spot:
        """A file at or below it."""
        return Spot(
            os.path.join(self.given, *below),
            os.path.join(self.path, *below),
            (self.index, below),
        )

    def concerns(self, path: str) -> bool:
        """Whether what happened at a path may have changed the file at this one.

        It may be a link to another, or lie in a mount that is switched by a link beside it.
        """
        if self.is_at_or_below(path) or path == os.path.realpath(self.path):
            return True
        return os.path.dirname(path) == os.path.dirname(self.path) and os.path.isdir(path)

    def is_at_or_below(self, path: str) -> bool:
        """Whether making or removing what is at a path makes or removes this."""
        return path == self.path or self.path.startswith(path.rstrip(os.sep) + os.sep)

    def neighbours(self) -> Iterator[str]:
        """Folders in which something happens when this path is made, removed or replaced."""
        if self.given == STDIN:
            return
        for path in {self.path, os.path.realpath(self.path)}:
            folder = os.path.dirname(path)
            while not os.path.isdir(folder):
                folder = os.path.dirname(folder)
            yield folder

    def below(self, path: str) -> tuple[str, ...] | None:
        """The parts of an absolute path below this one; empty for this one, None if beside it."""
        if path == self.path:
            return ()
        prefix = self.path.rstrip(os.sep) + os.sep
        return tuple(path[len(prefix) :].split(os.sep)) if path.startswith(prefix) else None


class Spot(NamedTuple):
    """Where a file is."""

    file: str
    """As people know it: below the path that was given."""
    path: str
    """Absolute."""
    rank: Rank


@dataclass(frozen=True, slots=True)
class Content:
    """What a file held when it was looked at."""

    data: bytes | None
    """None if it could not be read."""
    fingerprint: Fingerprint | None
    """None if it cannot be read again, as a pipe."""
    error: OSError | None = None


def is_manifest(name: str) -> bool:
    """Whether a file of that name in a folder is read."""
    return name.endswith(SUFFIXES) and not name.startswith(".") and not name.endswith(TESTS)


@dataclass(slots=True)
class Listing:
    """What there is at a path."""

    files: list[Spot]
    """In their order."""
    folders: list[str]
    """The folders they are in, absolute."""
    unreadable: list[tuple[Spot, OSError]]
    """Folders that cannot be looked into, and links that lead nowhere."""


def list_root(root: Root, *, recursive: bool) -> Listing:
    """What there is at a path that was given.

    Raises:
        LoadError: There is nothing, or it cannot be looked into.
    """
    listing = Listing([], [], [])
    if root.given == STDIN:
        listing.files.append(root.spot())
        return listing
    try:
        if stat.S_ISDIR(os.stat(root.path).st_mode):
            _look_into(root, (), listing, recursive=recursive)
        else:
            listing.files.append(root.spot())
    except OSError as error:
        why = "no such file or folder" if isinstance(error, GONE) else error.strerror or error
        raise LoadError(f"{root.given}: {why}") from error
    listing.files.sort(key=lambda spot: spot.rank)
    return listing


def _look_into(root: Root, below: tuple[str, ...], listing: Listing, *, recursive: bool) -> None:
    """Hidden folders are passed over, and so are links to folders, which may lead in a circle."""
    folder = root.spot(below)
    with os.scandir(folder.path) as entries:
        found = list(entries)
    listing.folders.append(folder.path)
    for entry in found:
        deeper = (*below, entry.name)
        try:
            if is_manifest(entry.name) and _is_file(entry):
                listing.files.append(root.spot(deeper))
            elif recursive and _is_folder(entry):
                _look_into(root, deeper, listing, recursive=True)
        except OSError as error:
            listing.unreadable.append((root.spot(deeper), error))


def _is_file(entry: os.DirEntry[str]) -> bool:
    """A link that leads nowhere is an error here: its file is missed, not left out."""
    if entry.is_file() or not entry.is_symlink():
        return entry.is_file()
    return stat.S_ISREG(os.stat(entry.path).st_mode)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)


def contents(path: str, *, given: bool = True) -> Content:
    """What a file holds; never raises.

    Args:
        path: The file.
        given: Whether it was named by the user. Such a file may be a pipe; in a folder, what is
            no regular file counts as not there, and is never waited for.
    """
    if path == STDIN:
        return Content(sys.stdin.buffer.read(LIMIT + 1), None)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | (0 if given else os.O_NONBLOCK))
        try:
            status = os.fstat(descriptor)
            if not given and not stat.S_ISREG(status.st_mode):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            data = _read(descriptor, status.st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        return Content(None, (), error)
    return Content(data, fingerprint(status) if stat.S_ISREG(status.st_mode) else None)


def _read(descriptor: int, size: int) -> bytes:
    first = os.read(descriptor, min(size, LIMIT) + 1)
    if len(first) == size and size:
        return first
    pieces, length = [first], len(first)
    while pieces[-1] and length <= LIMIT:
        pieces.append(os.read(descriptor, min(1 << 20, LIMIT + 1 - length)))
        length += len(pieces[-1])
    return b"".join(pieces)


def fingerprint(status: os.stat_result) -> tuple[int, ...]:
    """What tells one state of a file from another."""
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)

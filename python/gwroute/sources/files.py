"""Manifests in files and folders, read once or followed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from threading import Event as Stop
from typing import Any

from gwroute.errors import LoadError
from gwroute.finding import Finding
from gwroute.model.parse import Manifest, read_all, read_documents
from gwroute.sources.merged import Merged
from gwroute.store import Event, ObjectStore, Put, Reset, Synced

__all__ = ["FileSource", "load"]

SUFFIXES = (".yaml", ".yml", ".json")
"""Names of the files that are read in a folder."""
DEBOUNCE_MS = 50
"""How long changes are gathered at most, so that a file is not read half written."""
STEP_MS = 10
"""How long it has to be quiet."""

Given = str | os.PathLike[str]
Stamp = tuple[int, int, int]
"""What tells that a file is another: modification time, size, inode."""


def load(
    *paths: Given | Mapping[str, Any], recursive: bool = False, namespace: str = "default"
) -> ObjectStore:
    """Read manifests once.

    Args:
        paths: Files, folders (of which the YAML and JSON files are read), ``-`` for standard
            input, or objects as mappings.
        recursive: Go into folders of folders.
        namespace: For objects that name none.

    Returns:
        A store; what was wrong is in its ``findings``.

    Raises:
        LoadError: A path does not exist.
    """
    merged = Merged()
    named = [path for path in paths if not isinstance(path, Mapping)]
    merged.replace(dict(_manifests(named, recursive, namespace)))
    documents = [path for path in paths if isinstance(path, Mapping)]
    if documents:
        merged.replace({(len(paths), ""): read_documents(documents, namespace)})
    return ObjectStore(merged.objects(), merged.findings(), merged.skipped)


Place = tuple[int, str]
"""Position of the argument, and path: the order in which files count."""


def _manifests(
    paths: Iterable[Given], recursive: bool, namespace: str
) -> Iterator[tuple[Place, Manifest]]:
    places, texts, missing = [], [], []
    for place in _places(paths, recursive):
        text = _text(place[1])
        if isinstance(text, Finding):
            missing.append((place, Manifest((), (text,))))
        else:
            places.append(place)
            texts.append((place[1], text))
    yield from missing
    yield from zip(places, read_all(texts, namespace), strict=True)


def _places(paths: Iterable[Given], recursive: bool) -> Iterator[Place]:
    for at, given in enumerate(paths):
        path = os.fspath(given)
        if path == "-":
            yield at, path
        elif Path(path).is_dir():
            for file in sorted(_files_in(path, recursive)):
                yield at, file
        elif Path(path).exists():
            yield at, path
        else:
            raise LoadError(f"{path}: no such file or folder")


def _files_in(folder: str, recursive: bool) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(SUFFIXES) and entry.is_file():
                yield entry.path
            elif recursive and entry.is_dir() and not entry.name.startswith(".."):
                # What begins with two dots is the inside of a mounted ConfigMap.
                yield from _files_in(entry.path, recursive)


def _text(path: str) -> bytes | Finding:
    """What a file holds, or why that cannot be told."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except FileNotFoundError:
        message = f"{path} disappeared while it was read; its objects are not there"
        return Finding.of("GWR015", message, file=path)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}"
        return Finding.of("GWR014", message, file=path, help="see its permissions")


class FileSource:
    """Files and folders as a source: told whole once, and then what changes.

    Only files that changed are read again. What is broken in a file leaves the objects that it
    took away in their last good state, with a finding.

    Args:
        paths: Files and folders.
        recursive: Go into folders of folders.
        namespace: For objects that name none.
    """

    def __init__(self, *paths: Given, recursive: bool = False, namespace: str = "default") -> None:
        self._paths = [os.fspath(path) for path in paths]
        self._recursive = recursive
        self._namespace = namespace
        self._merged = Merged()
        self._stamps: dict[Place, Stamp] = {}
        self._by_path: dict[str, Place] = {}
        """Places by absolute path, which news name files by."""

    def read(self) -> list[Event]:
        """Look at everything anew: ``Reset``, a ``Put`` for each object, ``Synced``.

        Raises:
            LoadError: A path does not exist.
        """
        self._refresh(self._changed(all_again=True))
        puts = (Put(obj) for obj in self._merged.objects())
        return [Reset(), *puts, Synced(self._merged.findings())]

    def watch(self, stop: Stop) -> Iterator[list[Event]]:
        """Batches of changes, each ended by ``Synced``, until ``stop`` is set. Blocks."""
        import watchfiles

        for news in watchfiles.watch(
            *self._watched(),
            watch_filter=None,
            debounce=DEBOUNCE_MS,
            step=STEP_MS,
            stop_event=stop,
            rust_timeout=500,
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=True,
        ):
            try:
                changed = self._changed_of([path for _, path in news])
            except LoadError:
                continue  # a path is on its way from one place to another
            if changed:
                yield self._refresh(changed)

    def _watched(self) -> list[str]:
        """Folders: a file that is put in the place of another is seen by its folder alone."""
        folders = (path if Path(path).is_dir() else os.path.dirname(path) for path in self._paths)  # noqa: PTH120
        return list(dict.fromkeys(folder or "." for folder in folders))

    def _changed_of(self, paths: Iterable[str]) -> dict[Place, Stamp | None]:
        """As ``_changed``, after news of some paths: known files are looked at alone."""
        known = [self._by_path.get(path) for path in paths]
        if not known or any(place is None for place in known):
            return self._changed()
        stamps = {place: _stamp(place[1]) for place in known if place is not None}
        return {place: now for place, now in stamps.items() if now != self._stamps.get(place)}

    def _changed(self, *, all_again: bool = False) -> dict[Place, Stamp | None]:
        """Files that are new, gone (None) or another; what was seen of them."""
        seen = {place: _stamp(place[1]) for place in _places(self._paths, self._recursive)}
        changed: dict[Place, Stamp | None] = {
            place: stamp
            for place, stamp in seen.items()
            if all_again or stamp != self._stamps.get(place)
        }
        changed.update({place: None for place in self._stamps if place not in seen})
        return changed

    def _refresh(self, changed: Mapping[Place, Stamp | None]) -> list[Event]:
        manifests: dict[Place, Manifest | None] = {}
        places, texts = [], []
        for place, stamp in changed.items():
            path = os.path.abspath(place[1])  # noqa: PTH100 - news have links unresolved as well
            if stamp is None:
                self._stamps.pop(place, None)
                self._by_path.pop(path, None)
                manifests[place] = None
                continue
            self._stamps[place] = stamp
            self._by_path[path] = place
            text = _text(place[1])
            if isinstance(text, Finding):
                manifests[place] = Manifest((), (text,))
            else:
                places.append(place)
                texts.append((place[1], text))
        manifests.update(zip(places, read_all(texts, self._namespace), strict=True))
        return [*self._merged.replace(manifests), Synced(self._merged.findings())]


def _stamp(path: str) -> Stamp | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - ten thousand of them, and a Path is not needed
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

"""Manifests in files and folders: read once (:func:`load`), or followed (:class:`FileSource`)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from threading import Event as Stop
from threading import Lock
from typing import Any

from gwroute.model.parse import read_documents
from gwroute.sources.disk import Root
from gwroute.sources.tree import Tree
from gwroute.sources.watch import changes
from gwroute.store import Event, ObjectStore, Put, Reset, Synced

__all__ = ["FileSource", "load"]


def load(
    *sources: str | os.PathLike[str] | Mapping[str, Any],
    recursive: bool = False,
    namespace: str = "default",
) -> ObjectStore:
    """Read manifests once.

    Args:
        sources: Files, folders (of which the YAML and JSON files are read), ``-`` for standard
            input, or documents as mappings. Of several objects of one name the last counts.
        recursive: Go into folders of folders.
        namespace: For objects that name none.

    Returns:
        A store; what was wrong is in its ``findings``.

    Raises:
        LoadError: There is nothing at a path.
    """
    roots: list[Root] = []
    runs: list[tuple[int, list[Mapping[str, Any]]]] = []
    for index, source in enumerate(sources):
        if not isinstance(source, Mapping):
            roots.append(Root.of(index, os.fspath(source)))
        elif runs and runs[-1][0] + len(runs[-1][1]) == index:
            runs[-1][1].append(source)
        else:
            runs.append((index, [source]))
    tree = Tree(roots, recursive=recursive, namespace=namespace)
    tree.read()
    for index, documents in runs:
        tree.catalogue.put((index, ()), read_documents(documents, namespace))
    found = tree.catalogue
    return ObjectStore(found.objects(), found.findings(), found.skipped, found.silences())


class FileSource:
    """The objects in files and folders, followed as the files change.

    Only files that changed are read again, and objects that did not change stay the same objects.
    What can no longer be read leaves the last good state of its objects.

    Args:
        paths: Files, folders, or ``-`` for standard input, which is read once.
        recursive: Go into folders of folders.
        namespace: For objects that name none.
    """

    def __init__(
        self,
        *paths: str | os.PathLike[str],
        recursive: bool = False,
        namespace: str = "default",
    ) -> None:
        roots = [Root.of(index, os.fspath(path)) for index, path in enumerate(paths)]
        self._tree = Tree(roots, recursive=recursive, namespace=namespace)
        self._lock = Lock()
        self._watching = False
        self._told: Synced | None = None
        """Findings and silences as they were told last; None tells them again."""

    def read(self) -> list[Event]:
        """Look at everything anew: ``Reset``, a ``Put`` for each object, ``Synced``.

        Raises:
            LoadError: There is nothing at a path.
        """
        with self._lock:
            self._tree.read()
            catalogue = self._tree.catalogue
            synced = self._synced()
            # Who watches may hold news from before this, so that is told there once more.
            self._told = None if self._watching else synced
            if not self._watching:
                catalogue.changes()
            return [Reset(), *map(Put, catalogue.objects()), synced]

    def watch(self, stop: Stop) -> Iterator[list[Event]]:
        """Batches of changes, each ended by ``Synced``, until ``stop`` is set.

        Raises:
            LoadError: The files cannot be followed.
        """
        self._watching = True
        try:
            for paths in changes(lambda: self._tree.watched, stop):
                with self._lock:
                    self._tree.look(paths, stop)
                    events = self._news()
                if events:
                    yield events
        finally:
            self._watching = False

    def _news(self) -> list[Event]:
        events = self._tree.catalogue.changes()
        synced = self._synced()
        if not events and synced == self._told:
            return []
        self._told = synced
        return [*events, synced]

    def _synced(self) -> Synced:
        catalogue = self._tree.catalogue
        return Synced(catalogue.findings(), catalogue.silences())

"""The files at the paths that were given: what was seen of them, and what they hold."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import Event as Stop

from gwroute.errors import LoadError
from gwroute.finding import Finding
from gwroute.model.parse import Manifest, read_all
from gwroute.sources.catalogue import Catalogue
from gwroute.sources.disk import (
    GONE,
    Content,
    Fingerprint,
    Listing,
    Rank,
    Root,
    Spot,
    contents,
    fingerprint,
    is_manifest,
    list_root,
)

__all__ = ["Tree"]

QUIET = 0.05
"""Seconds without a change after which a file that lost objects is believed to have lost them.

An editor moves a file away before it writes the new one, and a copy begins with an empty file."""
PATIENCE = 1.0
"""Seconds after which it is believed even if it goes on changing."""
PAUSE = 0.005
"""Seconds between two looks at such a file."""

STAYS = "what was read of it last stays in use"
"""What follows if something can no longer be read."""

MANY = 1000
"""After so many changes at once some may have got lost: everything is looked at."""


@dataclass(slots=True)
class _Seen:
    """What a file was when it was looked at last."""

    spot: Spot
    fingerprint: Fingerprint | None
    digest: bytes | None


@dataclass(slots=True)
class _Look:
    """A look at a file."""

    spot: Spot
    content: Content
    digest: bytes | None = field(init=False)
    manifest: Manifest | None = None
    """What it holds; None if that is what it held before, or if it cannot be read."""

    def __post_init__(self) -> None:
        data = self.content.data
        self.digest = None if data is None else blake2b(data).digest()

    @property
    def is_stale(self) -> bool:
        """Whether the file is another by now."""
        now = _look_at(self.spot)
        return (now.digest, now.content.fingerprint) != (self.digest, self.content.fingerprint)

    @property
    def is_gone(self) -> bool:
        """Whether there is no such file, nor a link in its place that leads nowhere."""
        return isinstance(self.content.error, GONE) and not os.path.islink(self.spot.path)


def _look_at(spot: Spot) -> _Look:
    return _Look(spot, contents(spot.path, given=not spot.rank[1]))


class Tree:
    """The files at some paths, and the objects in them.

    Args:
        roots: The paths.
        recursive: Whether folders of folders are looked into.
        namespace: For objects that name none.
    """

    def __init__(self, roots: Iterable[Root], *, recursive: bool, namespace: str) -> None:
        self.catalogue = Catalogue()
        self._roots = tuple(roots)
        self._recursive = recursive
        self._namespace = namespace
        self._seen: dict[Rank, _Seen] = {}
        self._folders: dict[Root, tuple[str, ...]] = {}
        """Folders at and below each root; none if it is a file."""
        self._notes: dict[Root, dict[Rank, bool]] = {}
        """Of what something was noted when the root was listed; whether it could not be opened."""
        self.watched: dict[str, int] = {}
        """Folders to watch, each with what tells it from another of that name."""
        self._find_watched()

    # -- looking

    def read(self) -> None:
        """Look at everything anew.

        Raises:
            LoadError: There is nothing at a path. Then nothing has changed.
        """
        listings = {root: list_root(root, recursive=self._recursive) for root in self._roots}
        for root, listing in listings.items():
            files = self._enter(root, listing)
            for rank in [rank for rank in self._of(root) if rank not in files]:
                self._forget(rank)
            for look in self._examine(files.values()).values():
                if look.is_gone:
                    self._vanished(root, look.spot)
                else:
                    self._take(look)
        self._find_watched()

    def look(self, paths: Collection[str] | None, stop: Stop) -> None:
        """Look at what may have changed.

        Args:
            paths: Absolute, where something happened; None for everywhere.
            stop: Ends waiting for a file that is being written.
        """
        looks = self._examine(self._suspects(paths).values())
        self._settle(looks, stop)
        for look in looks.values():
            self._take(look)

    def _examine(self, spots: Iterable[Spot]) -> dict[Rank, _Look]:
        looks = [_look_at(spot) for spot in spots if self._has_more(spot)]
        new = [look for look in looks if look.digest and look.digest != self._digest(look.spot)]
        texts = [(look.spot.file, look.content.data or b"") for look in new]
        for look, manifest in zip(new, read_all(texts, self._namespace), strict=True):
            look.manifest = manifest
        return {look.spot.rank: look for look in looks}

    def _has_more(self, spot: Spot) -> bool:
        """A pipe gives what it has once."""
        seen = self._seen.get(spot.rank)
        return seen is None or seen.fingerprint is not None

    def _digest(self, spot: Spot) -> bytes | None:
        seen = self._seen.get(spot.rank)
        return seen.digest if seen else None

    def _settle(self, looks: dict[Rank, _Look], stop: Stop) -> None:
        """Waits until no file that lost objects is being written any more."""
        began = changed = time.monotonic()
        while losing := [look for look in looks.values() if self._loses(look)]:
            now = time.monotonic()
            if now - changed >= QUIET or now - began >= PATIENCE or stop.wait(PAUSE):
                return
            others = [look.spot for look in losing if look.is_stale]
            if others:
                changed = now
                looks.update(self._examine(others))

    def _loses(self, look: _Look) -> bool:
        if look.manifest is None and not look.is_gone:
            return False
        return self.catalogue.loses(look.spot.rank, look.manifest)

    # -- what may have changed

    def _suspects(self, paths: Collection[str] | None) -> dict[Rank, Spot]:
        found: dict[Rank, Spot] = {}
        if paths is None or len(paths) > MANY:
            whole = set(self._roots)
        else:
            asked = ((root, path) for path in paths for root in self._roots)
            whole = {root for root, path in asked if not self._suspect(root, path, found)}
        for root in whole:
            found.update(self._differing(root))
        if whole:
            self._find_watched()
        return found

    def _suspect(self, root: Root, path: str, found: dict[Rank, Spot]) -> bool:
        """Adds the file at a path; False if everything at the root is to be looked at."""
        folders, below = self._folders.get(root), root.below(path)
        if not folders:
            if not root.concerns(path):
                return True
            spot = root.spot()
            found.update({spot.rank: spot} if spot.rank in self._seen else {})
            return spot.rank in self._seen
        if below is None:
            return not root.is_at_or_below(path)
        if not below or path in folders or os.path.isdir(path):
            return False
        if is_manifest(below[-1]) and os.path.dirname(path) in folders:
            spot = root.spot(below)
            found[spot.rank] = spot
        return True

    def _differing(self, root: Root) -> dict[Rank, Spot]:
        """Files at a root that are new, gone, or other than when they were looked at."""
        try:
            listing = list_root(root, recursive=self._recursive)
        except LoadError as error:
            self._note(root, root.spot(), "GWR014", f"{error}; {STAYS}", closed=True)
            return {}
        files = self._enter(root, listing)
        gone = {rank: self._seen[rank].spot for rank in self._of(root) if rank not in files}
        return gone | {rank: spot for rank, spot in files.items() if self._differs(spot)}

    def _differs(self, spot: Spot) -> bool:
        seen = self._seen.get(spot.rank)
        try:
            return seen is None or fingerprint(os.stat(spot.path)) != seen.fingerprint
        except OSError:
            return True

    def _of(self, root: Root) -> list[Rank]:
        """The files that were seen at a root and can still be looked at."""
        notes = self._notes.get(root, {})
        closed = [rank[1] for rank, is_closed in notes.items() if is_closed]
        return [
            rank
            for rank in self._seen
            if rank[0] == root.index and not any(rank[1][: len(at)] == at for at in closed)
        ]

    def _enter(self, root: Root, listing: Listing) -> dict[Rank, Spot]:
        """Takes note of what there is at a root."""
        for rank in self._notes.pop(root, {}):
            self.catalogue.clear(rank)
        for spot, error in listing.unreadable:
            self._note(root, spot, "GWR014", _unreadable(spot, error), closed=True)
        if not listing.files and not listing.unreadable:
            message = f"there is no manifest in {root.given}: no file named *.yaml, *.yml or *.json"
            self._note(root, root.spot(), "GWR016", message)
        self._folders[root] = tuple(listing.folders)
        return {spot.rank: spot for spot in listing.files}

    def _find_watched(self) -> None:
        folders = {folder for below in self._folders.values() for folder in below}
        for root in self._roots:
            folders.update(root.neighbours())
        self.watched = {}
        for folder in sorted(folders):
            with contextlib.suppress(OSError):
                self.watched[folder] = os.stat(folder).st_ino

    # -- what was found

    def _take(self, look: _Look) -> None:
        rank, content = look.spot.rank, look.content
        if look.is_gone and rank[1]:
            self._forget(rank)
            return
        self._seen[rank] = _Seen(look.spot, content.fingerprint, look.digest)
        if content.error is not None:
            message = _unreadable(look.spot, content.error)
            self.catalogue.fail(rank, _about(look.spot, "GWR014", message))
        elif look.manifest is not None:
            self.catalogue.put(rank, look.manifest)

    def _forget(self, rank: Rank) -> None:
        if self._seen.pop(rank, None) is not None:
            self.catalogue.drop(rank)

    def _vanished(self, root: Root, spot: Spot) -> None:
        self._forget(spot.rank)
        self._note(
            root,
            spot,
            "GWR015",
            f"{spot.file} disappeared while it was read; its objects are not there",
        )

    def _note(
        self, root: Root, spot: Spot, code: str, message: str, *, closed: bool = False
    ) -> None:
        self._notes.setdefault(root, {})[spot.rank] = closed
        self.catalogue.fail(spot.rank, _about(spot, code, message))


def _unreadable(spot: Spot, error: OSError) -> str:
    return f"{spot.file} cannot be read: {error.strerror or error}; {STAYS}"


def _about(spot: Spot, code: str, message: str) -> Finding:
    return Finding.of(code, message, file=spot.file)

"""From text to objects and findings.

Reading never raises for what is in a text: what cannot be used becomes a finding, and the rest is
used. Of one object, unknown fields are left out and the rest is used; an object with a wrong type
or value is not used at all, because nobody can tell what it would have meant.

An object that is written twice counts as ``kubectl apply`` would leave it: the last one stays.

The text itself is read in Rust (``gwroute-manifest``), which hands over JSON, hundreds of objects
of a kind at a time; pydantic makes the objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, cast

from gwroute import _native
from gwroute.collector import collector_paused
from gwroute.model.batch import check
from gwroute.model.draft import Draft, Manifest
from gwroute.model.key import Origin
from gwroute.model.meta import Metadata, Object
from gwroute.model.placed import Placed
from gwroute.model.recognize import SKIPPED, Unknown, recognize
from gwroute.model.silence import silences_in

__all__ = ["Manifest", "read", "read_all", "read_documents"]


def read(text: str | bytes, file: str = "-", namespace: str = "default") -> Manifest:
    """Read all documents of a text.

    Args:
        text: YAML or JSON, any number of documents; ``List`` objects are taken apart.
        file: Name for positions.
        namespace: For objects that name none and live in one.
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return read_all([(file, data)], namespace)[0]


def read_all(texts: Sequence[tuple[str, bytes]], namespace: str = "default") -> list[Manifest]:
    """Read many texts at once, which is faster than one after the other.

    Args:
        texts: Name and content of each.
        namespace: For objects that name none and live in one.

    Returns:
        What each text held.
    """
    drafts = [Draft(file, namespace) for file, _ in texts]
    _fill(drafts, texts, placed=True)
    for draft, (file, text) in zip(drafts, texts, strict=True):
        draft.silences = silences_in(text, file)
    return [draft.manifest() for draft in drafts]


def read_documents(documents: Iterable[Mapping[str, Any]], namespace: str = "default") -> Manifest:
    """Make objects of documents that are there already; they have no origin.

    Args:
        documents: As they would be read from YAML or JSON; ``List`` objects are taken apart.
        namespace: For objects that name none and live in one.

    Raises:
        TypeError: Something in a document has no form in JSON.
    """
    text = "\n---\n".join(json.dumps(document, default=_plain) for document in documents)
    draft = Draft(None, namespace)
    _fill([draft], [("", text.encode())], placed=False)
    return draft.manifest()


def _plain(value: object) -> object:
    """What ``json`` has no form for, and documents may hold."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a document cannot hold a {type(value).__name__}")


_Entry = tuple[Draft, Origin | None]
"""To which text an object belongs, and where in it it stands."""


def _fill(drafts: Sequence[Draft], texts: Sequence[tuple[str, bytes]], *, placed: bool) -> None:
    batches, problems = _native.read_manifests(texts)
    for source, kind, message, way_out, line, column in problems:
        drafts[source].problem(kind, message, way_out, line, column)
    with collector_paused():
        for head, objects, places, sources in batches:
            entries = [
                (drafts[source], Placed(place) if placed else None)
                for source, place in zip(sources, places, strict=True)
            ]
            _take(head, objects, entries)


def _take(head: tuple[str | None, str | None], batch: bytes, entries: Sequence[_Entry]) -> None:
    """Hands the objects of a JSON list to the drafts they belong to."""
    api_version, kind = head
    if not api_version or not kind:
        for document, (draft, origin) in zip(json.loads(batch), entries, strict=True):
            draft.nameless(document, origin)
        return
    found = recognize(api_version, kind)
    if found is SKIPPED:
        for draft, _ in entries:
            draft.skipped += 1
    elif isinstance(found, Unknown):
        for document, (draft, origin) in zip(json.loads(batch), entries, strict=True):
            draft.unknown(kind, found, document, origin)
    else:
        _make(found, batch, entries)


# The objects are frozen, and nobody has seen them yet: their slots are set past that.
_place = cast("Any", Object).origin.__set__
_put_in = cast("Any", Metadata).namespace.__set__


def _make(kind: type[Object], batch: bytes, entries: Sequence[_Entry]) -> None:
    objects, checked = check(kind, batch)
    namespaced = kind.NAMESPACED
    for obj, (draft, origin) in zip(objects, entries, strict=True):
        if obj is None:
            continue
        if origin is not None:
            _place(obj, origin)
        metadata = obj.metadata
        if not namespaced:
            _put_in(metadata, None)
        elif not metadata.namespace:
            _put_in(metadata, draft.namespace)
        draft.put(obj)
    for index, document, flaws in checked:
        draft, origin = entries[index]
        draft.flawed(kind, document, flaws, origin, used=objects[index] is not None)

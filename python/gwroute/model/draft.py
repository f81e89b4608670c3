"""What one text holds, while it is being read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gwroute.finding import Finding
from gwroute.model.flaw import Flaw
from gwroute.model.key import ObjectKey, Origin
from gwroute.model.meta import Object
from gwroute.model.recognize import Unknown
from gwroute.model.silence import Silence

__all__ = ["Draft", "Manifest"]

_PROBLEMS = {
    "not-yaml": ("GWR001", "nothing of this document is used"),
    "not-a-mapping": ("GWR002", "nothing of it is used"),
    "duplicate-key": ("GWR012", None),
    "too-large": ("GWR013", "nothing of this document is used"),
}
"""Code of what the reader of text reports, and what follows from it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one text held."""

    objects: tuple[Object, ...]
    findings: tuple[Finding, ...] = ()
    skipped: int = 0
    """Objects of kinds that gwroute has no use for."""
    refused: frozenset[ObjectKey] = frozenset()
    """Objects that are in the text and cannot be used."""
    broken: bool = False
    """There is something in the text of which nobody can tell what objects it would have been."""
    silences: tuple[Silence, ...] = ()
    """Comments in the text that ask for findings not to be told."""


class Draft:
    """What one text holds.

    Args:
        file: Its name; None for documents that come from no text.
        namespace: For objects that name none and live in one.
    """

    __slots__ = (
        "broken",
        "file",
        "findings",
        "namespace",
        "objects",
        "refused",
        "silences",
        "skipped",
    )

    def __init__(self, file: str | None, namespace: str) -> None:
        self.file = file
        self.namespace = namespace
        self.objects: dict[tuple[type[Object], str | None, str], Object] = {}
        self.findings: list[Finding] = []
        self.refused: set[ObjectKey] = set()
        self.skipped = 0
        self.broken = False
        self.silences: tuple[Silence, ...] = ()

    def manifest(self) -> Manifest:
        """What the text held, findings in the order of the text."""
        holds = self.objects or self.findings or self.skipped
        if not holds and self.file is not None:
            message = f"{_named(self.file)} holds no objects"
            self.findings.append(Finding.of("GWR016", message, file=self.file))
        self.findings.sort(key=lambda finding: (finding.line or 0, finding.column or 0))
        return Manifest(
            tuple(self.objects.values()),
            tuple(self.findings),
            self.skipped,
            frozenset(self.refused),
            self.broken,
            self.silences,
        )

    def put(self, obj: Object) -> None:
        """Takes an object; of several of one name the last one in the text."""
        metadata = obj.metadata
        place = (type(obj), metadata.namespace, metadata.name)
        before = self.objects.setdefault(place, obj)
        if before is not obj:
            self._twice(before, obj)

    def _twice(self, one: Object, other: Object) -> None:
        first, last = (one, other) if _start(one) <= _start(other) else (other, one)
        self.objects[type(last), last.namespace, last.name] = last
        line = f" in line {first.origin.line}" if first.origin else ""
        message = f"{last.key} is written twice, first{line}; this one counts"
        way_out = "remove one of them, or give it another name"
        self.findings.append(Finding.at("GWR010", last, None, message, help=way_out))

    def problem(self, kind: str, message: str, way_out: str | None, line: int, column: int) -> None:
        """Notes what the reader of text reports."""
        code, consequence = _PROBLEMS[kind]
        if consequence is not None:
            self.broken = True
            message = f"{message}; {consequence}"
        if self.file is None:
            line = column = None  # type: ignore[assignment]
        self.findings.append(
            Finding.of(code, message, help=way_out, file=self.file, line=line, column=column)
        )

    def nameless(self, document: Any, origin: Origin | None) -> None:
        """Notes a document that does not say what it is."""
        self.broken = True
        for field in ("apiVersion", "kind"):
            given = document.get(field)
            if given in (None, ""):
                flaw = Flaw("GWR003", field, f"{field} is missing", _OBJECT)
            elif not isinstance(given, str):
                flaw = Flaw("GWR007", field, f"{field} is not text", "put it in quotes")
            else:
                continue
            self._tell(flaw, f"{flaw.message}; the document is not used", None, origin)
            return

    def unknown(self, kind: str, unknown: Unknown, document: Any, origin: Origin | None) -> None:
        """Notes an object of a kind or version that cannot be read."""
        key = self._key(kind, document, namespaced=True)
        if key is not None and unknown.code != "GWR901":
            self.refused.add(key)
        flaw = Flaw(unknown.code, unknown.field, unknown.message, unknown.help)
        self._tell(flaw, f"{key or kind}: {flaw.message}", key, origin)

    def flawed(
        self,
        kind: type[Object],
        document: Any,
        flaws: Iterable[Flaw],
        origin: Origin | None,
        *,
        used: bool,
    ) -> None:
        """Notes what is wrong with an object, and whether it is used all the same."""
        key = self._key(kind.__name__, document, namespaced=kind.NAMESPACED)
        if not used:
            self.broken |= key is None
            self.refused.update({key} if key else ())
        subject = str(key or kind.__name__)
        for flaw in flaws:
            left_out = flaw.code == "GWR006"
            consequence = "it is left out" if left_out else "the object is not used"
            self._tell(flaw, f"{subject}: {flaw.field} {flaw.message}; {consequence}", key, origin)

    def _key(self, kind: str, document: Any, *, namespaced: bool) -> ObjectKey | None:
        """What an object is called, as far as that can be told."""
        metadata = document.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if not isinstance(name, str) or not name:
            return None
        namespace = metadata.get("namespace") or self.namespace
        return ObjectKey(kind, str(namespace) if namespaced else None, name)

    def _tell(self, flaw: Flaw, message: str, key: ObjectKey | None, origin: Origin | None) -> None:
        place = origin.position(flaw.field, key=flaw.key) if origin else None
        self.findings.append(
            Finding.of(
                flaw.code,
                message,
                help=flaw.help,
                object=key,
                field=flaw.field or None,
                file=place.file if place else None,
                line=place.line if place else None,
                column=place.column if place else None,
            )
        )


_OBJECT = "an object begins with apiVersion and kind"


def _start(obj: Object) -> tuple[int, int]:
    """Where the object begins; without a place the order of reading counts."""
    return (obj.origin.line, obj.origin.column) if obj.origin else (0, 0)


def _named(file: str) -> str:
    return "standard input" if file == "-" else "the file"

"""Findings that are not to be told: by a comment at their line, or an annotation of their object.

A silence that silences nothing is told itself, unless only a part was looked at: what it is for
may be in the other part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gwroute.finding import CODES, Finding
from gwroute.model import ObjectKey
from gwroute.model.meta import Object
from gwroute.model.silence import Silence
from gwroute.resolve import Options
from gwroute.store import ObjectStore

__all__ = ["ANNOTATION", "silenced"]

ANNOTATION = "gwroute.dev/ignore"
"""Its value is a comma list of codes."""
UNUSED = "GWR801"

ALIASES = {title: code for code, (_, title) in CODES.items() if code.startswith("GWR5")}
"""Findings about node pools have names beside their codes."""

_Asked = tuple[Silence | ObjectKey, str]
"""Who asks, and the code as it is written."""


def silenced(findings: Iterable[Finding], store: ObjectStore, options: Options) -> list[Finding]:
    """Findings without those that are not to be told, and with silences that are of no use.

    Args:
        findings: All there are.
        store: Where silences are.
        options: What was looked at.
    """
    by_line: dict[tuple[str, int], list[Silence]] = {}
    for silence in store.silences:
        by_line.setdefault((silence.file, silence.about), []).append(silence)
    annotated = {obj.key: obj for obj in store if ANNOTATION in obj.metadata.annotations}
    used: set[_Asked] = set()
    kept = []
    for finding in findings:
        asked = list(_silences_of(finding, by_line, annotated)) if by_line or annotated else []
        used.update(asked)
        if not asked:
            kept.append(finding)
    if not _partial(options):
        kept += _unused(store.silences, annotated.values(), used)
    return kept


def _partial(options: Options) -> bool:
    return bool(options.gateways or options.node or options.node_pool or options.assume)


def _silences_of(
    finding: Finding,
    by_line: dict[tuple[str, int], list[Silence]],
    annotated: dict[ObjectKey, Object],
) -> Iterator[_Asked]:
    for silence in by_line.get((finding.file or "", finding.line or 0), ()):
        for word in silence.codes:
            if _code(word) == finding.code:
                yield silence, word
    if finding.object in annotated:
        for word in _words(annotated[finding.object]):
            if _code(word) == finding.code:
                yield finding.object, word


def _code(word: str) -> str:
    return ALIASES.get(word, word)


def _words(obj: Object) -> Sequence[str]:
    value = obj.metadata.annotations[ANNOTATION]
    return [word for item in value.split(",") if (word := item.strip())]


def _unused(
    silences: Iterable[Silence], annotated: Iterable[Object], used: set[_Asked]
) -> Iterator[Finding]:
    for silence in silences:
        for word in silence.codes or ("",):
            if (silence, word) not in used:
                yield Finding.of(
                    UNUSED,
                    _useless(word),
                    help="remove it",
                    file=silence.file,
                    line=silence.line,
                    column=silence.column,
                )
    for obj in annotated:
        for word in _words(obj) or ("",):
            if (obj.key, word) not in used:
                field = f'metadata.annotations["{ANNOTATION}"]'
                message = f"{obj.key}: {_useless(word)}"
                yield Finding.at(UNUSED, obj, field, message, help="remove it")


def _useless(word: str) -> str:
    if not word:
        return "names no code, and silences nothing; write ignore[GWR401] with the code"
    if _code(word) not in CODES:
        return f"{word} is no code, and silences nothing"
    if _code(word) == UNUSED:
        return f"{UNUSED} cannot be silenced"
    return f"there is no {word} here to silence"

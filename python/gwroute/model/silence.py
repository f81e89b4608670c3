"""Comments that ask for a finding not to be told: ``# gwroute: ignore[GWR401] reason``.

Such a comment stands at the end of the line the finding is at, or on a line of its own above it.
They are collected when a text is read, because later only its objects are there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Silence", "silences_in"]

MARK = b"gwroute: ignore"
_COMMENT = re.compile(r"(?:^|\s)(#+\s*gwroute: ignore\b(?:\[([^\]]*)\])?\s*(.*))$")


@dataclass(frozen=True, slots=True)
class Silence:
    """One comment, and what it is about."""

    file: str
    line: int
    """On which the comment stands, from 1."""
    column: int
    """At which it begins, from 1."""
    about: int
    """The line whose findings it silences."""
    codes: tuple[str, ...]
    """As they are written; empty if the comment names none."""
    reason: str = ""


def silences_in(text: bytes, file: str) -> tuple[Silence, ...]:
    """The silences in a text.

    Args:
        text: YAML.
        file: Its name.
    """
    if MARK not in text:
        return ()
    lines = text.decode("utf-8", "replace").splitlines()
    return tuple(
        Silence(
            file=file,
            line=at + 1,
            column=found.start(1) + 1,
            about=_about(lines, at, found.start(1)) + 1,
            codes=tuple(filter(None, (code.strip() for code in (found[2] or "").split(",")))),
            reason=found[3],
        )
        for at, line in enumerate(lines)
        if (found := _COMMENT.search(line))
    )


def _about(lines: list[str], at: int, column: int) -> int:
    """The comment's own line; if nothing else is on it, the next one that says something."""
    if lines[at][:column].strip():
        return at
    below = range(at + 1, len(lines))
    return next((i for i in below if (text := lines[i].strip()) and text[0] != "#"), at)

"""Where an object was written: an :class:`Origin` over what Rust keeps of its text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gwroute.model.key import Position

if TYPE_CHECKING:
    from gwroute import _native

__all__ = ["Placed"]


class Placed:
    """The place of an object in a text; the text lives as long as it does."""

    __slots__ = ("_place",)

    def __init__(self, place: _native.Origin) -> None:
        self._place = place

    @property
    def file(self) -> str:
        """Path as it was given, ``-`` for standard input."""
        return self._place.file

    @property
    def line(self) -> int:
        """Line on which the object begins."""
        return self._place.line

    @property
    def column(self) -> int:
        """Column at which the object begins."""
        return self._place.column

    def position(self, field: str, *, key: bool = False) -> Position:
        """Where a field stands; see :meth:`gwroute.model.key.Origin.position`."""
        return Position(self._place.file, *self._place.position(field, key=key))

    def rule_lines(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """For each of ``spec.rules``: its line, and the lines of its ``matches``."""
        return self._place.rule_lines()

    def json(self) -> bytes:
        """The object as it was written, in JSON, made anew."""
        return self._place.document()

    def document(self) -> dict[str, Any]:
        """The object as it was written, parsed anew; the caller owns it."""
        document: dict[str, Any] = json.loads(self.json())
        return document

    def __eq__(self, other: object) -> bool:
        """Whether it is the place of the same object, written the same, in a text of that name."""
        if not isinstance(other, Placed):
            return NotImplemented
        return self.file == other.file and self._place.is_same(other._place)

    def __hash__(self) -> int:
        return hash((self.file, self.line, self.column))

    def __repr__(self) -> str:
        return f"<{self.file}:{self.line}:{self.column}>"

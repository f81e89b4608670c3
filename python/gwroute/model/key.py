"""Names of objects, and where they were written."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

__all__ = ["ObjectKey", "Origin", "Position"]


class ObjectKey(NamedTuple):
    """Kind, namespace and name: what an object is known by."""

    kind: str
    namespace: str | None
    """None for kinds that belong to the whole cluster."""
    name: str

    def __str__(self) -> str:
        """As a person names it: ``HTTPRoute shop/cart``."""
        place = self.name if self.namespace is None else f"{self.namespace}/{self.name}"
        return f"{self.kind} {place}"


class Position(NamedTuple):
    """A place in a file; line and column count from 1, the column in characters."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"


class Origin(Protocol):
    """Where an object was written.

    Only the text is kept; positions and the document are worked out when they are asked for.
    """

    @property
    def file(self) -> str:
        """Path as it was given, ``-`` for standard input."""

    @property
    def line(self) -> int:
        """Line on which the object begins."""

    @property
    def column(self) -> int:
        """Column at which the object begins."""

    def position(self, field: str, *, key: bool = False) -> Position:
        """Where a field stands.

        Args:
            field: Path such as ``spec.rules[1].matches[0].path.value``. A path that does not
                exist gives the nearest part of it that does.
            key: The place of the field's name instead of its value.
        """

    def rule_lines(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """For each of ``spec.rules``: its line, and the lines of its ``matches``. Costs nothing."""

    def json(self) -> bytes:
        """The object as it was written, in JSON, made anew."""

    def document(self) -> dict[str, Any]:
        """The object as it was written, parsed anew; the caller owns it."""

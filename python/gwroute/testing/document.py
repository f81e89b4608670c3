"""YAML with places: a cursor over the nodes of a document, whose complaints name file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml

__all__ = ["CaseError", "Cursor", "Inline"]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CaseError(ValueError):
    """A file of route tests that cannot be read.

    Attributes:
        message: What is wrong.
        file: Where it is wrong.
        line: Line in it, from 1.
    """

    def __init__(self, message: str, file: Path, line: int) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.message = message
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class Inline:
    """An object that stands in the test file itself.

    Attributes:
        text: YAML of the object. Blank lines and blanks in front keep its lines and columns those
            of the file, so that what is said about the object points into the file.
    """

    text: str


class Cursor:
    """One node of a document."""

    __slots__ = ("_file", "_node", "_text")

    def __init__(self, node: yaml.Node, file: Path, text: str) -> None:
        self._node = node
        self._file = file
        self._text = text

    @classmethod
    def documents(cls, file: Path) -> Iterator[Cursor]:
        """The documents of a file.

        Raises:
            CaseError: The file cannot be read, or is not YAML.
        """
        try:
            text = file.read_text(encoding="utf-8")
            nodes = list(yaml.compose_all(text, Loader=_Loader))
        except (OSError, UnicodeDecodeError) as error:
            raise CaseError(str(error), file, 1) from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error)
            raise CaseError(f"not YAML: {problem}", file, mark.line + 1 if mark else 1) from error
        for node in nodes:
            if node is not None:
                yield cls(node, file, text)

    @property
    def line(self) -> int:
        """Line of the node, from 1."""
        return int(self._node.start_mark.line) + 1

    @property
    def is_mapping(self) -> bool:
        """Whether the node is a mapping."""
        return isinstance(self._node, yaml.MappingNode)

    @property
    def is_sequence(self) -> bool:
        """Whether the node is a sequence."""
        return isinstance(self._node, yaml.SequenceNode)

    def fail(self, message: str) -> NoReturn:
        """Complain about this node."""
        raise CaseError(message, self._file, self.line)

    def mapping(self, *known: str) -> dict[str, Cursor]:
        """The values by key; any keys are welcome if none is given."""
        if not isinstance(self._node, yaml.MappingNode):
            self.fail("a mapping is wanted here")
        found: dict[str, Cursor] = {}
        for key_node, value_node in self._node.value:
            key = Cursor(key_node, self._file, self._text)
            name = key.text()
            if known and name not in known:
                key.fail(f"unknown key {name!r}; known are {', '.join(known)}")
            if name in found:
                key.fail(f"the key {name!r} is there twice")
            found[name] = Cursor(value_node, self._file, self._text)
        return found

    def items(self) -> list[Cursor]:
        """The items of a sequence."""
        if not isinstance(self._node, yaml.SequenceNode):
            self.fail("a list is wanted here")
        return [Cursor(node, self._file, self._text) for node in self._node.value]

    def text(self) -> str:
        """A scalar as it is written: ``1`` is the text 1, not a number."""
        if not isinstance(self._node, yaml.ScalarNode):
            self.fail("a text is wanted here")
        return str(self._node.value)

    def number(self, low: float, high: float) -> float:
        """A number in a range."""
        try:
            number = float(self.text())
        except ValueError:
            self.fail(f"a number is wanted here, not {self.text()!r}")
        if not low <= number <= high:
            self.fail(f"a number from {low:g} to {high:g} is wanted here, not {number:g}")
        return number

    def boolean(self) -> bool:
        """``true`` or ``false``."""
        if self.text() not in ("true", "false"):
            self.fail(f"true or false is wanted here, not {self.text()!r}")
        return self.text() == "true"

    def inline(self) -> Inline:
        """The text of the node, at the lines and columns where it stands."""
        start, end = self._node.start_mark, self._node.end_mark
        return Inline("\n" * start.line + " " * start.column + self._text[start.index : end.index])

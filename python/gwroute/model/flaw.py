"""What is wrong with one object, in words: from what pydantic reports to findings.

A field that the kind does not have is left out and the rest is used; anything else means that the
object is not used, because nobody can tell what it would have meant.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from gwroute.model.base import camel
from gwroute.model.core import Secret
from gwroute.model.duration import PATTERN as DURATION
from gwroute.model.meta import Object

__all__ = ["UNKNOWN_FIELD", "Flaw", "Path", "flaws", "locate", "spelled"]

UNKNOWN_FIELD = "unexpected_keyword_argument"
"""What pydantic calls a field that a type does not have."""

Path = tuple[str | int, ...]
"""Where in a document: names of fields and numbers of elements."""

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "dataclass_type": "a mapping",
}
"""What a field takes, by the error that something else gives."""

_PATTERNS = {
    r"^(\*\.)?[^\s*/]+$": (
        "is not a hostname",
        "a hostname is written shop.example.com or *.example.com, without blanks and slashes",
    ),
    DURATION: (
        "is not a duration",
        "a duration is written 500ms, 10s or 1h30m",
    ),
}
"""What a pattern stands for, and how it is written rightly."""


class Flaw(NamedTuple):
    """One thing that is wrong with an object."""

    code: str
    field: str
    """Path of the field; empty for the object as a whole."""
    message: str
    help: str | None = None
    key: bool = False
    """It is about the field's name and not its value."""


def flaws(kind: type[Object], document: Any, errors: Iterable[ErrorDetails]) -> Iterator[Flaw]:
    """What pydantic reports about one object, a flaw for each field.

    Args:
        kind: What the object should be.
        document: The object.
        errors: With places relative to the object.
    """
    by_path: dict[Path, list[ErrorDetails]] = {}
    for error in errors:
        by_path.setdefault(locate(document, error["loc"]), []).append(error)
    for path, found in by_path.items():
        yield _flaw(kind, path, found)


def locate(document: Any, place: Sequence[str | int]) -> Path:
    """The part of pydantic's place that is a place in the document.

    The rest names variants of a union. A field that is missing counts as a place.
    """
    path: list[str | int] = []
    for part in place:
        if isinstance(document, Mapping) and isinstance(part, str):
            document = document.get(part)
        elif isinstance(document, list) and isinstance(part, int):
            document = document[part]
        else:
            break
        path.append(part)
    return tuple(path)


def spelled(path: Path) -> str:
    """A path as people write it: ``spec.rules[1].name``."""
    parts = []
    for part in path:
        if isinstance(part, int) or "." in part:
            parts.append(f"[{part}]")
        else:
            parts.append(f".{part}" if parts else part)
    return "".join(parts)


def _flaw(kind: type[Object], path: Path, errors: Sequence[ErrorDetails]) -> Flaw:
    error, field = errors[0], spelled(path)
    if error["type"] == UNKNOWN_FIELD:
        return Flaw("GWR006", field, "is not a field", _meant(kind, path), key=True)
    if error["type"] == "missing":
        code = "GWR003" if path[:1] == ("metadata",) else "GWR008"
        return Flaw(code, field, "is missing", key=True)
    if kind is Secret and path[0] in ("data", "stringData"):
        return Flaw("GWR007", field, "should be text", "put it in quotes, or in base64")
    if error["type"] in _WANTED:
        return _wrong_type(field, errors)
    return _wrong_value(field, error)


def _meant(kind: type[Object], path: Path) -> str | None:
    """The field that was probably meant."""
    known = _fields(kind, path[:-1])
    if not known:
        return None
    near = difflib.get_close_matches(str(path[-1]), known, 1, 0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are {', '.join(sorted(known))}" if len(known) <= 12 else None


def _fields(kind: type[Object], path: Path) -> list[str]:
    """Names of the fields of the type that stands at a place."""
    at: Any = kind
    for part in path:
        if isinstance(part, int):
            at = next(iter(typing.get_args(at)), None)
        elif dataclasses.is_dataclass(at):
            hints = typing.get_type_hints(at)
            at = next((hint for name, hint in hints.items() if camel(name) == part), None)
        at = _not_none(at)
    if not dataclasses.is_dataclass(at):
        return []
    return [camel(field.name) for field in dataclasses.fields(at) if field.init]


def _not_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(part for part in typing.get_args(hint) if part is not type(None))
    return hint


def _wrong_type(field: str, errors: Sequence[ErrorDetails]) -> Flaw:
    given = errors[0]["input"]
    wanted = dict.fromkeys(_WANTED[error["type"]] for error in errors if error["type"] in _WANTED)
    message = f"is {_named(given)} and should be {' or '.join(wanted)}"
    return Flaw("GWR007", field, message, _other_type(given, tuple(wanted)))


def _other_type(given: Any, wanted: Sequence[str]) -> str | None:
    """How to write what was meant."""
    if "text" in wanted and isinstance(given, bool):
        return "yes, no, on, off, y and n mean true and false: put it in quotes"
    if "text" in wanted and isinstance(given, (int, float)):
        return f'put it in quotes: "{given}"'
    if "a whole number" in wanted and isinstance(given, str) and given.isdigit():
        return f"write it without quotes: {given}"
    if "true or false" in wanted and isinstance(given, str) and given in ("true", "false"):
        return f"write it without quotes: {given}"
    if "a list" in wanted:
        return "begin each element with a dash"
    if "a mapping" in wanted:
        return "write its fields below it, each with its name"
    return None


def _named(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {_quoted(value)}"
        case list():
            return "a list"
    return "a mapping"


def _quoted(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f'{text[:56]}…"'


def _wrong_value(field: str, error: ErrorDetails) -> Flaw:
    context = error.get("ctx", {})
    given = _quoted(error["input"])
    way_out: str | None = None
    match error["type"]:
        case "greater_than_equal":
            message, way_out = f"is {given}", f"it is at least {context['ge']}"
        case "less_than_equal":
            message, way_out = f"is {given}", f"it is at most {context['le']}"
        case "string_too_short":
            message, way_out = "is empty", "it has at least one character"
        case "string_too_long":
            length = len(error["input"])
            message = f"has {length} characters"
            way_out = f"it has at most {context['max_length']} characters"
        case "string_pattern_mismatch" if context["pattern"] in _PATTERNS:
            what, way_out = _PATTERNS[context["pattern"]]
            message = f"is {given}, which {what}"
        case "value_error":
            message = f"is {given}, which is {context['error']}"
        case _:
            message = f"is {given}: {error['msg']}"
    return Flaw("GWR009", field, message, way_out)

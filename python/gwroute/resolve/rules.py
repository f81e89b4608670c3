"""Rules of HTTPRoutes, lowered to the snapshot's: their matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gwroute import ir
from gwroute.model import HTTPRouteMatch
from gwroute.model.route import GRPCHeaderMatch, HTTPHeaderMatch, HTTPPathMatch, HTTPQueryParamMatch
from gwroute.resolve.invalid import Invalid, is_header_name

__all__ = ["ROOT", "AcceptsRegex", "Lines", "check_regex", "header_matches", "http_matches"]

AcceptsRegex = Callable[[str], str | None]
"""Whether a regular expression can be used: None if it can, else a sentence why not."""

METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
)
ROOT = ir.PathMatch("PathPrefix", "/")
"""Takes every path."""
EXPRESSIONS = "see docs.rs/regex for what can be written; look-around and back-references cannot"
"""What to do about a regular expression that cannot be used."""
_PATHS = ("Exact", "PathPrefix", "RegularExpression")


class Lines(NamedTuple):
    """Where a rule and its matches stand in their file."""

    rule: int | None = None
    matches: tuple[int, ...] = ()

    def match(self, index: int) -> int | None:
        """Line of a match; None if it is not written."""
        return self.matches[index] if index < len(self.matches) else None


def http_matches(
    matches: Sequence[HTTPRouteMatch], lines: Lines, accepts_regex: AcceptsRegex
) -> tuple[ir.RouteMatch, ...]:
    """The matches of a rule; without any, one that takes every request.

    Raises:
        Invalid: One of them cannot be used, and so the rule cannot.
    """
    found = []
    for at, match in enumerate(matches):
        try:
            found.append(_match(match, lines.match(at), accepts_regex))
        except Invalid as invalid:
            raise invalid.under(f"matches[{at}]") from None
    return tuple(found) if found else (ir.RouteMatch(ROOT),)


def _match(match: HTTPRouteMatch, line: int | None, accepts_regex: AcceptsRegex) -> ir.RouteMatch:
    method = match.method
    if method is not None and method not in METHODS:
        hint = f"; write {method.upper()}" if method.upper() in METHODS else ""
        raise Invalid("method", f"method {method} is none of the API's{hint}")
    return ir.RouteMatch(
        _path(match.path, accepts_regex),
        method,
        header_matches(match.headers, accepts_regex) if match.headers else (),
        _parameter_matches(match.query_params, accepts_regex) if match.query_params else (),
        line,
    )


def _path(path: HTTPPathMatch, accepts_regex: AcceptsRegex) -> ir.PathMatch:
    kind, value = path.type, path.value
    if kind == "RegularExpression":
        check_regex(value, "path.value", accepts_regex)
    elif kind not in _PATHS:
        raise Invalid("path.type", f"path type {kind} is none of {', '.join(_PATHS)}")
    elif value[:1] != "/":
        raise Invalid("path.value", f"path {value!r} does not start with /")
    return ir.PathMatch(kind, value)  # type: ignore[arg-type]


def header_matches(
    conditions: Sequence[HTTPHeaderMatch | GRPCHeaderMatch], accepts_regex: AcceptsRegex
) -> tuple[ir.ValueMatch, ...]:
    """Conditions on headers, names in lower case; of several with one name the first counts.

    Raises:
        Invalid: One of them cannot be used.
    """
    found: dict[str, ir.ValueMatch] = {}
    for index, condition in enumerate(conditions):
        name = condition.name.lower()
        if not is_header_name(name):
            raise Invalid(f"headers[{index}].name", f"{name!r} is no name of a header")
        if name not in found:
            found[name] = _value(condition, name, "headers", index, accepts_regex)
    return tuple(found.values())


def _parameter_matches(
    conditions: Sequence[HTTPQueryParamMatch], accepts_regex: AcceptsRegex
) -> tuple[ir.ValueMatch, ...]:
    found: dict[str, ir.ValueMatch] = {}
    for index, condition in enumerate(conditions):
        name = condition.name
        if name not in found:
            found[name] = _value(condition, name, "queryParams", index, accepts_regex)
    return tuple(found.values())


def _value(
    condition: HTTPHeaderMatch | GRPCHeaderMatch | HTTPQueryParamMatch,
    name: str,
    at: str,
    index: int,
    accepts_regex: AcceptsRegex,
) -> ir.ValueMatch:
    kind = condition.type
    if kind == "RegularExpression":
        check_regex(condition.value, f"{at}[{index}].value", accepts_regex)
    elif kind != "Exact":
        raise Invalid(f"{at}[{index}].type", f"type {kind} is none of Exact, RegularExpression")
    return ir.ValueMatch(name, kind, condition.value)  # type: ignore[arg-type]


def check_regex(pattern: str, at: str, accepts_regex: AcceptsRegex) -> None:
    """Refuse an expression that cannot be used.

    Raises:
        Invalid: It cannot.
    """
    reason = accepts_regex(pattern)
    if reason is not None:
        raise Invalid(at, reason, help=EXPRESSIONS)

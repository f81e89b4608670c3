"""Rules of HTTPRoutes, lowered to the snapshot's: matches, filters, backends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gwroute import ir
from gwroute.model import HTTPRouteMatch
from gwroute.model.route import GRPCHeaderMatch, HTTPHeaderMatch, HTTPPathMatch, HTTPQueryParamMatch
from gwroute.resolve.filters import Invalid, is_header_name

__all__ = ["AcceptsRegex", "Lines", "http_matches", "lower_case_names", "value_matches"]

AcceptsRegex = Callable[[str], str | None]
"""Whether a regular expression can be used: None if it can, else why not."""

METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
)
_ROOT = ir.PathMatch("PathPrefix", "/")
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
    if not matches:
        return (ir.RouteMatch(_ROOT),)
    return tuple(
        _match(match, f"matches[{at}]", lines.match(at), accepts_regex)
        for at, match in enumerate(matches)
    )


def _match(
    match: HTTPRouteMatch, at: str, line: int | None, accepts_regex: AcceptsRegex
) -> ir.RouteMatch:
    if match.method is not None and match.method not in METHODS:
        wanted = match.method.upper()
        hint = f"; write {wanted}" if wanted in METHODS else ""
        raise Invalid(f"{at}.method", f"method {match.method} is none of the API's{hint}")
    return ir.RouteMatch(
        _path(match.path, at, accepts_regex),
        match.method,
        value_matches(match.headers, f"{at}.headers", accepts_regex, lower_case_names)
        if match.headers
        else (),
        value_matches(match.query_params, f"{at}.queryParams", accepts_regex, None)
        if match.query_params
        else (),
        line,
    )


def _path(path: HTTPPathMatch, at: str, accepts_regex: AcceptsRegex) -> ir.PathMatch:
    if path.type not in _PATHS:
        raise Invalid(f"{at}.path.type", f"path type {path.type} is none of {', '.join(_PATHS)}")
    if path.type == "RegularExpression":
        _check_regex(path.value, f"{at}.path.value", accepts_regex)
    elif not path.value.startswith("/"):
        raise Invalid(f"{at}.path.value", f"path {path.value!r} does not start with /")
    return ir.PathMatch(path.type, path.value)  # type: ignore[arg-type]


def lower_case_names(name: str, at: str) -> str:
    """The name of a header in lower case.

    Raises:
        Invalid: It is no name of a header.
    """
    if not is_header_name(name):
        raise Invalid(f"{at}.name", f"{name!r} is no name of a header")
    return name.lower()


def value_matches(
    conditions: Iterable[HTTPHeaderMatch | HTTPQueryParamMatch | GRPCHeaderMatch],
    at: str,
    accepts_regex: AcceptsRegex,
    spell: Callable[[str, str], str] | None,
) -> tuple[ir.ValueMatch, ...]:
    """Conditions on headers or parameters; of several with one name the first counts."""
    found: dict[str, ir.ValueMatch] = {}
    for index, condition in enumerate(conditions):
        place = f"{at}[{index}]"
        name = spell(condition.name, place) if spell else condition.name
        if name in found:
            continue
        if condition.type == "RegularExpression":
            _check_regex(condition.value, f"{place}.value", accepts_regex)
        elif condition.type != "Exact":
            message = f"type {condition.type} is none of Exact, RegularExpression"
            raise Invalid(f"{place}.type", message)
        found[name] = ir.ValueMatch(name, condition.type, condition.value)  # type: ignore[arg-type]
    return tuple(found.values())


def _check_regex(pattern: str, at: str, accepts_regex: AcceptsRegex) -> None:
    reason = accepts_regex(pattern)
    if reason is not None:
        raise Invalid(at, f"regular expression {pattern!r} cannot be used: {reason}")

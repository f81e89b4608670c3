"""Filters of rules and backends, one function a filter.

A filter that is wrong in itself makes its rule invalid (:class:`Invalid`). One that is unknown,
not supported or refers to what is not there is never skipped: it becomes a ``Fail``, and requests
it would have seen get an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from gwroute import ir
from gwroute.model import GRPCRouteFilter, HTTPRouteFilter
from gwroute.model.filter import HTTPHeaderFilter, HTTPPathModifier
from gwroute.resolve.conditions import Reason

__all__ = ["Invalid", "Unresolved", "is_header_name", "is_header_value", "lower_filters"]

AnyFilter = HTTPRouteFilter | GRPCRouteFilter
T = TypeVar("T")


class Invalid(Exception):  # noqa: N818 - a verdict on a rule, never seen outside
    """A rule that cannot be used.

    Attributes:
        reason: Of the condition.
        field: What is wrong, below what was looked at; below the rule in the end.
        message: What is wrong with it.
    """

    def __init__(self, field: str, message: str, reason: str = Reason.UNSUPPORTED_VALUE) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field
        self.message = message

    def under(self, parent: str) -> Invalid:
        """The same, one level further up."""
        return Invalid(f"{parent}.{self.field}", self.message, self.reason)


class Unresolved(NamedTuple):
    """A filter that answers with an error instead of doing its work."""

    reason: str
    field: str
    """Below the rule."""
    message: str


_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", re.ASCII)
_VALUE = re.compile(r"[\t -~]*", re.ASCII)
_STATUS = (301, 302, 303, 307, 308)


def is_header_name(name: str) -> bool:
    """Whether a name is a token of RFC 9110 5.1."""
    return _NAME.fullmatch(name) is not None


def is_header_value(value: str) -> bool:
    """Whether a value can be sent: visible ASCII, blanks and tabs."""
    return _VALUE.fullmatch(value) is not None


def lower_filters(
    filters: Sequence[AnyFilter], at: str, unresolved: list[Unresolved]
) -> tuple[ir.Filter, ...]:
    """A filter list as the snapshot has it.

    Args:
        filters: The list.
        at: Where it stands, below the rule: ``filters``.
        unresolved: Filters that become an error are added here.

    Raises:
        Invalid: A filter is wrong in itself, or two do not go together.
    """
    found: list[ir.Filter] = []
    for index, item in enumerate(filters):
        lower = _FILTERS.get(item.type)
        if lower is None or (lower in _HTTP_ONLY and not isinstance(item, HTTPRouteFilter)):
            found.append(_fail(item, f"{at}[{index}]", unresolved))
            continue
        try:
            found.append(lower(item))
        except Invalid as invalid:
            raise invalid.under(f"{at}[{index}]") from None
    if len(found) > 1:
        _check_together(found, at)
    return tuple(found)


def _check_together(found: Sequence[ir.Filter], at: str) -> None:
    kinds = {item.type for item in found}
    if {"RequestRedirect", "URLRewrite"} <= kinds:
        raise Invalid(
            at,
            "RequestRedirect and URLRewrite do not go together: a redirect sends nothing to a "
            "backend; move one of them to another rule",
            Reason.INCOMPATIBLE_FILTERS,
        )


def _fail(item: AnyFilter, at: str, unresolved: list[Unresolved]) -> ir.Filter:
    if item.type == "ExtensionRef" and item.extension_ref is not None:
        ref = item.extension_ref
        target = f"{ref.group}/{ref.kind} {ref.name}"
        message = f"filter ExtensionRef: {target} is no filter that gwroute knows"
        unresolved.append(Unresolved(Reason.INVALID_KIND, f"{at}.extensionRef.kind", message))
    else:
        message = f"filter {item.type} is not supported"
        unresolved.append(Unresolved(Reason.UNSUPPORTED_VALUE, f"{at}.type", message))
    return ir.Fail(500, message)


# -- header modifiers


def _request_headers(item: AnyFilter) -> ir.Filter:
    return ir.RequestHeaderModifier(*_edits(item.request_header_modifier, item.type))


def _response_headers(item: AnyFilter) -> ir.Filter:
    return ir.ResponseHeaderModifier(*_edits(item.response_header_modifier, item.type))


Edits = tuple[tuple[ir.Header, ...], tuple[ir.Header, ...], tuple[str, ...]]


def _edits(edits: HTTPHeaderFilter | None, kind: str) -> Edits:
    """``set``, ``add`` and ``remove``; of several entries of one name the first counts."""
    edits = _member(edits, kind)
    seen: set[str] = set()
    set_ = _pairs([(item.name, item.value) for item in edits.set], "set", seen)
    add = _pairs([(item.name, item.value) for item in edits.add], "add", seen)
    remove = _pairs([(name, "") for name in edits.remove], "remove", seen)
    return set_, add, tuple([name for name, _ in remove])


def _pairs(pairs: list[tuple[str, str]], at: str, seen: set[str]) -> tuple[ir.Header, ...]:
    if not pairs:
        return ()
    kept = []
    for name, value in pairs:
        if not _NAME.fullmatch(name):
            raise Invalid(at, f"{name!r} is no name of a header")
        if not _VALUE.fullmatch(value):
            raise Invalid(at, f"{value!r} is no value of a header")
        lower = name.lower()
        if lower not in seen:
            seen.add(lower)
            kept.append((name, value))
    return tuple(kept)


# -- redirect and rewrite


def _redirect(item: AnyFilter) -> ir.Filter:
    assert isinstance(item, HTTPRouteFilter)
    given = _member(item.request_redirect, item.type)
    if given.scheme not in (None, "http", "https"):
        message = f"scheme {given.scheme!r} is neither http nor https"
        raise Invalid("requestRedirect.scheme", message)
    if given.status_code not in _STATUS:
        wanted = ", ".join(map(str, _STATUS))
        raise Invalid("requestRedirect.statusCode", f"{given.status_code} is none of {wanted}")
    path = _modifier(given.path, "requestRedirect")
    return ir.RequestRedirect(given.scheme, given.hostname, path, given.port, given.status_code)


def _rewrite(item: AnyFilter) -> ir.Filter:
    assert isinstance(item, HTTPRouteFilter)
    given = _member(item.url_rewrite, item.type)
    return ir.URLRewrite(given.hostname, _modifier(given.path, "urlRewrite"))


def _modifier(given: HTTPPathModifier | None, at: str) -> ir.PathModifier | None:
    if given is None:
        return None
    if given.type == "ReplaceFullPath" and given.replace_full_path is not None:
        return ir.PathModifier("ReplaceFullPath", given.replace_full_path)
    if given.type == "ReplacePrefixMatch" and given.replace_prefix_match is not None:
        return ir.PathModifier("ReplacePrefixMatch", given.replace_prefix_match)
    raise Invalid(
        f"{at}.path.type",
        f"path modifier {given.type} needs a value in the field of its name; known are "
        "ReplaceFullPath and ReplacePrefixMatch",
    )


def _member(value: T | None, kind: str) -> T:
    if value is None:
        raise Invalid("type", f"filter {kind} needs the field of its name")
    return value


_FILTERS: dict[str, Callable[[AnyFilter], ir.Filter]] = {
    "RequestHeaderModifier": _request_headers,
    "ResponseHeaderModifier": _response_headers,
    "RequestRedirect": _redirect,
    "URLRewrite": _rewrite,
}
_HTTP_ONLY = (_redirect, _rewrite)

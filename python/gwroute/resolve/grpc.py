"""Matches of GRPCRoutes, lowered to paths: ``/service/method``.

Service and method are an exact path, a service alone is a prefix, a method alone an expression.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gwroute import ir
from gwroute.model.route import GRPCMethodMatch, GRPCRouteMatch
from gwroute.resolve.filters import Invalid
from gwroute.resolve.rules import AcceptsRegex, Lines, lower_case_names, value_matches

__all__ = ["grpc_matches"]

_SERVICE = re.compile(r"\.?[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_METHOD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ANY = "[^/]+"


def grpc_matches(
    matches: Sequence[GRPCRouteMatch], lines: Lines, accepts_regex: AcceptsRegex
) -> tuple[ir.RouteMatch, ...]:
    """The matches of a rule; without any, one that takes every call.

    Raises:
        Invalid: One of them cannot be used, and so the rule cannot.
    """
    if not matches:
        return (ir.RouteMatch(_path(None, "", accepts_regex)),)
    return tuple(
        ir.RouteMatch(
            path=_path(match.method, f"matches[{at}].method", accepts_regex),
            headers=value_matches(
                match.headers, f"matches[{at}].headers", accepts_regex, lower_case_names
            ),
            line=lines.match(at),
        )
        for at, match in enumerate(matches)
    )


def _path(match: GRPCMethodMatch | None, at: str, accepts_regex: AcceptsRegex) -> ir.PathMatch:
    if match is None or not (match.service or match.method):
        return ir.PathMatch("PathPrefix", "/")
    if match.type == "Exact":
        return _exact(match, at)
    if match.type != "RegularExpression":
        message = f"type {match.type} is none of Exact, RegularExpression"
        raise Invalid(f"{at}.type", message)
    for field, pattern in (("service", match.service), ("method", match.method)):
        reason = accepts_regex(pattern) if pattern else None
        if reason is not None:
            message = f"regular expression {pattern!r} cannot be used: {reason}"
            raise Invalid(f"{at}.{field}", message)
    pattern = f"/(?:{match.service or _ANY})/(?:{match.method or _ANY})"
    reason = accepts_regex(pattern)
    if reason is not None:
        raise Invalid(at, f"regular expression {pattern!r} cannot be used: {reason}")
    return ir.PathMatch("RegularExpression", pattern)


def _exact(match: GRPCMethodMatch, at: str) -> ir.PathMatch:
    if match.service and not _SERVICE.fullmatch(match.service):
        raise Invalid(f"{at}.service", f"{match.service!r} is no name of a gRPC service")
    if match.method and not _METHOD.fullmatch(match.method):
        raise Invalid(f"{at}.method", f"{match.method!r} is no name of a gRPC method")
    if not match.method:
        return ir.PathMatch("PathPrefix", f"/{match.service}")
    if not match.service:
        return ir.PathMatch("RegularExpression", f"/{_ANY}/{match.method}")
    return ir.PathMatch("Exact", f"/{match.service}/{match.method}")

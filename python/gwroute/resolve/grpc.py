"""Matches of GRPCRoutes, lowered to paths: ``/service/method``.

Service and method are an exact path, a service alone is a prefix, and a method alone a condition
on the last segment, which ranks below all that name a service.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gwroute import ir
from gwroute.model.route import GRPCMethodMatch, GRPCRouteMatch
from gwroute.resolve.invalid import Invalid
from gwroute.resolve.rules import ROOT, AcceptsRegex, Lines, check_regex, header_matches

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
    found = []
    for at, match in enumerate(matches):
        try:
            path = _path(match.method, accepts_regex)
            headers = header_matches(match.headers, accepts_regex)
        except Invalid as invalid:
            raise invalid.under(f"matches[{at}]") from None
        method = _lone_method(match.method)
        line = lines.match(at)
        found.append(ir.RouteMatch(path=path, headers=headers, line=line, grpc_method=method))
    return tuple(found) if found else (ir.RouteMatch(ROOT),)


def _path(match: GRPCMethodMatch | None, accepts_regex: AcceptsRegex) -> ir.PathMatch:
    if match is None or not (match.service or match.method):
        return ROOT
    if match.type == "Exact":
        return _exact(match)
    if match.type != "RegularExpression":
        raise Invalid("method.type", f"type {match.type} is none of Exact, RegularExpression")
    for field, pattern in (("service", match.service), ("method", match.method)):
        if pattern:
            check_regex(pattern, f"method.{field}", accepts_regex)
    # Longer patterns go first: what is left out must not be longer than what is named.
    service, method = (f"(?:{part})" if part else _ANY for part in (match.service, match.method))
    pattern = f"/{service}/{method}"
    check_regex(pattern, "method", accepts_regex)
    return ir.PathMatch("RegularExpression", pattern)


def _lone_method(match: GRPCMethodMatch | None) -> str | None:
    """The method of a match that names no service."""
    if match is None or match.type != "Exact" or match.service:
        return None
    return match.method or None


def _exact(match: GRPCMethodMatch) -> ir.PathMatch:
    if match.service and not _SERVICE.fullmatch(match.service):
        raise Invalid("method.service", f"{match.service!r} is no name of a gRPC service")
    if match.method and not _METHOD.fullmatch(match.method):
        raise Invalid("method.method", f"{match.method!r} is no name of a gRPC method")
    if not match.method:
        return ir.PathMatch("PathPrefix", f"/{match.service}")
    if not match.service:
        return ROOT
    return ir.PathMatch("Exact", f"/{match.service}/{match.method}")

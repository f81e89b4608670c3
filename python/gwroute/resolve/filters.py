"""Filters of rules and backends, one function a filter.

A filter that is wrong in itself makes its rule invalid (:class:`Invalid`). One that is unknown,
not supported or refers to what is not there is never skipped: it becomes a ``Fail``, and requests
it would have seen get an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from gwroute import ir
from gwroute.model import GRPCRouteFilter, HTTPRouteFilter
from gwroute.model.filter import (
    HTTPExternalAuthFilter,
    HTTPHeader,
    HTTPHeaderFilter,
    HTTPPathModifier,
    HTTPRequestMirrorFilter,
)
from gwroute.model.reference import BackendObjectReference
from gwroute.resolve.backends import Fault, Target, display_name
from gwroute.resolve.conditions import Reason
from gwroute.resolve.cors import lower_cors
from gwroute.resolve.invalid import Invalid, is_header_name, is_header_value

__all__ = ["References", "Unresolved", "lower_filters"]

AnyFilter = HTTPRouteFilter | GRPCRouteFilter
T = TypeVar("T")


class Unresolved(NamedTuple):
    """A filter that cannot do its work."""

    reason: str | None
    """Of ``ResolvedRefs=False``; None if the reference itself is sound."""
    field: str
    """Below the rule."""
    message: str
    consequence: str = "requests that it would see get 500"
    code: str = "GWR211"
    help: str | None = None


@dataclass(slots=True)
class References:
    """What the filters of one rule refer to, and what is wrong with that."""

    refer: Callable[[BackendObjectReference], Target | Fault]
    """What a reference of the route names."""
    namespace: str
    """Of the route."""
    targets: list[Target] = field(default_factory=list)
    """What valid references name."""
    unresolved: list[Unresolved] = field(default_factory=list)

    def target(self, ref: BackendObjectReference, at: str, consequence: str) -> Target | None:
        """What a reference names; None, with a note of what follows, if it is invalid."""
        found = self.refer(ref)
        if isinstance(found, Target):
            self.targets.append(found)
            return found
        place = f"{at}.backendRef.{found.field}"
        reason, code = found.reason, found.code
        self.unresolved.append(
            Unresolved(reason, place, found.message, consequence, code, found.help)
        )
        return None


_STATUS = (301, 302, 303, 307, 308)


def lower_filters(
    filters: Sequence[AnyFilter], at: str, references: References
) -> tuple[ir.Filter, ...]:
    """A filter list as the snapshot has it.

    Args:
        filters: The list.
        at: Where it stands, below the rule: ``filters``.
        references: Looks up what filters refer to, and takes note of it.

    Raises:
        Invalid: A filter is wrong in itself, or two do not go together.
    """
    found: list[ir.Filter] = []
    for index, item in enumerate(filters):
        place = f"{at}[{index}]"
        try:
            lowered = _lower(item, place, references)
        except Invalid as invalid:
            raise invalid.under(place) from None
        if lowered is not None:
            found.append(lowered)
    if len(found) > 1:
        _check_together(found, at)
    return tuple(found)


def _lower(item: AnyFilter, at: str, references: References) -> ir.Filter | None:
    """One filter; None for one that has nothing to do."""
    lower = _FILTERS.get(item.type)
    if lower is not None:
        return lower(item, at, references)
    if item.type == "RequestMirror":
        return _mirror(_member(item.request_mirror, item.type), at, references)
    if isinstance(item, HTTPRouteFilter):
        if item.type == "ExternalAuth":
            return _external_auth(_member(item.external_auth, item.type), at, references)
        if item.type in _HTTP_FILTERS:
            return _HTTP_FILTERS[item.type](item)
    return _fail(item, at, references.unresolved)


def _check_together(found: Sequence[ir.Filter], at: str) -> None:
    kinds = {item.type for item in found}
    if "RequestRedirect" in kinds and "URLRewrite" in kinds:
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


def _request_headers(item: AnyFilter, at: str, references: References) -> ir.Filter:
    edits = _edits(item.request_header_modifier, item.type)
    idle = {*_names(*edits)} & _FIXED | {*_names((), *edits[1:])} & _HOST
    _note_idle(idle, f"{at}.requestHeaderModifier", references)
    return ir.RequestHeaderModifier(*edits)


def _response_headers(item: AnyFilter, at: str, references: References) -> ir.Filter:
    edits = _edits(item.response_header_modifier, item.type)
    _note_idle({*_names(*edits)} & (_FIXED | _HOST), f"{at}.responseHeaderModifier", references)
    return ir.ResponseHeaderModifier(*edits)


_HOST = frozenset({"host"})
"""Set, it is a rewrite of the host of a request; in any other edit it means nothing."""
_FIXED = frozenset(
    {
        "connection",
        "content-length",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that frame a message or belong to a connection."""


def _names(
    set_: Sequence[ir.Header], add: Sequence[ir.Header], remove: Sequence[str]
) -> Iterator[str]:
    for name in (*(name for name, _ in (*set_, *add)), *remove):
        yield name.lower()


def _note_idle(idle: Collection[str], at: str, references: References) -> None:
    """Edits that the core leaves out are told of."""
    if idle:
        message = f"{', '.join(sorted(idle))} cannot be edited"
        consequence = "the edit has no effect, because the gateway sees to it itself"
        references.unresolved.append(Unresolved(None, at, message, consequence, "GWR902"))


Edits = tuple[tuple[ir.Header, ...], tuple[ir.Header, ...], tuple[str, ...]]


def _edits(edits: HTTPHeaderFilter | None, kind: str) -> Edits:
    """``set``, ``add`` and ``remove``; of several entries of one name the first counts."""
    edits = _member(edits, kind)
    seen: set[str] = set()
    return (
        _headers(edits.set, "set", seen) if edits.set else (),
        _headers(edits.add, "add", seen) if edits.add else (),
        tuple([name for name in edits.remove if _is_new(name, "remove", seen)]),
    )


def _headers(headers: Sequence[HTTPHeader], at: str, seen: set[str]) -> tuple[ir.Header, ...]:
    kept = []
    for header in headers:
        name, value = header.name, header.value
        new = _is_new(name, at, seen)
        if not is_header_value(value):
            raise Invalid(at, f"{value!r} is no value of a header")
        if new:
            kept.append((name, value))
    return tuple(kept)


def _is_new(name: str, at: str, seen: set[str]) -> bool:
    """Whether a name is none of those that were seen, of which it is one from now on."""
    if not is_header_name(name):
        raise Invalid(at, f"{name!r} is no name of a header")
    lower = name.lower()
    if lower in seen:
        return False
    seen.add(lower)
    return True


# -- redirect and rewrite


def _redirect(item: HTTPRouteFilter) -> ir.Filter:
    given = _member(item.request_redirect, item.type)
    if given.scheme not in (None, "http", "https"):
        message = f"scheme {given.scheme!r} is neither http nor https"
        raise Invalid("requestRedirect.scheme", message)
    if given.status_code not in _STATUS:
        wanted = ", ".join(map(str, _STATUS))
        raise Invalid("requestRedirect.statusCode", f"{given.status_code} is none of {wanted}")
    path = _modifier(given.path, "requestRedirect")
    return ir.RequestRedirect(given.scheme, given.hostname, path, given.port, given.status_code)


def _rewrite(item: HTTPRouteFilter) -> ir.Filter:
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


# -- filters that refer to other backends


def _mirror(
    given: HTTPRequestMirrorFilter, at: str, references: References
) -> ir.RequestMirror | None:
    """Without a valid backend no copy is sent, and the request itself is not touched."""
    if given.percent is not None and given.fraction is not None:
        raise Invalid("requestMirror", "percent and fraction exclude each other")
    numerator, denominator = 1, 1
    if given.percent is not None:
        numerator, denominator = given.percent, 100
    elif given.fraction is not None:
        numerator, denominator = given.fraction.numerator, given.fraction.denominator
        if numerator > denominator:
            message = f"fraction {numerator}/{denominator} is more than all"
            raise Invalid("requestMirror.fraction.numerator", message)
    target = references.target(given.backend_ref, f"{at}.requestMirror", "no copies are sent")
    if target is None:
        return None
    return ir.RequestMirror(target.name, target.upstream, numerator, denominator)


_PATH = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%(?!00)[0-9a-fA-F]{2})*")
"""``path`` of HTTPAuthConfig."""


def _external_auth(
    given: HTTPExternalAuthFilter, at: str, references: References
) -> ir.ExternalAuth:
    """Without a valid backend every request is refused: authorization fails closed."""
    if given.protocol not in ("HTTP", "GRPC"):
        message = f"protocol {given.protocol} is none of HTTP, GRPC"
        raise Invalid("externalAuth.protocol", message)
    target = references.target(given.backend_ref, f"{at}.externalAuth", "requests are refused")
    if target is not None and given.protocol == "GRPC" and target.protocol != "h2c":
        references.targets.remove(target)
        target = replace(target, protocol="h2c")
        references.targets.append(target)
    http = given.http
    allowed = http.allowed_headers if http else given.grpc.allowed_headers if given.grpc else ()
    path = (http.path if http else None) or ""
    if not _PATH.fullmatch(path):
        message = f"{path!r} is no path: a query, a fragment and blanks have no place in it"
        raise Invalid("externalAuth.http.path", message)
    for name in (*allowed, *(http.allowed_response_headers if http else ())):
        if not is_header_name(name):
            raise Invalid("externalAuth", f"{name!r} is no name of a header")
    return ir.ExternalAuth(
        protocol=given.protocol,  # type: ignore[arg-type]
        backend=display_name(given.backend_ref, references.namespace),
        upstream=target.upstream if target else None,
        path=path,
        allowed_headers=tuple(name.lower() for name in allowed),
        allowed_response_headers=tuple(
            name.lower() for name in (http.allowed_response_headers if http else ())
        ),
        forward_body=given.forward_body.max_size if given.forward_body else 0,
    )


def _cors(item: HTTPRouteFilter) -> ir.Filter:
    return lower_cors(_member(item.cors, item.type), "cors")


_FILTERS: dict[str, Callable[[AnyFilter, str, References], ir.Filter]] = {
    "RequestHeaderModifier": _request_headers,
    "ResponseHeaderModifier": _response_headers,
}
_HTTP_FILTERS: dict[str, Callable[[HTTPRouteFilter], ir.Filter]] = {
    "RequestRedirect": _redirect,
    "URLRewrite": _rewrite,
    "CORS": _cors,
}
"""Of HTTPRoutes alone."""

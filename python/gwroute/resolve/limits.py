"""What a rule says about time, retries and sessions."""

from __future__ import annotations

from hashlib import blake2b

from gwroute import ir
from gwroute.model import HTTPRouteRule
from gwroute.model.duration import milliseconds
from gwroute.model.route import GRPCRouteRule, HTTPRouteRetry, HTTPRouteTimeouts, SessionPersistence
from gwroute.resolve.invalid import Invalid, is_header_name

__all__ = ["Limits", "lower_limits"]

Limits = tuple[ir.Timeouts | None, ir.Retry | None, ir.Session | None]

ATTEMPTS = 1
"""Tries after the first where a rule asks for retries and does not say how many."""
BACKOFF_MS = 25
"""The shortest wait before a try, where a rule does not say."""


def lower_limits(rule: HTTPRouteRule | GRPCRouteRule, key: str) -> Limits:
    """Time limits, retries and session of a rule; None for what it says nothing about.

    Args:
        rule: The rule.
        key: Its key in the snapshot.

    Raises:
        Invalid: A value cannot be used.
    """
    session = _session(rule.session_persistence, key)
    if isinstance(rule, GRPCRouteRule):
        return None, None, session
    return _timeouts(rule.timeouts), _retry(rule.retry), session


def _timeouts(given: HTTPRouteTimeouts | None) -> ir.Timeouts | None:
    if given is None or (given.request is None and given.backend_request is None):
        return None
    request = _duration(given.request)
    each = _duration(given.backend_request)
    if request and each is not None and each > request:
        message = f"{given.backend_request} for one try is more than {given.request} for all"
        raise Invalid("timeouts.backendRequest", message)
    return ir.Timeouts(request, each)


def _retry(given: HTTPRouteRetry | None) -> ir.Retry | None:
    if given is None:
        return None
    backoff = _duration(given.backoff)
    return ir.Retry(
        codes=tuple(sorted(set(given.codes))),
        attempts=ATTEMPTS if given.attempts is None else given.attempts,
        backoff_ms=BACKOFF_MS if backoff is None else backoff,
    )


def _session(given: SessionPersistence | None, key: str) -> ir.Session | None:
    if given is None:
        return None
    at = "sessionPersistence"
    timeout = _duration(given.absolute_timeout)
    if given.type == "Header":
        name = given.header.name if given.header else given.session_name
        return ir.Session("Header", _name(name, f"{at}.header.name", key), "/", False, timeout)
    if given.type != "Cookie":
        raise Invalid(f"{at}.type", f"type {given.type} is none of Cookie, Header")
    cookie = given.cookie or given.cookie_config
    lifetime = cookie.lifetime_type if cookie else "Session"
    if lifetime not in ("Session", "Permanent"):
        message = f"lifetime {lifetime} is none of Session, Permanent"
        raise Invalid(f"{at}.cookie.lifetimeType", message)
    permanent = lifetime == "Permanent"
    if permanent and timeout is None:
        raise Invalid(f"{at}.absoluteTimeout", "a permanent cookie needs an absoluteTimeout")
    name = (cookie.name if cookie else None) or given.session_name
    path = cookie.path if cookie else "/"
    return ir.Session("Cookie", _name(name, f"{at}.cookie.name", key), path, permanent, timeout)


def _name(name: str | None, at: str, key: str) -> str:
    """Two rules never share a session, so each has a name of its own unless it says otherwise."""
    if not name:
        return f"gwroute-session-{blake2b(key.encode(), digest_size=4).hexdigest()}"
    if not is_header_name(name):
        raise Invalid(at, f"{name!r} is no name of a cookie or header")
    return name


def _duration(text: str | None) -> int | None:
    """Reading an object has seen to it that the text is a duration."""
    return None if text is None else milliseconds(text)

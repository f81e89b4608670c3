"""Hostnames that a listener and a route have in common.

A wildcard ``*.example.com`` stands for one or more labels, so it takes ``a.b.example.com`` and not
``example.com``. The intersection of two patterns is the more specific of them, or nothing.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Host", "intersect", "intersection", "overlap"]


class Host(NamedTuple):
    """What a route serves under a listener."""

    host: str | None
    """The intersection; None takes every host."""
    hostname: str | None
    """The hostname as the route has it; None if it has none."""


def intersection(listener: str | None, hostnames: tuple[str, ...]) -> tuple[Host, ...]:
    """All that a route with these hostnames serves under a listener, each once, in their order.

    Args:
        listener: The listener's hostname in lower case; None takes every host.
        hostnames: The route's hostnames in lower case; empty takes every host.
    """
    if not hostnames:
        return (Host(listener, None),)
    found = []
    for hostname in dict.fromkeys(hostnames):
        host = intersect(listener, hostname)
        if host is not None:
            found.append(Host(host, hostname))
    return tuple(found)


def intersect(listener: str | None, route: str) -> str | None:
    """The more specific of two patterns if one takes all that the other takes, else None."""
    if listener is None or listener == route:
        return route
    if _covers(listener, route):
        return route
    return listener if _covers(route, listener) else None


def overlap(one: str | None, other: str | None) -> bool:
    """Whether some host is taken by both."""
    return one is None or other is None or intersect(one, other) is not None


def _covers(wide: str, narrow: str) -> bool:
    """Whether a wildcard takes everything that the other pattern takes."""
    return wide.startswith("*.") and narrow.endswith(wide[1:]) and len(narrow) > len(wide) - 1

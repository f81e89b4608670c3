"""What gwroute raises.

::

    GwrouteError
    ├── LoadError                a path that cannot be read at all
    ├── SnapshotError            a snapshot or a delta that cannot be compiled   (ValueError)
    │   └── RegexError           ... because of a regular expression in it
    ├── RequestError             a request or a port that cannot be asked about  (ValueError)
    └── ProxyError               the data plane cannot start or go on
        └── BindError            ... because an address cannot be bound          (OSError)

Problems with a user's objects are not among them: they are findings and conditions, and the rest
is served. Nor are a missing route, a redirect or an invalid backend: those are decisions.
"""

from __future__ import annotations

__all__ = [
    "BindError",
    "GwrouteError",
    "LoadError",
    "ProxyError",
    "RegexError",
    "RequestError",
    "SnapshotError",
]


class GwrouteError(Exception):
    """Base of all exceptions of gwroute."""


class LoadError(GwrouteError):
    """A path that cannot be read at all; the message names it."""


class SnapshotError(GwrouteError, ValueError):
    """A snapshot or a delta that cannot be compiled.

    Attributes:
        path: Where in the document: ``rules[3].matches[0].path``; empty for the whole of it.
    """

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class RegexError(SnapshotError):
    """A regular expression that does not compile, or becomes too large."""


class RequestError(GwrouteError, ValueError):
    """A request that is malformed, or a port or gateway that no listener has."""


class ProxyError(GwrouteError):
    """The data plane cannot start, or cannot go on."""


class BindError(ProxyError, OSError):
    """An address cannot be bound; the message names it."""

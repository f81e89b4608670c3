"""The Gateway API, wherever Python runs.

::

    objects = gwroute.load("manifests/")
    resolution = gwroute.resolve(objects, gateway="infra/public")
    router = gwroute.Router(resolution.snapshot)
    decision = router.decide(gwroute.Request("GET", "http://shop.example.com/cart"))

Importing this package does no work: a name is looked up in its module when it is first asked for.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gwroute.checks import validate
    from gwroute.echo import EchoServer
    from gwroute.errors import (
        BindError,
        GwrouteError,
        LoadError,
        ProxyError,
        RegexError,
        RequestError,
        SnapshotError,
    )
    from gwroute.finding import Finding
    from gwroute.ir import Snapshot
    from gwroute.proxy import Proxy, serve
    from gwroute.resolve import Condition, Options, Resolution
    from gwroute.router import (
        Decision,
        Destination,
        Explanation,
        ExternalAuth,
        Forward,
        Mirror,
        Redirect,
        Request,
        Respond,
        Retry,
        Route,
        Router,
        Session,
        Sessions,
        Timeouts,
        UpstreamTLS,
        resolve,
    )
    from gwroute.sources.files import load
    from gwroute.store import ObjectStore

    __version__: str

__all__ = [
    "BindError",
    "Condition",
    "Decision",
    "Destination",
    "EchoServer",
    "Explanation",
    "ExternalAuth",
    "Finding",
    "Forward",
    "GwrouteError",
    "LoadError",
    "Mirror",
    "ObjectStore",
    "Options",
    "Proxy",
    "ProxyError",
    "Redirect",
    "RegexError",
    "Request",
    "RequestError",
    "Resolution",
    "Respond",
    "Retry",
    "Route",
    "Router",
    "Session",
    "Sessions",
    "Snapshot",
    "SnapshotError",
    "Timeouts",
    "UpstreamTLS",
    "__version__",
    "load",
    "resolve",
    "serve",
    "validate",
]

_HOMES = {
    "gwroute.checks": ["validate"],
    "gwroute.proxy": ["Proxy", "serve"],
    "gwroute.echo": ["EchoServer"],
    "gwroute.errors": [
        "BindError",
        "GwrouteError",
        "LoadError",
        "ProxyError",
        "RegexError",
        "RequestError",
        "SnapshotError",
    ],
    "gwroute.finding": ["Finding"],
    "gwroute.ir": ["Snapshot"],
    "gwroute.resolve": ["Condition", "Options", "Resolution"],
    "gwroute.router": [
        "Decision",
        "Destination",
        "Explanation",
        "ExternalAuth",
        "Forward",
        "Mirror",
        "Redirect",
        "Request",
        "Respond",
        "Retry",
        "Route",
        "Router",
        "Session",
        "Sessions",
        "Timeouts",
        "UpstreamTLS",
        "resolve",
    ],
    "gwroute.sources.files": ["load"],
    "gwroute.store": ["ObjectStore"],
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("gwroute")
    if name not in _HOME:
        raise AttributeError(f"module 'gwroute' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps ``gwroute.resolve`` the function.

    Importing a module makes it an attribute of its package, and the module of that name is
    imported long before most callers ask for the function.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

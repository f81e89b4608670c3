"""A router: one compiled snapshot, and the questions it answers.

And resolution, with the core's judgement of regular expressions put in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gwroute import _native, delta, ir
from gwroute._native import (
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
    Session,
    Sessions,
    Timeouts,
    UpstreamTLS,
)
from gwroute.errors import RegexError

if TYPE_CHECKING:
    from gwroute.ir import Delta, Snapshot
    from gwroute.model import Object
    from gwroute.resolve import Options, Resolution, Resolver
    from gwroute.store import ObjectStore

__all__ = [
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
    "accepts_regex",
    "resolve",
    "resolver",
]

Decision = Forward | Redirect | Respond
"""What becomes of a request."""


def accepts_regex(pattern: str) -> str | None:
    """Whether a regular expression can be used in a match: None if it can, else why not."""
    try:
        _native.check_regex(pattern)
    except RegexError as error:
        return str(error)
    return None


def accepts_key_pair(certificates: bytes, key: bytes) -> str | None:
    """Whether a certificate and a key in PEM can be used together: None if so, else why not."""
    try:
        _native.check_key_pair(certificates, key)
    except ValueError as error:
        return str(error)
    return None


def accepts_authorities(pem: bytes) -> str | None:
    """Whether certificates of authorities in PEM can be used: None if so, else why not."""
    try:
        _native.check_authorities(pem)
    except ValueError as error:
        return str(error)
    return None


def resolver(options: Options) -> Resolver:
    """A resolver for one version of a store after another."""
    from gwroute.resolve import Resolver
    from gwroute.resolve.material import Keys

    return Resolver(options, accepts_regex, Keys(accepts_key_pair, accepts_authorities))


def resolve(
    objects: ObjectStore | Iterable[Object],
    *,
    gateway: str | Iterable[str] | None = None,
    node: str | None = None,
    node_pool: str | None = None,
    options: Options | None = None,
    **others: Any,
) -> Resolution:
    """What objects mean together: a snapshot for a :class:`Router`, conditions, findings.

    Nothing is raised for a bad object: it is reported, and the rest is served.

    Args:
        objects: A store, as :func:`gwroute.load` makes it, or objects.
        gateway: Only these Gateways, ``namespace/name``; None for all.
        node: Name of the node the proxy runs on.
        node_pool: The node pool the proxy is in.
        options: Options to start from; None for the defaults.
        others: Fields of :class:`gwroute.resolve.Options` by name.
    """
    from gwroute.resolve import Options
    from gwroute.store import ObjectStore

    given = {"node": node, "node_pool": node_pool, **others}
    if gateway is not None:
        given["gateways"] = (gateway,) if isinstance(gateway, str) else tuple(gateway)
    changes = {name: value for name, value in given.items() if value is not None}
    store = objects if isinstance(objects, ObjectStore) else ObjectStore(objects)
    return resolver(replace(options or Options(), **changes)).resolve(store)


class Router:
    """One compiled snapshot. It never changes, and any number of threads may ask it at once.

    ``decide(request, *, port=None, gateway=None, sni=None, draw=None, sessions=None)`` decides one
    :class:`Request`; ``decide_parts(method, target, headers=None, *, host=None, ...)`` does so
    without one being made, looking only at the headers that rules mention. Both are the compiled
    table's own methods, so that a call costs no more than it has to.

    The listener is the one on ``port``; without it, on the port that the URL names or implies,
    or the only port there is. ``gateway`` (``namespace/name``) is needed only where several have
    one port. ``sni`` is the name a TLS connection was made for. ``draw``, a number from 0 up to
    1, chooses among weighted backends; without it chance does. ``sessions``, :class:`Sessions`,
    reads the token of a client that is bound to an endpoint.

    A :class:`Forward` says all that its rule asks of whoever carries it out: ``external_auth``,
    ``bound`` and ``session``, ``timeouts``, ``retry``, ``mirrors``, ``tls``.

    Args:
        snapshot: What to compile.

    Raises:
        SnapshotError: If the snapshot cannot be compiled. What resolution makes always can.
    """

    __slots__ = ("_table", "decide", "decide_parts", "snapshot")

    def __init__(self, snapshot: Snapshot, *, _table: _native.RouteTable | None = None) -> None:
        self.snapshot = snapshot
        if _table is None:
            _table = _native.RouteTable.compile(ir.encode(snapshot))
        self._table = _table
        self.decide = self._table.decide
        self.decide_parts = self._table.decide_parts

    @property
    def entries(self) -> list[tuple[str, int]]:
        """``(gateway, port)`` of all ports that listeners are on."""
        return self._table.entries

    def hosts(self, listener: str) -> list[tuple[str | None, list[tuple[str, int]]]]:
        """The hosts under a listener, the most specific first, None being any host.

        Each comes with ``(key of the rule, index of the match)`` of its matches in order of
        precedence: the first one that holds for a request takes it.
        """
        return self._table.hosts(listener)

    @property
    def table(self) -> _native.RouteTable:
        """The compiled table, for a :class:`gwroute.Proxy`."""
        return self._table

    def explain(
        self,
        request: Request,
        *,
        port: int | None = None,
        gateway: str | None = None,
        sni: str | None = None,
        draw: float | None = None,
        assumed: Iterable[str] = (),
    ) -> Explanation:
        """Decides a request and says why: every rule considered, and why it lost.

        Args:
            request: What to decide.
            port: As for ``decide``, like the arguments that follow.
            gateway: ``namespace/name``.
            sni: The name a TLS connection was made for.
            draw: From 0 up to 1.
            assumed: What resolution assumed, to be shown with the rest.

        Raises:
            RequestError: If no listener has that port.
        """
        return self._table.explain(
            request, port=port, gateway=gateway, sni=sni, draw=draw, assumed=list(assumed)
        )

    def updated(self, snapshot: Snapshot) -> Router:
        """The router of another snapshot, sharing what did not change with this one."""
        change: Delta = delta.diff(self.snapshot, snapshot)
        table = self._table if delta.is_empty(change) else self._table.patch(ir.encode(change))
        return Router(snapshot, _table=table)

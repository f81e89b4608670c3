"""The data plane from Python: :class:`Proxy` serves tables, :func:`serve` keeps it at some files.

::

    gwroute.serve("manifests/", gateway="infra/public", listen={80: "127.0.0.1:8080"})
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from gwroute import _native
from gwroute.errors import BindError
from gwroute.router import Router

if TYPE_CHECKING:
    from gwroute.controller import Controller

__all__ = ["Proxy", "serve"]

_log = logging.getLogger(__name__)

AccessLog = Literal["json", "text", "off"]
LogLevel = Literal["error", "warning", "info", "debug"]

DRAIN = 30.0
"""Seconds that a stopping proxy waits for what is under way."""


class Proxy:
    """Sockets, and one table that is live behind them.

    Nothing is bound by making one; :meth:`start` starts the workers, :meth:`listen` binds the
    ports of Gateways, :meth:`swap` puts a table in place. As a context manager it is started at
    the beginning and stopped at the end. Its threads never touch the interpreter.

    Args:
        workers: Threads that serve; None is one for each core.
        access_log: Form of the line for each finished request.
        access_log_path: A file that is appended to; None is standard output.
        admin: ``address:port`` of the admin endpoint; None for none.
        admin_token: What a caller of it has to send as bearer token.
        stats: ``address:port`` of the metrics; None for none.
        ready: ``address:port`` of readiness and liveness; None for none.
        metrics_per_route: Whether metrics of requests tell routes apart.
        drain: Seconds that :meth:`stop` waits unless it is told otherwise.
        log_level: What the data plane itself tells on standard error.
        limits: What one client may take, by name; what is not named has its default.
            ``header_bytes``, of a request's head (60 KiB); ``header_fields`` (100); ``streams``, on
            one HTTP/2 connection (100); ``connections``, of all clients (50,000);
            ``idle_connections``, to one endpoint, kept by each worker (256); ``retry_body_bytes``,
            of a body that are kept for another try (64 KiB); ``mirrors``, copies that each worker
            has under way (1,000).
        timeouts: Seconds, by name; 0 is no limit, and what is not named has its default.
            ``request``, from its end to that of its response (15); ``connect``, to endpoints (10);
            ``external_auth``, asking another service (10); ``stream_idle``, without a byte (300);
            ``request_headers``, a head from its first byte to its last (60); ``tls_handshake``,
            with a client (10); ``client_idle`` and ``backend_idle``, a connection without a request
            (3,600 each).
        session_keys: As :meth:`set_session_keys` takes them; without any, sessions end with this
            proxy and no other knows them.

    Raises:
        ValueError: A setting is none.
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        access_log: AccessLog = "off",
        access_log_path: str | os.PathLike[str] | None = None,
        admin: str | None = None,
        admin_token: str | None = None,
        stats: str | None = None,
        ready: str | None = None,
        metrics_per_route: bool = False,
        drain: float = DRAIN,
        log_level: LogLevel = "info",
        limits: Mapping[str, int] | None = None,
        timeouts: Mapping[str, float] | None = None,
        session_keys: Sequence[bytes] = (),
    ) -> None:
        path = None if access_log_path is None else os.fspath(access_log_path)
        config = {
            "workers": workers,
            "access_log": {"format": access_log, "path": path},
            "admin": admin,
            "admin_token": admin_token,
            "stats": stats,
            "ready": ready,
            "metrics_per_route": metrics_per_route,
            "drain_seconds": drain,
            "log_level": log_level,
            "limits": dict(limits or {}),
            "timeouts": dict(timeouts or {}),
        }
        self._drain = drain
        self._proxy = _native.Proxy(json.dumps(config).encode())
        if session_keys:
            self.set_session_keys(session_keys)

    def start(self) -> dict[str, str]:
        """Starts the workers and binds what is not a Gateway's.

        Returns:
            ``address:port`` by name: ``admin``, ``stats``, ``ready``.

        Raises:
            BindError: An address cannot be bound; the message names it.
        """
        return self._proxy.start()

    def listen(self, gateway: str, port: int, address: str) -> str:
        """Binds a port of a Gateway, and from then on accepts connections there.

        Args:
            gateway: ``namespace/name``.
            port: The listeners' port.
            address: Where; port 0 takes a free one.

        Returns:
            The address as it was bound.

        Raises:
            BindError: It is taken or forbidden; the message names it.
        """
        return self._proxy.listen(gateway, port, address)

    def unlisten(self, gateway: str, port: int) -> None:
        """Stops accepting there; connections that are open end when they are done."""
        self._proxy.unlisten(gateway, port)

    def swap(
        self, router: Router, info: Mapping[str, Any] | None = None, secrets: bytes = b"{}"
    ) -> int:
        """Puts the table of a router in place, at once and for all workers.

        Requests that are under way go on with the table they began with, and connections with the
        certificates that they were made with.

        Args:
            router: What to serve from now on.
            info: What is to be known of this generation beside it: ``error``, what could not be
                read; ``reload_seconds``, how long the change took.
            secrets: The key material that the snapshot names, in JSON.

        Returns:
            The number of this generation.
        """
        return self._proxy.swap(router.table, json.dumps(dict(info or {})).encode(), secrets)

    def set_session_keys(self, keys: Sequence[bytes]) -> None:
        """The keys of session tokens from now on, instead of those before.

        Args:
            keys: At least 32 bytes each: the first seals, all of them open. Whoever is given the
                same, another proxy or :class:`gwroute.Sessions`, knows the same sessions.

        Raises:
            ValueError: A key is too short.
        """
        self._proxy.set_session_keys(keys)

    def set_status(self, status: bytes) -> None:
        """What ``/status`` of the admin endpoint answers: a JSON document."""
        self._proxy.set_status(status)

    def reload_failed(self, error: str) -> None:
        """Makes known, in the metrics and at the admin endpoint, that a change was not usable."""
        self._proxy.reload_failed(error)

    def set_ready(self, ready: bool) -> None:
        """Whether ``/ready`` says so."""
        self._proxy.set_ready(ready)

    def wait_event(self, timeout: float) -> str | None:
        """What was asked for at the admin endpoint, ``reload`` or ``drain``; None in due time."""
        return self._proxy.wait_event(timeout)

    def drain(self) -> None:
        """Stops accepting, and tells clients to go: ``connection: close``, GOAWAY."""
        self._proxy.drain()

    def stop(self, grace: float | None = None) -> bool:
        """Ends, after what is under way has ended or the time is up.

        Args:
            grace: Seconds to wait; None is the setting ``drain``.

        Returns:
            True if nothing was cut.
        """
        return self._proxy.stop(self._drain if grace is None else grace)

    def stats(self) -> dict[str, Any]:
        """The counters at this moment."""
        counters: dict[str, Any] = json.loads(self._proxy.stats())
        return counters

    def __enter__(self) -> Proxy:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop(0 if error is not None else None)


def serve(
    *paths: str | os.PathLike[str],
    recursive: bool = False,
    namespace: str = "default",
    gateway: str | Iterable[str] = (),
    listen: Mapping[int | str, str] | None = None,
    endpoints: Mapping[str, Iterable[str]] | None = None,
    node: str | None = None,
    node_pool: str | None = None,
    pool_mode: Literal["upstream", "strict"] = "upstream",
    topology_fallback: bool = False,
    honor_internal_traffic_policy: bool = False,
    serve_unscoped: bool = True,
    controller_names: Iterable[str] | None = None,
    state_dir: str | os.PathLike[str] | None = None,
    session_key: Iterable[str | os.PathLike[str]] = (),
    drain: float = DRAIN,
    admin: str | None = "127.0.0.1:15000",
    stats: str | None = ":15020",
    ready: str | None = ":15021",
    access_log: AccessLog = "json",
    **settings: Any,
) -> None:
    """Serves the Gateways of manifests here, and follows changes of the files.

    Returns after SIGTERM or SIGINT, when what was under way has ended; a second signal ends the
    process at once. SIGHUP reads all files again. What happens is told to the logger ``gwroute``.

    Args:
        paths: Files and folders with manifests.
        recursive: Go into folders of folders.
        namespace: For objects that name none.
        gateway: Only these Gateways, ``namespace/name``.
        listen: Where ports of listeners are bound, by port or by ``namespace/name:port``; a port
            that is not named is bound as it stands, on all addresses. Port 0 takes a free one.
        endpoints: Addresses of Services that have no EndpointSlice, by ``namespace/name:port``.
        node: The node this runs on.
        node_pool: The node pool this runs in.
        pool_mode: What becomes of a topology limit that cannot be applied.
        topology_fallback: The topology annotation may hold an ordered list.
        honor_internal_traffic_policy: ``internalTrafficPolicy: Local`` is obeyed.
        serve_unscoped: With ``node_pool``, serve Gateways of no pool too.
        controller_names: Classes of these controllers are ours; ``*`` takes every class.
        state_dir: Where the last good snapshot is kept, for a start without readable files.
        session_key: Files with at least 32 bytes each, followed as manifests are: the first seals
            the tokens of sessions, all of them open, and so do those that were there before.
            Without any, sessions end with this process and no replica knows them.
        drain: Seconds to wait for what is under way.
        admin: ``address:port`` of the admin endpoint; None for none.
        stats: ``address:port`` of the metrics; None for none.
        ready: ``address:port`` of readiness and liveness; None for none.
        access_log: Form of the line for each finished request, on standard output.
        settings: As :class:`Proxy` takes them.

    Raises:
        LoadError: Nothing can be read, or a session key cannot be.
        BindError: An address cannot be bound; the message names it.
    """
    from gwroute.controller import Controller, SessionKeys, State
    from gwroute.resolve import Options
    from gwroute.sources.files import FileSource

    options = Options(
        controller_names=tuple(controller_names or Options().controller_names),
        gateways=(gateway,) if isinstance(gateway, str) else tuple(gateway),
        node=node,
        node_pool=node_pool,
        pool_mode=pool_mode,
        topology_fallback=topology_fallback,
        honor_internal_traffic_policy=honor_internal_traffic_policy,
        serve_unscoped=serve_unscoped,
        endpoints={service: tuple(given) for service, given in (endpoints or {}).items()},
    )
    proxy = Proxy(
        admin=admin, stats=stats, ready=ready, access_log=access_log, drain=drain, **settings
    )
    controller = Controller(
        FileSource(*paths, recursive=recursive, namespace=namespace),
        options,
        proxy,
        listen={str(port): address for port, address in (listen or {}).items()},
        state=None if state_dir is None else State(state_dir),
        keys=SessionKeys(keys, proxy) if (keys := tuple(session_key)) else None,
    )
    with _signals(controller):
        _serve(proxy, controller)


OPTIONS = {"admin": "--admin", "stats": "--stats", "ready": "--ready-address"}
"""What moves each of the proxy's own endpoints."""


def _start(proxy: Proxy) -> None:
    try:
        bound = proxy.start()
    except BindError as error:
        option = OPTIONS.get(str(error).partition(" ")[0])
        move = f"; choose another with {option} ADDR:PORT, or {option} off" if option else ""
        raise BindError(f"{error}{move}") from None
    for name, address in bound.items():
        _log.info("%-8s %s", name, address)


def _serve(proxy: Proxy, controller: Controller) -> None:
    _start(proxy)
    try:
        controller.start()
        controller.run()
    except BaseException:
        proxy.stop(0)
        raise
    proxy.set_ready(False)
    proxy.drain()
    _log.info("draining")
    if not proxy.stop():
        _log.warning("time is up; what was under way has been cut")


@contextmanager
def _signals(controller: Controller) -> Iterator[None]:
    """SIGTERM and SIGINT drain, SIGHUP reads again; nothing where signals cannot be had."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def drain(*_: object) -> None:
        # The second signal finds the system's own way of dealing with it, and ends at once.
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, signal.SIG_DFL)
        controller.inbox.put("drain")

    handlers: dict[int, Any] = {
        signal.SIGTERM: drain,
        signal.SIGINT: drain,
        signal.SIGHUP: lambda *_: controller.inbox.put("reload"),
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

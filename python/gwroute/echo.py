"""A backend that answers with what it saw, for trying and testing routes.

::

    with EchoServer(pod="cart-1", namespace="shop") as echo:
        print(f"http://{echo.http}/anything")
"""

from __future__ import annotations

import json
from types import TracebackType

from gwroute import _native

__all__ = ["EchoServer"]


class EchoServer:
    """An echo server in this process: the conformance suite's echo application, re-made.

    It answers every request with a JSON document of what it saw: ``path``, ``host``, ``method``,
    ``proto``, ``headers`` and who it is itself. ``/status/<code>``, ``/health``, ``/ws`` and
    ``/retry/...`` are special paths; ``?delay=1.5s`` waits first; the request header
    ``X-Echo-Set-Header: name:value, name2:value2`` puts those headers on the response.

    One costs a thread, so dozens may run at once. As a context manager it is started at the
    beginning and stopped at the end.

    Args:
        pod: Who answers, as ``pod`` of the document.
        namespace: ``namespace`` of the document.
        service: ``service`` of the document.
        ingress: ``ingress`` of the document.
        http: Where HTTP/1.1 is served, and HTTP/2 to those who begin with it:
            ``address:port``, port 0 taking a free one. None: nowhere.
        h2c: The same for cleartext HTTP/2 on a port of its own, which answers 400 to all else.
        https: The same for HTTP over TLS, with ``certificate`` and ``key``.
        certificate: PEM of the certificate, and of those that lead to its authority.
        key: PEM of its key.
        client_authorities: PEM of the authorities of clients' certificates, which are then asked
            for on the TLS port. None asks for none.
        grpc: Whether calls of gRPC are answered by the original's echo service.
        record: Whether the targets of requests are kept for ``targets()``.
        http_port: Whether the document holds ``httpPort``, as newer builds of the original do.

    Raises:
        ValueError: If an address is none.
    """

    def __init__(
        self,
        pod: str = "",
        *,
        namespace: str = "default",
        service: str = "",
        ingress: str = "",
        http: str | None = "127.0.0.1:0",
        h2c: str | None = None,
        https: str | None = None,
        certificate: str | None = None,
        key: str | None = None,
        client_authorities: str | None = None,
        grpc: bool = False,
        record: bool = False,
        http_port: bool = False,
    ) -> None:
        config = {
            "namespace": namespace,
            "ingress": ingress,
            "service": service,
            "pod": pod,
            "http": http,
            "h2c": h2c,
            "https": https,
            "certificate": certificate,
            "key": key,
            "client_authorities": client_authorities,
            "grpc": grpc,
            "record": record,
            "http_port": http_port,
        }
        self._echo = _native.Echo(json.dumps(config).encode())
        self._bound: dict[str, str] = {}

    def start(self) -> None:
        """Binds the addresses; from then on clients can connect.

        Raises:
            BindError: If an address cannot be bound; the message names it.
            ProxyError: If it runs already.
        """
        self._bound = self._echo.start()

    def targets(self) -> list[str]:
        """Path and query of all requests so far, if they are kept."""
        return self._echo.targets()

    def stop(self) -> None:
        """Closes the ports and cuts every connection; nothing if it does not run."""
        self._echo.stop()

    @property
    def addresses(self) -> dict[str, str]:
        """``address:port`` of ``http``, ``h2c`` and ``https``, as far as they are served."""
        return dict(self._bound)

    @property
    def http(self) -> str:
        """``address:port`` of HTTP.

        Raises:
            KeyError: If it was never started, or serves none.
        """
        return self._bound["http"]

    def __enter__(self) -> EchoServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()

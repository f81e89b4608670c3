"""Clients that add nothing of their own: HTTP/1.1, HTTP/2, gRPC and WebSocket."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import h2.config
import h2.connection
import h2.events
import wsproto
import wsproto.events

from conformance.expect import Lines, Seen
from conformance.protobuf import echo_document

TIMEOUT = 10.0
GRPC_CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip

Address = tuple[str, int]


@dataclass(frozen=True)
class TLS:
    """How a client speaks TLS."""

    server_name: str | None
    trusted: str
    """PEM of what the server's certificate has to lead to."""
    certificate: str | None = None
    """File with certificate and key to show."""
    requests: list[int] = field(default_factory=list)
    """Grows with each CertificateRequest that the server sends."""
    shown: list[bytes] = field(default_factory=list)
    """Grows with each certificate that the server shows, in DER."""

    @property
    def is_unasked(self) -> bool:
        """Whether there is a certificate to show, and the server did not want to see one."""
        return self.certificate is not None and not self.requests

    def context(self, *protocols: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.trusted)
        # The suite's certificate is for `*.org`, a wildcard too wide for OpenSSL.
        context.check_hostname = False
        context.set_alpn_protocols(list(protocols))
        if self.certificate:
            context.load_cert_chain(self.certificate)
            # Nothing public of the standard library tells whether a certificate was asked for.
            context._msg_callback = self._note  # type: ignore[attr-defined]
        return context

    def _note(self, *message: Any) -> None:
        _, direction, _, content, kind, _ = message
        handshake, certificate_request = 22, 13
        if direction == "read" and (content, kind) == (handshake, certificate_request):
            self.requests.append(certificate_request)


@dataclass(frozen=True)
class Request:
    """One request as it goes out."""

    method: str
    path: str
    authority: str
    headers: Lines = ()
    body: bytes = b""


def connect(address: Address, tls: TLS | None, *protocols: str) -> socket.socket:
    """A connection, in TLS if asked for."""
    plain = socket.create_connection(address, timeout=TIMEOUT)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls is None:
        return plain
    try:
        secure = tls.context(*protocols).wrap_socket(plain, server_hostname=tls.server_name)
    except OSError:
        plain.close()
        raise
    tls.shown.append(secure.getpeercert(binary_form=True) or b"")
    return secure


def handshake(address: Address, tls: TLS) -> Seen:
    """A TLS handshake and nothing more."""
    try:
        connect(address, tls, "h2", "http/1.1").close()
    except (ssl.SSLEOFError, ConnectionError) as error:
        return Seen(error=f"{type(error).__name__}: {error}", is_closed=True)
    except OSError as error:
        return Seen(error=f"{type(error).__name__}: {error}")
    return Seen(error="the handshake succeeded")


def http1(address: Address, request: Request, tls: TLS | None = None) -> Seen:
    """One request over a connection of its own."""
    return _over(tls, _http1(address, request, tls))


def _over(tls: TLS | None, seen: Seen) -> Seen:
    """What was seen, and what TLS came to."""
    if tls is None:
        return seen
    shown = ssl.DER_cert_to_PEM_cert(tls.shown[-1]) if tls.shown else None
    return replace(seen, is_unasked=tls.is_unasked, certificate=shown)


def _http1(address: Address, request: Request, tls: TLS | None) -> Seen:
    connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)
    try:
        connection.sock = connect(address, tls, "http/1.1")
        connection.putrequest(
            request.method, request.path, skip_host=True, skip_accept_encoding=True
        )
        connection.putheader("host", request.authority)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.method in ("POST", "PUT", "PATCH"):
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        return _seen(response.status, tuple(response.getheaders()), response.read())
    except (OSError, http.client.HTTPException) as error:
        return Seen(error=f"{type(error).__name__}: {error}")
    finally:
        connection.close()


def _seen(status: int, headers: Lines, body: bytes) -> Seen:
    kinds = [value for name, value in headers if name.lower() == "content-type"]
    is_echo = status == 200 and kinds == ["application/json"] and body
    return Seen(status=status, headers=headers, echo=json.loads(body) if is_echo else None)


@dataclass
class Exchange:
    """What came on one HTTP/2 stream."""

    headers: Lines = ()
    trailers: Lines = ()
    body: bytes = b""
    reset: int | None = None


def http2(
    address: Address, request: Request, tls: TLS | None = None, body: bytes | None = None
) -> Exchange:
    """One request over an HTTP/2 connection of its own."""
    with connect(address, tls, "h2") as wire:
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        connection = h2.connection.H2Connection(config)
        connection.initiate_connection()
        lines = [
            (":method", request.method),
            (":scheme", "https" if tls else "http"),
            (":path", request.path),
            (":authority", request.authority),
            *((name.lower(), value) for name, value in request.headers),
        ]
        connection.send_headers(1, lines, end_stream=body is None)
        if body is not None:
            connection.send_data(1, body, end_stream=True)
        wire.sendall(connection.data_to_send())
        return _collect(wire, connection)


def _collect(wire: socket.socket, connection: h2.connection.H2Connection) -> Exchange:
    exchange = Exchange()
    while data := wire.recv(65536):
        for event in connection.receive_data(data):
            match event:
                case h2.events.ResponseReceived():
                    exchange.headers = _lines(event.headers)
                case h2.events.TrailersReceived():
                    exchange.trailers = _lines(event.headers)
                case h2.events.DataReceived():
                    exchange.body += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, 1)
                case h2.events.StreamReset():
                    exchange.reset = event.error_code
                    return exchange
                case h2.events.StreamEnded():
                    return exchange
        wire.sendall(connection.data_to_send())
    raise ConnectionError("the connection ended before the response did")


def _lines(headers: Iterable[tuple[str | bytes, str | bytes]]) -> Lines:
    """Lines as h2 gives them when it is told an encoding."""
    return tuple((str(name), str(value)) for name, value in headers)


def http2_seen(address: Address, request: Request, tls: TLS | None = None) -> Seen:
    """One request over HTTP/2."""
    return _over(tls, _http2_seen(address, request, tls))


def _http2_seen(address: Address, request: Request, tls: TLS | None) -> Seen:
    try:
        exchange = http2(address, request, tls)
    except (OSError, h2.exceptions.H2Error) as error:
        return Seen(error=f"{type(error).__name__}: {error}")
    status = next((int(value) for name, value in exchange.headers if name == ":status"), None)
    if status is None:
        return Seen(error=f"the stream was reset with {exchange.reset}")
    headers = tuple((n, v) for n, v in exchange.headers if not n.startswith(":"))
    return _seen(status, headers, exchange.body)


def grpc(
    address: Address,
    service: str,
    method: str,
    authority: str,
    metadata: Mapping[str, str],
    tls: TLS | None = None,
) -> Seen:
    """One unary call with an empty message."""
    headers = (
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        *((name, str(value)) for name, value in metadata.items()),
    )
    request = Request("POST", f"/{service}/{method}", authority, headers)
    try:
        exchange = http2(address, request, tls, body=bytes(5))
    except (OSError, h2.exceptions.H2Error) as error:
        return Seen(error=f"{type(error).__name__}: {error}")
    lines = (*exchange.headers, *exchange.trailers)
    status = next((int(value) for name, value in lines if name == ":status"), None)
    code = next((GRPC_CODES[int(value)] for name, value in lines if name == "grpc-status"), None)
    echo = echo_document(exchange.body[5:]) if code == "OK" else None
    return Seen(status=status, headers=lines, echo=echo, grpc_code=code)


def websocket(
    address: Address, path: str, authority: str, origin: str, frames: list[Mapping[str, str]]
) -> Seen:
    """Sends frames one after the other, and takes what comes back for each."""
    try:
        with connect(address, None) as wire:
            connection = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
            headers = [(b"origin", origin.replace("<any>", "any").encode())]
            wire.sendall(
                connection.send(
                    wsproto.events.Request(host=authority, target=path, extra_headers=headers)
                )
            )
            events = _events(wire, connection)
            accepted = next(events)
            if not isinstance(accepted, wsproto.events.AcceptConnection):
                return Seen(status=getattr(accepted, "status_code", None), error=str(accepted))
            back = [_echoed(wire, connection, events, frame) for frame in frames]
            return Seen(status=101, frames=tuple(back))
    except (OSError, wsproto.utilities.ProtocolError) as error:
        return Seen(error=f"{type(error).__name__}: {error}")


def _echoed(
    wire: socket.socket,
    connection: wsproto.WSConnection,
    events: Iterator[wsproto.events.Event],
    frame: Mapping[str, str],
) -> dict[str, str]:
    if frame["type"] == "text":
        wire.sendall(connection.send(wsproto.events.TextMessage(data=frame["data"])))
    else:
        data = base64.b64decode(frame["data_base64"])
        wire.sendall(connection.send(wsproto.events.BytesMessage(data=data)))
    whole: Any = None
    for event in events:
        if isinstance(event, wsproto.events.Message):
            whole = event.data if whole is None else whole + event.data
            if event.message_finished:
                break
    if isinstance(whole, str):
        return {"type": "text", "data": whole}
    return {"type": "binary", "data_base64": base64.b64encode(whole or b"").decode()}


def _events(
    wire: socket.socket, connection: wsproto.WSConnection
) -> Iterator[wsproto.events.Event]:
    while data := wire.recv(65536):
        connection.receive_data(data)
        yield from connection.events()
    raise ConnectionError("the connection ended")

"""Who says whether requests may pass: an authorizer that is asked over HTTP or by Envoy's protocol.

It knows one token, ``Bearer ann``, and tells what it was asked in the headers of its answer:
``x-asked`` (method and target), ``x-length`` (bytes of the body), ``x-tenant-seen`` and
``x-user-agent-seen`` (headers that it was shown, or ``none``), beside ``x-user`` and ``x-private``.
"""

from __future__ import annotations

import socketserver
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import BinaryIO

import h2.config
import h2.connection
import h2.events

from conformance.protobuf import fields, text, written

KNOWN = "Bearer ann"
DENIED = 401
PERMISSION_DENIED = 7


@dataclass(frozen=True)
class Asked:
    """What the authorizer is told of a request."""

    method: str
    target: str
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def may_pass(self) -> bool:
        return self.headers.get("authorization") == KNOWN

    def told(self) -> dict[str, str]:
        """The headers of the answer."""
        shown = {
            f"x-{name.removeprefix('x-')}-seen": self.headers.get(name, "none")
            for name in ("x-tenant", "user-agent")
        }
        mine = {"x-user": "ann", "x-private": "1"} if self.may_pass else {}
        asked = {"x-asked": f"{self.method} {self.target}", "x-length": str(len(self.body))}
        return {**mine, **asked, **shown}


class Handler(BaseHTTPRequestHandler):
    """One connection: HTTP/1.1, or HTTP/2 for those who begin with it."""

    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        if self.rfile.peek(3).startswith(b"PRI"):  # type: ignore[attr-defined]
            Calls(self.rfile, self.wfile).serve()
        else:
            super().handle()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        lines = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, lines, body)
        said = b"" if asked.may_pass else b"who are you?"
        self.send_response_only(200 if asked.may_pass else DENIED)
        for name, value in asked.told().items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_OPTIONS = answer  # noqa: N815


class Calls:
    """A connection that speaks ``envoy.service.auth.v3.Authorization``."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self._h2 = h2.connection.H2Connection(config)
        self._bodies: dict[int, bytes] = {}

    def serve(self) -> None:
        """Answers calls until the client goes."""
        self._h2.initiate_connection()
        self._outgoing.write(self._h2.data_to_send())
        while data := self._incoming.read1(65536):  # type: ignore[attr-defined]
            for event in self._h2.receive_data(data):
                self._take(event)
            self._outgoing.write(self._h2.data_to_send())

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.DataReceived(stream_id=stream, data=data):
                self._bodies[stream] = self._bodies.get(stream, b"") + data
                self._h2.acknowledge_received_data(event.flow_controlled_length, stream)
            case h2.events.StreamEnded(stream_id=stream):
                answer = checked(asked_by(self._bodies.pop(stream, b"")[5:]))
                head = [(":status", "200"), ("content-type", "application/grpc")]
                self._h2.send_headers(stream, head)
                self._h2.send_data(stream, bytes(1) + len(answer).to_bytes(4, "big") + answer)
                self._h2.send_headers(stream, [("grpc-status", "0")], end_stream=True)


def asked_by(check: bytes) -> Asked:
    """What a ``CheckRequest`` is about: its attributes, of them the request, of that the HTTP."""
    attributes = fields(check)[1][0]
    http = fields(fields(attributes)[4][0])[2][0]
    lines = {text(entry, 1).lower(): text(entry, 2) for entry in fields(http).get(3, ())}
    raw = fields(http).get(12, [b""])[0]
    return Asked(text(http, 2), text(http, 4), lines, raw or text(http, 11).encode())


def checked(asked: Asked) -> bytes:
    """The ``CheckResponse``."""
    pairs = asked.told().items()
    options = b"".join(written(2, written(1, written(1, n) + written(2, v))) for n, v in pairs)
    if asked.may_pass:
        return written(1, b"") + written(3, options)
    denied = written(1, written(1, DENIED)) + options + written(3, "who are you?")
    return written(1, written(1, PERMISSION_DENIED)) + written(2, denied)


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True


class Authorizer:
    """The service, as pods are: it can be started and stopped."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._server = Server(address, Handler, bind_and_activate=False)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def start(self) -> None:
        """Binds the address and serves."""
        self._server.server_bind()
        self._server.server_activate()
        self._thread.start()

    def stop(self) -> None:
        """Closes the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def targets(self) -> list[str]:
        """Nothing is copied to it."""
        return []

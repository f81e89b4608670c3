"""One request over a socket, as it stands, and what came of it."""

from __future__ import annotations

import http.client
import json
import socket
import ssl

from gwroute.testing import Exchange, Observed

TIMEOUT = 10.0


def send(
    address: tuple[str, int],
    method: str,
    target: str,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes | None = None,
    server_name: str | None = None,
) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """Status, header lines and body of the answer; nothing is added to what is given.

    With ``server_name`` over TLS, whatever certificate is shown.
    """
    connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)
    if server_name is not None:
        plain = socket.create_connection(address, timeout=TIMEOUT)
        connection.sock = _trusting().wrap_socket(plain, server_hostname=server_name)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None or method in ("POST", "PUT", "PATCH"):
            connection.putheader("content-length", str(len(body or b"")))
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, tuple(response.getheaders()), response.read()
    finally:
        connection.close()


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def raw(address: tuple[str, int], data: bytes) -> bytes:
    """All that comes back for bytes that need not be HTTP, until the peer closes."""
    with socket.create_connection(address, timeout=TIMEOUT) as connection:
        connection.sendall(data)
        found = b""
        while part := connection.recv(65536):
            found += part
        return found


def observe(
    address: tuple[str, int], exchange: Exchange, server_name: str | None = None
) -> Observed:
    """Send the request of a routing case, and read what the echo backend saw."""
    headers = exchange.headers
    if exchange.answers:
        lines = ", ".join(f"{name}:{value}" for name, value in exchange.answers)
        headers = (*headers, ("x-echo-set-header", lines))
    status, answered, body = send(
        address, exchange.method, exchange.target, headers, server_name=server_name
    )
    if status == 200:
        return _forwarded(answered, json.loads(body) if body else None)
    location = next((v for n, v in answered if n.lower() == "location"), None)
    if location is not None:
        return Observed("redirect", status=status, location=location, responded=answered)
    return Observed("respond", status=status, responded=answered)


def _forwarded(answered: tuple[tuple[str, str], ...], seen: dict[str, object] | None) -> Observed:
    if seen is None:  # HEAD: nobody can tell which backend it was
        return Observed("forward", responded=answered)
    lines: dict[str, list[str]] = seen["headers"]  # type: ignore[assignment]
    return Observed(
        "forward",
        backend=f"{seen['namespace']}/{seen['pod']}",
        method=str(seen["method"]),
        path=str(seen["path"]),
        host=str(seen["host"]),
        headers=tuple((name.lower(), value) for name, values in lines.items() for value in values),
        responded=answered,
    )

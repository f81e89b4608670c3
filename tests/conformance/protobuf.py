"""Messages of gRPC services in their wire form: of the echo service, and of who authorizes.

::

    message EchoResponse { Assertions assertions = 1; }
    message Assertions {
      string fully_qualified_method = 1;
      repeated Header headers = 2;
      string authority = 3;
      Context context = 4;
    }
    message Header { string key = 1; string value = 2; }
    message Context { string namespace = 1; string ingress = 2; string service_name = 3; string pod = 4; }
"""  # noqa: E501

from __future__ import annotations

from typing import Any


def echo_document(message: bytes) -> dict[str, Any]:
    """An ``EchoResponse`` in the shape of the HTTP echo's document."""
    assertions = fields(fields(message)[1][0])
    headers: dict[str, list[str]] = {}
    for header in assertions.get(2, ()):
        name, value = text(header, 1), text(header, 2)
        headers.setdefault(name, []).append(value)
    context = assertions.get(4, [b""])[0]
    return {
        "fullyQualifiedMethod": assertions[1][0].decode(),
        "headers": headers,
        "host": assertions.get(3, [b""])[0].decode(),
        "namespace": text(context, 1),
        "pod": text(context, 4),
    }


def text(message: bytes, number: int) -> str:
    return fields(message).get(number, [b""])[0].decode()


def fields(message: bytes) -> dict[int, list[bytes]]:
    """Fields of a message; only those that have a length are kept."""
    found: dict[int, list[bytes]] = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        size, at = _varint(message, at)
        if tag & 7 == 2:
            found.setdefault(tag >> 3, []).append(message[at : at + size])
            at += size
    return found


def written(number: int, value: bytes | str | int) -> bytes:
    """A field with a value in wire form."""
    if isinstance(value, int):
        return _as_varint(number << 3) + _as_varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _as_varint(number << 3 | 2) + _as_varint(len(content)) + content


def _as_varint(value: int) -> bytes:
    more, last = value >> 7, value & 0x7F
    return bytes([last]) if not more else bytes([last | 0x80]) + _as_varint(more)


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at

"""Traffic items: a request as a case describes it, sent to the gateway.

What the project's own cases say beside what those of the Gateway API do:

* ``wire_only: true`` on an item: what it is about is not part of a decision.
* ``request.session: {name, header?}``: the client sends the token that it was given under that
  name, which is a cookie, or in a header. ``expect.session: new | kept``: another token is given;
  or none is, and the pod is the same. ``expect.cookie: {has: [..], lacks: [..]}``: its attributes.
* ``request.place: 1``: the second address at which the port is bound.
* ``request.sni: ''``: no server name. ``request.body``: what is sent. ``protocol: grpcs``: in TLS.
* ``expect.certificate``: the Secret whose certificate the client is shown.
* ``expect.response.lines``: all lines of a header, each as it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance import wire
from conformance.case import Case
from conformance.expect import Lines, Mismatch, Seen, answer_mismatches
from conformance.world import World

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Filled:
    """An item whose placeholders are filled."""

    item: Item
    request: Item
    expect: Item


def faults(case: Case, world: World, item: Item) -> Iterator[str]:
    """How what comes of one request differs from what the item expects."""
    filled = fill(world, item)
    session = filled.request.get("session")
    seen = exchange(case, world, item, filled.request)
    yield from map(str, answer_mismatches(filled.expect, seen))
    yield from map(str, world.client.mismatches(session, filled.expect, seen))
    yield from map(str, _uncopied(world, filled))


def fill(world: World, item: Item) -> Filled:
    """The item with fresh marks where it wants them, and with certificates instead of names."""
    request, expect = dict(item["request"]), dict(item["expect"])
    mark = str(uuid.uuid4())
    for part in (request, expect):
        if "path" in part:
            part["path"] = part["path"].replace("{UUID}", mark)
    if name := request.get("unique_query"):
        query = f"{'&' if '?' in request['path'] else '?'}{name}={mark}"
        request["path"] += query
        if "path" in expect:
            expect["path"] += query
    for key in ("client_cert", "certificate"):
        if key in expect:
            namespace, _, name = expect[key].removeprefix("Secret ").partition("/")
            expect[key] = world.material.pairs[namespace, name].certificate_pem
    return Filled(item, request, expect)


def target_of(case: Case, item: Item) -> Item:
    """The Gateway that an item is sent to."""
    target: Item = item.get("gateway") or case.data["gateway"]
    return target


def exchange(case: Case, world: World, item: Item, request: Item) -> Seen:
    """Sends a request in the item's protocol."""
    target = target_of(case, item)
    try:
        port, place = world.port(target, request.get("port")), request.get("place", 0)
        address, usual = world.address(target, port, place)
    except ConnectionRefusedError as error:
        return Seen(error=str(error))
    protocol = item.get("protocol")
    if protocol in ("grpc", "grpcs"):
        metadata = dict(request.get("metadata", {}))
        authority = request.get("authority", usual)
        tls = _tls(world, target, request) if protocol == "grpcs" else None
        return wire.grpc(address, request["service"], request["method"], authority, metadata, tls)
    if protocol == "websocket":
        return wire.websocket(address, request["path"], usual, request["origin"], request["frames"])
    outgoing = wire.Request(
        request.get("method", "GET"),
        request.get("path", "/"),
        request.get("host", usual),
        (*headers(request), *world.client.lines(request.get("session"))),
        request.get("body", "").encode(),
    )
    if protocol == "tls":
        return wire.handshake(address, _tls(world, target, request))
    tls = _tls(world, target, request) if protocol in ("https", "h2") else None
    if protocol in ("h2", "h2c"):
        return wire.http2_seen(address, outgoing, tls)
    if protocol not in (None, "https"):
        raise ValueError(f"an unknown protocol: {protocol}")
    return wire.http1(address, outgoing, tls)


def headers(request: Item) -> Lines:
    """Header lines of a request, without its host."""
    answers = request.get("backend_response_headers", {})
    asked = ",".join(f"{name}:{value}" for name, value in answers.items())
    lines = [(name, str(value)) for name, value in request.get("headers", {}).items()]
    return (*lines, ("X-Echo-Set-Header", asked))


def _tls(world: World, target: Item, request: Item) -> wire.TLS:
    shown = request.get("client_cert")
    certificate = world.file_of((target["namespace"], shown)) if shown else None
    name = request.get("sni", request.get("host"))
    return wire.TLS(name or None, world.material.trusted.certificate_pem, certificate)


def _uncopied(world: World, filled: Filled) -> Iterator[Mismatch]:
    path = filled.request.get("path", "")
    for target in filled.expect.get("mirrored_to", ()):
        if not world.saw(target["namespace"], target["name"], path, at_least=1):
            yield Mismatch(f"a copy of {path} at {target['name']}", "none")

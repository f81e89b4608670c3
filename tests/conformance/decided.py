"""The same items without a wire: through the compiled table, and through the literal oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.case import Case
from conformance.expect import Lines, Seen, answer_mismatches
from conformance.traffic import Item, fill, headers, target_of
from conformance.world import World
from gwroute import ir
from gwroute.router import Router
from gwroute.testing import Exchange, Expectation, Observed
from support.cases import ask_oracle, ask_router

OF_THE_WIRE = ("Timeout", "Retry", "BackendTLSPolicy", "ClientCertificate", "WebSocket")
"""Parts of names of features that no decision alone can show."""
GRPC_CODES = {404: "UNIMPLEMENTED", 500: "UNAVAILABLE", 503: "UNAVAILABLE"}
"""What statuses of our own become for calls."""
CALLS = ("grpc", "grpcs")
DRAW = 0.5
OF_CONNECTIONS = ("http_port", "sni", "certificate")
"""Expectations that no decision can show."""
ADDRESS = "192.0.2.1"
"""Authority of a client that names none."""

Ask = Callable[[ir.Snapshot, Exchange], Observed]


def faults(case: Case, world: World, item: Item) -> Iterator[str]:
    """How what is decided differs from what the item expects; nothing if that is no question."""
    if item.get("wire_only"):
        return
    if any(part in feature for feature in case.features for part in OF_THE_WIRE):
        return
    if item["expect"].get("outcome") in ("failure", "connection_rejected"):
        return
    filled = fill(world, item)
    exchange = _exchange(case, world, item, filled.request)
    snapshot = world.resolution.snapshot
    for name, ask in (("table", _ask_table), ("oracle", _ask_oracle)):
        observed = ask(snapshot, exchange)
        seen = _seen(snapshot, item, observed)
        for mismatch in answer_mismatches(_decidable(filled.expect, observed), seen):
            yield f"by the {name}: {mismatch}"


def _ask_table(snapshot: ir.Snapshot, exchange: Exchange) -> Observed:
    return ask_router(Router(snapshot), exchange, DRAW)


def _ask_oracle(snapshot: ir.Snapshot, exchange: Exchange) -> Observed:
    return ask_oracle(snapshot, exchange, DRAW)


def _exchange(case: Case, world: World, item: Item, request: Item) -> Exchange:
    target = target_of(case, item)
    is_call = item.get("protocol") in CALLS
    lines = [("host", str(request.get("authority" if is_call else "host", ADDRESS)))]
    if is_call:
        lines += [("content-type", "application/grpc"), *request.get("metadata", {}).items()]
    else:
        lines += headers(request)
    tls = item.get("protocol") in ("https", "h2", "grpcs")
    path = f"/{request['service']}/{request['method']}" if is_call else request["path"]
    return Exchange(
        send=item["name"],
        method="POST" if is_call else request.get("method", "GET"),
        scheme="https" if tls else "http",
        port=world.port(target, request.get("port")),
        target=path,
        headers=tuple((name, str(value)) for name, value in lines),
        expect=Expectation("forward"),
        answers=tuple(request.get("backend_response_headers", {}).items()),
        gateway=f"{target['namespace']}/{target['name']}",
        sni=(request.get("sni") or None) if tls else None,
    )


def _seen(snapshot: ir.Snapshot, item: Item, observed: Observed) -> Seen:
    """What a client would see of it, and the document that the backend would answer with."""
    is_call = item.get("protocol") in CALLS
    status = 200 if observed.outcome == "forward" else observed.status
    echo = _echo(snapshot, observed, is_call) if observed.outcome == "forward" else None
    location: Lines = (("location", observed.location),) if observed.location else ()
    code = "OK" if echo else GRPC_CODES.get(status or 0)
    return Seen(
        status=200 if is_call else status,
        headers=(*(observed.responded or ()), *location),
        echo=echo,
        grpc_code=code if is_call else None,
    )


def _echo(snapshot: ir.Snapshot, observed: Observed, is_call: bool) -> dict[str, Any]:
    named = [x for x in snapshot.upstreams if x.service == observed.backend and x.endpoints]
    endpoint = named[0].endpoints[0]
    lines: dict[str, list[str]] = {}
    for name, value in observed.headers or ():
        lines.setdefault(name.lower(), []).append(value)
    found = {
        "pod": (endpoint.pod or "").rpartition("/")[2],
        "namespace": (observed.backend or "").partition("/")[0],
        "method": observed.method,
        "path": observed.path,
        "host": observed.host,
        "headers": lines,
    }
    return {**found, "fullyQualifiedMethod": observed.path} if is_call else found


def _decidable(expect: Mapping[str, Any], observed: Observed) -> Mapping[str, Any]:
    """What of an expectation a decision can show."""
    shown = {name: value for name, value in expect.items() if name not in OF_CONNECTIONS}
    if observed.responded is None:
        shown.pop("response", None)
    return shown

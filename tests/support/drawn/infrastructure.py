"""Classes, Namespaces, Gateways and ListenerSets."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from support.drawn.names import NAMESPACES, below, from_, made, pick, sometimes
from support.objects import Document, document
from support.strategies import HOSTNAMES

CONTROLLERS = {
    "ours": "gwroute.dev/gateway-controller",
    "envoy": "gateway.envoyproxy.io/gatewayclass-controller",
    "theirs": "example.com/controller",
}
PORTS = ((80, "HTTP"), (8080, "HTTP"), (443, "HTTPS"))
STRAYS = ((80, "HTTPS"), (443, "HTTP"), (80, "TCP"), (8443, "TLS"), (443, "TLS"), (53, "UDP"))
LABELS = ({"team": "x"}, {"team": "y"}, {})
KINDS = (
    [{"kind": "HTTPRoute"}],
    [{"kind": "GRPCRoute"}],
    [{"kind": "TCPRoute"}, {"kind": "HTTPRoute"}],
    [{"group": "example.com", "kind": "HTTPRoute"}],
)


def classes() -> list[Document]:
    return [
        document("GatewayClass", name, None, spec={"controllerName": controller})
        for name, controller in CONTROLLERS.items()
    ]


def namespaces(draw: st.DrawFn) -> list[Document]:
    """Namespaces with labels; one may be missing, and another have none."""
    there = [name for name in NAMESPACES if not sometimes(draw, 12)]
    return [document("Namespace", name, None, labels=pick(draw, *LABELS)) for name in there]


def listeners(draw: st.DrawFn, *, other: int) -> list[Document]:
    """One to three listeners, which may be in conflict.

    Args:
        draw: Draws.
        other: Where the ports begin: what belongs together shall not always collide.
    """
    usual = PORTS[other:] + PORTS[:other]
    return [_listener(draw, name, usual) for name in "lmn"[: pick(draw, 1, 2, 2, 3)]]


def _listener(draw: st.DrawFn, name: str, ports: tuple[tuple[int, str], ...]) -> Document:
    port, protocol = pick(draw, ports[0], *ports, rarely=STRAYS[below(draw, 6) :][:1])
    found: Document = {"name": name, "port": port, "protocol": protocol}
    hostname = pick(draw, None, *HOSTNAMES) if sometimes(draw, 2) else None
    if hostname is not None and protocol not in ("TCP", "UDP"):
        found["hostname"] = hostname
    allowed: Document = {"namespaces": from_(draw, "All")}
    if sometimes(draw, 6):
        allowed["kinds"] = pick(draw, *KINDS)
    if not sometimes(draw, 12):
        found["allowedRoutes"] = allowed
    tls = _tls(draw, protocol)
    return found | ({"tls": tls} if tls else {})


def _tls(draw: st.DrawFn, protocol: str) -> Document | None:
    if protocol == "TLS":
        return {"mode": pick(draw, "Passthrough", rarely=("Terminate",))}
    if protocol != "HTTPS" or sometimes(draw, 20):
        return None
    ref: Document = {"name": pick(draw, "cert", rarely=("half", "none"))}
    if sometimes(draw, 3):
        ref["namespace"] = pick(draw, *NAMESPACES)
    return {"certificateRefs": [ref]}


def gateways(draw: st.DrawFn) -> list[Document]:
    """One or two Gateways, some of them not ours."""
    found = []
    for at, name in enumerate("gh"[: pick(draw, 1, 2)]):
        spec: dict[str, Any] = {
            "gatewayClassName": pick(draw, "ours", "ours", "envoy", rarely=("theirs", "none")),
            "listeners": listeners(draw, other=at),
        }
        if not sometimes(draw, 4):
            spec["allowedListeners"] = {"namespaces": from_(draw, "All", "All", "None")}
        if sometimes(draw, 6):
            spec["defaultScope"] = pick(draw, "All", rarely=("None",))
        namespace = pick(draw, "infra", "a")
        found.append(made(draw, "Gateway", name, namespace, spec=spec))
    return found


def listener_sets(draw: st.DrawFn, parents: list[Document]) -> list[Document]:
    """ListenerSets of the Gateways, or of none."""
    found = []
    for name in "stu"[: pick(draw, 0, 0, 1, 2, 3)]:
        metadata = pick(draw, *parents)["metadata"]
        ref = {"name": pick(draw, metadata["name"], rarely=("none",))}
        ref["namespace"] = metadata["namespace"]
        spec = {"parentRef": ref, "listeners": listeners(draw, other=below(draw, 3))}
        namespace = pick(draw, *NAMESPACES)
        found.append(made(draw, "ListenerSet", name, namespace, spec=spec))
    return found

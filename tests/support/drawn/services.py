"""Services, what is behind them, certificates, and who may refer to what."""

from __future__ import annotations

from hypothesis import strategies as st

from support.drawn.names import NAMESPACES, below, pick, sometimes
from support.objects import Document, document
from support.worlds import PEM

NAMES = ("v", "w")
PROTOCOLS = ("kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss", "HTTPS")
CONDITIONS = (
    {"ready": False},
    {"ready": False, "serving": True, "terminating": True},
    {"ready": False, "serving": False, "terminating": True},
)
REFERRERS = ("HTTPRoute", "HTTPRoute", "GRPCRoute", "Gateway", "ListenerSet")
GROUP = "gateway.networking.k8s.io"


def services(draw: st.DrawFn) -> list[Document]:
    """Two Services in each namespace, of which some are missing or have no endpoints."""
    found = []
    for namespace in NAMESPACES:
        for at, name in enumerate(NAMES):
            if sometimes(draw, 16):
                continue
            port = {"name": "p", "port": 80}
            if sometimes(draw, 8):
                port["appProtocol"] = pick(draw, *PROTOCOLS)
            ports = [{"name": "q", "port": 81}, port]
            kind = pick(draw, "ClusterIP", rarely=("ExternalName",))
            found.append(document("Service", name, namespace, spec={"type": kind, "ports": ports}))
            found += _slices(draw, namespace, name, at)
    return found


def _slices(draw: st.DrawFn, namespace: str, service: str, at: int) -> list[Document]:
    """No slice, one, or two of which the second is draining."""
    found = []
    for number in range(pick(draw, 1, 1, 1, 2, 0)):
        endpoints = [
            {
                "addresses": [f"10.{at}.{number}.{n}"],
                "conditions": pick(draw, {}, {"ready": True}, rarely=CONDITIONS),
            }
            for n in range(pick(draw, 1, 1, 2))
        ]
        found.append(
            document(
                "EndpointSlice",
                f"{service}-{number}",
                namespace,
                labels={"kubernetes.io/service-name": service},
                addressType="IPv4",
                ports=[{"name": pick(draw, "p", rarely=("q",)), "port": 3000}],
                endpoints=endpoints,
            )
        )
    return found


def secrets(draw: st.DrawFn) -> list[Document]:
    """A certificate in each namespace, perhaps, and one without its key."""
    pair = {"tls.crt": PEM.format("CERTIFICATE"), "tls.key": PEM.format("PRIVATE KEY")}
    half = {"tls.crt": pair["tls.crt"]}
    kind = "kubernetes.io/tls"
    whole = [
        document("Secret", "cert", namespace, type=kind, stringData=pair)
        for namespace in NAMESPACES
        if not sometimes(draw, 12)
    ]
    return [
        *whole,
        *(document("Secret", "half", x, type=kind, stringData=half) for x in NAMESPACES),
    ]


def grants(draw: st.DrawFn) -> list[Document]:
    """Up to five grants, each of which may miss by one word."""
    found = []
    for name in "ijklm"[: below(draw, 6)]:
        from_ = [
            {"group": GROUP, "kind": pick(draw, *REFERRERS), "namespace": pick(draw, *NAMESPACES)}
            for _ in range(pick(draw, 1, 2))
        ]
        to: Document = {"group": "", "kind": pick(draw, "Service", "Service", "Secret")}
        if sometimes(draw, 3):
            to["name"] = pick(draw, *NAMES, "cert")
        namespace = pick(draw, *NAMESPACES)
        spec = {"from": from_, "to": [to]}
        found.append(document("ReferenceGrant", name, namespace, spec=spec))
    return found

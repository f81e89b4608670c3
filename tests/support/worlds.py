"""Worlds of few names, so that what refers to one another often does, and often just misses."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gwroute.model import Object
from support.objects import obj

NAMESPACES = ("a", "a", "a", "b")
HOSTS = ("a.com", "*.a.com", "x.a.com", "*.com")
TIMES = (None, "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z")
PEM = "-----BEGIN {0}-----\nAAAA\n-----END {0}-----\n"


def _meta(draw: st.DrawFn, names: str) -> dict[str, Any]:
    found = {"name": draw(st.sampled_from(names)), "namespace": draw(st.sampled_from(NAMESPACES))}
    created = draw(st.sampled_from(TIMES))
    return {**found, **({"created": created} if created else {}), "generation": 1}


def _from(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(("All", "All", "All", "Same", "Selector", "None")))
    selector = {"matchLabels": {"team": "x"}}
    return {"from": kind, **({"selector": selector} if kind == "Selector" else {})}


SCOPES = ("None", "None", "All")


@st.composite
def listeners(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for name, usual in zip("lmn"[: draw(st.integers(1, 3))], (80, 8080, 443), strict=False):
        common = "HTTPS" if usual == 443 else "HTTP"
        protocol = draw(st.sampled_from((common, common, common, "HTTP", "HTTPS", "TCP")))
        listener: dict[str, Any] = {
            "name": name,
            "port": draw(st.sampled_from((usual, usual, usual, 80))),
            "protocol": protocol,
            "allowedRoutes": {"namespaces": _from(draw)},
        }
        if protocol != "TCP" and draw(st.booleans()):
            listener["hostname"] = draw(st.sampled_from(HOSTS))
        if protocol == "HTTPS":
            ref = {"name": "s", "namespace": draw(st.sampled_from(NAMESPACES))}
            listener["tls"] = {"certificateRefs": [ref]}
        if draw(st.integers(0, 4)) == 0:
            kinds = draw(st.sampled_from((["HTTPRoute"], ["GRPCRoute"], ["TCPRoute", "HTTPRoute"])))
            listener["allowedRoutes"]["kinds"] = [{"kind": kind} for kind in kinds]
        found.append(listener)
    return found


@st.composite
def gateways(draw: st.DrawFn) -> Object:
    authority = {"group": "", "kind": "ConfigMap", "name": "c", "namespace": "a"}
    validation = {"validation": {"caCertificateRefs": [authority]}}
    backend = {"clientCertificateRef": {"name": "s", "namespace": "a"}}
    tls = st.sampled_from(({}, {}, {"backend": backend}, {"frontend": {"default": validation}}))
    spec: dict[str, Any] = {
        "tls": draw(tls),
        "gatewayClassName": draw(st.sampled_from(("ours", "ours", "theirs"))),
        "defaultScope": draw(st.sampled_from(SCOPES)),
        "listeners": draw(listeners()),
        "allowedListeners": {"namespaces": _from(draw)},
    }
    if draw(st.integers(0, 2)) == 0:
        ref = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "p"}
        spec["infrastructure"] = {"parametersRef": ref}
    return obj("Gateway", **_meta(draw, "gh"), spec=spec)


@st.composite
def listener_sets(draw: st.DrawFn) -> Object:
    parent = {"name": draw(st.sampled_from("gh")), "namespace": draw(st.sampled_from(NAMESPACES))}
    spec = {"parentRef": parent, "listeners": draw(listeners())}
    return obj("ListenerSet", **_meta(draw, "st"), spec=spec)


@st.composite
def parent_refs(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for _ in range(draw(st.sampled_from((1, 1, 2, 0)))):
        kind = draw(st.sampled_from(("Gateway", "Gateway", "Gateway", "ListenerSet")))
        ref: dict[str, Any] = {
            "kind": kind,
            "name": draw(st.sampled_from("gh" if kind == "Gateway" else "st")),
            "namespace": draw(st.sampled_from(NAMESPACES)),
        }
        if draw(st.integers(0, 3)) == 0:
            ref["sectionName"] = draw(st.sampled_from("lm"))
        found.append(ref)
    return found


@st.composite
def backend_refs(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "name": draw(st.sampled_from(("v", "w"))),
            "namespace": draw(st.sampled_from(NAMESPACES)),
            "port": draw(st.sampled_from((80, 80, 80, 81))),
            "weight": draw(st.integers(0, 2)),
        }
        for _ in range(draw(st.integers(0, 2)))
    ]


@st.composite
def routes(draw: st.DrawFn) -> Object:
    kind = draw(st.sampled_from(("HTTPRoute", "HTTPRoute", "GRPCRoute", "TCPRoute")))
    scope = draw(st.sampled_from(SCOPES))
    spec: dict[str, Any] = {"parentRefs": draw(parent_refs()), "useDefaultGateways": scope}
    if kind != "TCPRoute":
        spec["hostnames"] = draw(st.lists(st.sampled_from(HOSTS), max_size=2, unique=True))
    rules = []
    for _ in range(draw(st.integers(1, 2))):
        rule: dict[str, Any] = {"backendRefs": draw(backend_refs())}
        if kind == "HTTPRoute":
            path = draw(st.sampled_from(("/", "/x", "no path")))
            rule["matches"] = [{"path": {"value": path}}]
        rules.append(rule)
    return obj(kind, **_meta(draw, "qr"), spec={**spec, "rules": rules})


@st.composite
def services(draw: st.DrawFn) -> Object:
    port = {"name": "p", "port": 80}
    if draw(st.integers(0, 3)) == 0:
        port["appProtocol"] = draw(st.sampled_from(("kubernetes.io/h2c", "kubernetes.io/wss")))
    annotations = {"openyurt.io/topologyKeys": draw(st.sampled_from(("openyurt.io/nodepool", "x")))}
    spec = {
        "ports": [port],
        "type": draw(st.sampled_from(("ClusterIP", "ClusterIP", "ExternalName"))),
    }
    return obj(
        "Service",
        **_meta(draw, "vw"),
        annotations=annotations if draw(st.booleans()) else {},
        spec=spec,
    )


@st.composite
def slices(draw: st.DrawFn) -> Object:
    endpoints = [
        {
            "addresses": [f"10.0.0.{number}"],
            "nodeName": draw(st.sampled_from(("n1", "n2"))),
            "conditions": {"ready": draw(st.booleans())},
        }
        for number in range(draw(st.integers(0, 2)))
    ]
    return obj(
        "EndpointSlice",
        **_meta(draw, "yz"),
        labels={"kubernetes.io/service-name": draw(st.sampled_from("vw"))},
        addressType="IPv4",
        ports=[{"name": "p", "port": 3000}],
        endpoints=endpoints,
    )


@st.composite
def grants(draw: st.DrawFn) -> Object:
    kind, target = draw(
        st.sampled_from((("HTTPRoute", "Service"), ("Gateway", "Secret"), ("GRPCRoute", "Service")))
    )
    from_ = {
        "group": "gateway.networking.k8s.io",
        "kind": kind,
        "namespace": draw(st.sampled_from(NAMESPACES)),
    }
    spec = {"from": [from_], "to": [{"group": "", "kind": target}]}
    return obj("ReferenceGrant", **_meta(draw, "k"), spec=spec)


@st.composite
def others(draw: st.DrawFn) -> Object:
    """Objects of which there is little to vary."""
    pool = draw(st.sampled_from(("p1", "p2")))
    key = "apps.openyurt.io/nodepool"
    made = draw(
        st.sampled_from(
            ("class", "namespace", "node", "proxy", "secret", "authority", "policy", "policy")
        )
    )
    if made == "class":
        name = draw(st.sampled_from(("ours", "theirs")))
        controller = "gwroute.dev/gateway-controller" if name == "ours" else "example.com/other"
        return obj("GatewayClass", name, spec={"controllerName": controller})
    if made == "namespace":
        labels = {"team": draw(st.sampled_from("xy"))}
        return obj("Namespace", draw(st.sampled_from(NAMESPACES)), labels=labels)
    if made == "node":
        return obj("Node", draw(st.sampled_from(("n1", "n2"))), labels={key: pool})
    meta = _meta(draw, "p" if made == "proxy" else "s")
    if made == "proxy":
        deployment = {"pod": {"nodeSelector": {key: pool}}}
        provider = {"type": "Kubernetes", "kubernetes": {"envoyDeployment": deployment}}
        return obj("EnvoyProxy", **meta, spec={"provider": provider})
    if made == "secret":
        data = {"tls.crt": PEM.format("CERTIFICATE"), "tls.key": PEM.format("PRIVATE KEY")}
        return obj("Secret", **meta, type="kubernetes.io/tls", stringData=data)
    if made == "authority":
        pem = draw(st.sampled_from((PEM.format("CERTIFICATE"), "no PEM")))
        return obj("ConfigMap", "c", meta["namespace"], data={"ca.crt": pem})
    target = {"group": "", "kind": "Service", "name": draw(st.sampled_from("vw"))}
    if draw(st.booleans()):
        target["sectionName"] = draw(st.sampled_from("pq"))
    authority = {"group": "", "kind": "ConfigMap", "name": "c"}
    system = {"wellKnownCACertificates": "System"}
    trusted = draw(st.sampled_from((system, {"caCertificateRefs": [authority]})))
    spec = {"targetRefs": [target], "validation": {"hostname": "a.com", **trusted}}
    return obj("BackendTLSPolicy", **meta, spec=spec)


def objects() -> st.SearchStrategy[Object]:
    """Any object of the world."""
    return st.one_of(
        gateways(), listener_sets(), routes(), routes(), services(), slices(), grants(), others()
    )


def _sound() -> list[Object]:
    """Two Gateways, the second in a pool of its own, a route on both, and two Services."""
    key = "apps.openyurt.io/nodepool"
    listener = {"name": "l", "port": 80, "protocol": "HTTP"}
    everybody = {**listener, "allowedRoutes": {"namespaces": {"from": "All"}}}
    gateway = {"gatewayClassName": "ours", "listeners": [everybody]}
    pinned = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "p"}
    deployment = {"pod": {"nodeSelector": {key: "p1"}}}
    provider = {"type": "Kubernetes", "kubernetes": {"envoyDeployment": deployment}}
    route = {
        "parentRefs": [{"name": "g"}, {"name": "h"}],
        "rules": [{"backendRefs": [{"name": "v", "port": 80}, {"name": "w", "port": 80}]}],
    }
    endpoints = [{"addresses": [f"10.0.0.{n}"], "nodeName": f"n{n}"} for n in (1, 2)]
    scoped = {"openyurt.io/topologyKeys": "openyurt.io/nodepool"}
    ports = {"ports": [{"name": "p", "port": 80}]}
    return [
        obj("GatewayClass", "ours", spec={"controllerName": "gwroute.dev/gateway-controller"}),
        obj("Gateway", "g", "a", spec=gateway),
        obj("Gateway", "h", "a", spec={**gateway, "infrastructure": {"parametersRef": pinned}}),
        obj("EnvoyProxy", "p", "a", spec={"provider": provider}),
        obj("Node", "n1", labels={key: "p1"}),
        obj("Node", "n2", labels={key: "p2"}),
        obj("HTTPRoute", "q", "a", spec=route),
        obj("Service", "v", "a", annotations=scoped, spec=ports),
        obj("Service", "w", "a", spec=ports),
        obj(
            "EndpointSlice",
            "y",
            "a",
            labels={"kubernetes.io/service-name": "v"},
            addressType="IPv4",
            ports=[{"name": "p", "port": 3000}],
            endpoints=endpoints,
        ),
    ]


@st.composite
def worlds(draw: st.DrawFn) -> list[Object]:
    """A sound world, in which some objects are others, or missing."""
    found = {item.key: item for item in _sound()}
    for item in draw(st.lists(objects(), max_size=8)):
        found[item.key] = item
    for key in draw(st.lists(st.sampled_from(sorted(found, key=str)), max_size=2)):
        found.pop(key, None)
    return list(found.values())

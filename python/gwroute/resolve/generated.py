"""The objects a controller makes for a Gateway in a cluster: its Service and its workload.

Names, labels and ports are Envoy Gateway's, so that what selects them today selects them here;
the labels of the Gateway API come on top. Nothing is added in silence: annotations are those of the
EnvoyProxy and of the Gateway's ``infrastructure``, and a node port is the API server's to choose
unless a patch names one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gwroute.model import Gateway, GatewayClass, Service
from gwroute.resolve.infrastructure import EffectiveProxy
from gwroute.resolve.merge import apply_patch
from gwroute.resolve.tree import at, items

__all__ = ["Settings", "generated_name", "objects_of", "owner_labels", "service_port"]

OWNER_NAME = "gateway.envoyproxy.io/owning-gateway-name"
OWNER_NAMESPACE = "gateway.envoyproxy.io/owning-gateway-namespace"
GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
GATEWAY_CLASS_NAME = "gateway.networking.k8s.io/gateway-class-name"
MAX_LABEL = 63
"""Length of a label's value; names of objects may be longer."""
READABLE = 48
"""Length of the readable part of a generated name."""
LOW_PORTS = 1024
SHIFT = 10000
"""Listener ports below 1024 are container ports with this added."""

Ports = Sequence[tuple[str, int]]
"""Protocol and port of listeners."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the controller's own configuration says of generated objects."""

    namespace: str = "kube-system"
    """Where they live: beside the controller, not beside the Gateway. Where the edge edition of
    Envoy Gateway has its own; the original uses ``envoy-gateway-system``."""
    prefix: str = "envoy"
    """First part of their names."""
    image: str = "gwroute/gwroute"
    """Image of the proxy, unless the EnvoyProxy names one."""


def generated_name(gateway: Gateway, prefix: str = "envoy") -> str:
    """Name of all objects of a Gateway: readable, unique, and short enough for any Gateway."""
    full = f"{gateway.namespace}/{gateway.name}"
    readable = full.replace("/", "-")[:READABLE].rstrip("-")
    return f"{prefix}-{readable}-{hashlib.sha256(full.encode()).hexdigest()[:8]}"


def owner_labels(gateway: Gateway) -> dict[str, str]:
    """Labels that select the objects of one Gateway."""
    return {
        "app.kubernetes.io/component": "proxy",
        "app.kubernetes.io/managed-by": "envoy-gateway",
        "app.kubernetes.io/name": "envoy",
        OWNER_NAME: gateway.name,
        OWNER_NAMESPACE: gateway.namespace or "",
    }


def _well_known(gateway: Gateway) -> dict[str, str]:
    """The labels by which the Gateway API lets generated objects be found (GEP-1762)."""
    found = {GATEWAY_NAME: gateway.name, GATEWAY_CLASS_NAME: gateway.spec.gateway_class_name}
    return {label: _short(name) for label, name in found.items()}


def _short(name: str) -> str:
    """A name as a label's value: whole, or cut and told apart by a digest."""
    if len(name) <= MAX_LABEL:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: MAX_LABEL - 9].rstrip('-.')}-{digest}"


def objects_of(
    gateway: Gateway,
    proxy: EffectiveProxy,
    *,
    gateway_class: GatewayClass | None = None,
    ports: Ports | None = None,
    existing: Service | None = None,
    settings: Settings = Settings(),
) -> tuple[dict[str, Any], ...]:
    """The Service and the Deployment or DaemonSet of a Gateway, as documents.

    Args:
        gateway: Owner of the objects.
        proxy: Its effective EnvoyProxy.
        gateway_class: Owner in the eyes of Kubernetes: a Gateway of another namespace cannot be.
        ports: Protocol and port of the listeners that serve; default those of the Gateway.
        existing: The Service as the API server has it; what it assigned is kept.
        settings: The controller's configuration.
    """
    if ports is None:
        ports = [(item.protocol, item.port) for item in gateway.spec.listeners]
    ports = _distinct(ports)
    maker = _Maker(gateway, proxy, gateway_class, settings)
    return (_service(maker, ports, existing), _workload(maker, ports))


@dataclass(frozen=True, slots=True)
class _Maker:
    """What all objects of a Gateway have in common."""

    gateway: Gateway
    proxy: EffectiveProxy
    gateway_class: GatewayClass | None
    settings: Settings

    def metadata(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Name, namespace, labels, annotations and owner."""
        infrastructure = self.gateway.spec.infrastructure
        labels = dict(infrastructure.labels) if infrastructure else {}
        annotations = dict(infrastructure.annotations) if infrastructure else {}
        annotations.update(spec.get("annotations", {}))
        metadata = {
            "name": spec.get("name") or generated_name(self.gateway, self.settings.prefix),
            "namespace": self.settings.namespace,
            "labels": {
                **labels,
                **spec.get("labels", {}),
                **_well_known(self.gateway),
                **owner_labels(self.gateway),
            },
        }
        if annotations:
            metadata["annotations"] = annotations
        if self.gateway_class is not None and self.gateway_class.metadata.uid:
            metadata["ownerReferences"] = [
                {
                    "apiVersion": "gateway.networking.k8s.io/v1",
                    "kind": "GatewayClass",
                    "name": self.gateway_class.name,
                    "uid": self.gateway_class.metadata.uid,
                }
            ]
        return metadata

    def container_port(self, port: int) -> int:
        """Where the proxy listens for a port of a listener."""
        same = self.proxy.kubernetes.get("useListenerPortAsContainerPort") is True
        return port if same or port >= LOW_PORTS else port + SHIFT


def service_port(protocol: str, port: int) -> tuple[str, str]:
    """Name and transport of a Service port: ``http-80`` and ``TCP``."""
    return f"{protocol.lower()}-{port}", "UDP" if protocol == "UDP" else "TCP"


def _distinct(ports: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Listeners on one port and transport share a Service port; the first one names it."""
    found: dict[tuple[int, bool], tuple[str, int]] = {}
    for protocol, port in ports:
        found.setdefault((port, protocol == "UDP"), (protocol, port))
    return sorted(found.values(), key=lambda item: (item[1], item[0]))


def _service(maker: _Maker, ports: Ports, existing: Service | None) -> dict[str, Any]:
    given = maker.proxy.service
    kind = maker.proxy.service_type
    spec: dict[str, Any] = {
        "type": kind,
        "ports": [
            {
                "name": service_port(protocol, port)[0],
                "port": port,
                "protocol": service_port(protocol, port)[1],
                "targetPort": maker.container_port(port),
            }
            for protocol, port in ports
        ],
        "selector": owner_labels(maker.gateway),
        "sessionAffinity": "None",
    }
    if kind in ("NodePort", "LoadBalancer"):
        spec["externalTrafficPolicy"] = given.get("externalTrafficPolicy", "Local")
    for name in _LOAD_BALANCER if kind == "LoadBalancer" else ():
        if name in given:
            spec[name] = given[name]
    _ask_for_addresses(spec, maker.gateway)
    made = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": maker.metadata(given),
        "spec": spec,
    }
    made = apply_patch(made, given.get("patch"))
    return _with_assigned(made, existing) if existing is not None else made


_LOAD_BALANCER = (
    "allocateLoadBalancerNodePorts",
    "loadBalancerClass",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
)


def _ask_for_addresses(spec: dict[str, Any], gateway: Gateway) -> None:
    """Addresses the Gateway asks for: external ones, or the cluster address."""
    wanted = [
        address.value
        for address in gateway.spec.addresses
        if address.type == "IPAddress" and address.value
    ]
    if not wanted:
        return
    if spec["type"] == "ClusterIP":
        spec["clusterIP"] = wanted[0]
    else:
        spec["externalIPs"] = wanted


def _with_assigned(made: dict[str, Any], existing: Service) -> dict[str, Any]:
    """What the API server assigned: cluster address and node ports."""
    spec = dict(at(made, "spec"))
    if existing.spec.cluster_ip:
        spec.setdefault("clusterIP", existing.spec.cluster_ip)
    assigned = {
        (port.port, port.protocol): port.node_port
        for port in existing.spec.ports
        if port.node_port is not None
    }
    spec["ports"] = [
        {"nodePort": assigned[key], **port}
        if (key := (port.get("port"), port.get("protocol", "TCP"))) in assigned
        else port
        for port in items(spec.get("ports"))
    ]
    return {**made, "spec": spec}


def _workload(maker: _Maker, ports: Ports) -> dict[str, Any]:
    kind, given = maker.proxy.workload
    labels = owner_labels(maker.gateway)
    pod = given.get("pod", {})
    spec: dict[str, Any] = {
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {
                "labels": {**pod.get("labels", {}), **labels},
                "annotations": {**_SCRAPED, **pod.get("annotations", {})},
            },
            "spec": _pod_spec(maker, given, ports),
        },
    }
    if kind == "Deployment" and "envoyHpa" not in maker.proxy.kubernetes:
        spec["replicas"] = given.get("replicas", 1)
    if "strategy" in given:
        spec["strategy" if kind == "Deployment" else "updateStrategy"] = given["strategy"]
    # Labels and annotations in the EnvoyProxy are the pod's, not the workload's.
    made = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": maker.metadata({"name": given.get("name")}),
        "spec": spec,
    }
    return apply_patch(made, given.get("patch"))


_SCRAPED = {
    "prometheus.io/path": "/metrics",
    "prometheus.io/port": "15020",
    "prometheus.io/scrape": "true",
}
_POD_FIELDS = (
    "affinity",
    "hostNetwork",
    "imagePullSecrets",
    "nodeSelector",
    "priorityClassName",
    "securityContext",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
)
_CONTAINER_FIELDS = ("resources", "securityContext", "volumeMounts")


def _pod_spec(maker: _Maker, given: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    pod = given.get("pod", {})
    spec: dict[str, Any] = {name: pod[name] for name in _POD_FIELDS if name in pod}
    if "initContainers" in given:
        spec["initContainers"] = given["initContainers"]
    account = at(maker.proxy.kubernetes, "envoyServiceAccount").get("name")
    spec["serviceAccountName"] = account or generated_name(maker.gateway, maker.settings.prefix)
    spec["terminationGracePeriodSeconds"] = 360
    spec["containers"] = [_container(maker, given.get("container", {}), ports)]
    return spec


def _container(maker: _Maker, given: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    """The proxy's container; ``NODE_NAME`` tells it where it is, without a right to read Nodes."""
    node_name = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    own = [item for item in items(given.get("env")) if item.get("name") != "NODE_NAME"]
    container: dict[str, Any] = {
        # Patches written for Envoy Gateway find the container by this name.
        "name": "envoy",
        "image": given.get("image") or given.get("imageRepository") or maker.settings.image,
        "args": ["proxy"],
        "env": [node_name, *own],
        "ports": [
            {
                "name": service_port(protocol, port)[0],
                "containerPort": maker.container_port(port),
                "protocol": service_port(protocol, port)[1],
            }
            for protocol, port in ports
        ],
        "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 15021}, "periodSeconds": 5},
    }
    container.update({name: given[name] for name in _CONTAINER_FIELDS if name in given})
    return container

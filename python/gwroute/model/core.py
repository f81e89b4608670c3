"""Kubernetes' own kinds, as far as routing looks at them. Other fields pass in silence."""

from __future__ import annotations

from dataclasses import field
from typing import Any, ClassVar

from gwroute.model.base import Port, model
from gwroute.model.meta import Object

__all__ = [
    "ConfigMap",
    "CustomResourceDefinition",
    "Deployment",
    "DeploymentSpec",
    "Endpoint",
    "EndpointConditions",
    "EndpointHints",
    "EndpointPort",
    "EndpointReference",
    "EndpointSlice",
    "HintFor",
    "LabelsOnly",
    "LoadBalancerIngress",
    "LoadBalancerStatus",
    "Namespace",
    "Node",
    "NodeAddress",
    "NodeSpec",
    "NodeStatus",
    "Pod",
    "PodSpec",
    "PodStatus",
    "Secret",
    "Service",
    "ServicePort",
    "ServiceSpec",
    "ServiceStatus",
    "StatusCondition",
    "Template",
]


@model(lenient=True)
class ServicePort:
    """A port of a Service."""

    port: Port
    name: str | None = None
    protocol: str = "TCP"
    app_protocol: str | None = None
    target_port: int | str | None = None
    node_port: int | None = None


@model(lenient=True)
class ServiceSpec:
    """Spec of a Service."""

    type: str = "ClusterIP"
    ports: tuple[ServicePort, ...] = ()
    selector: dict[str, str] = field(default_factory=dict)
    cluster_ip: str | None = None
    cluster_ips: tuple[str, ...] = ()
    ip_families: tuple[str, ...] = ()
    external_ips: tuple[str, ...] = ()
    external_name: str | None = None
    load_balancer_ip: str | None = None
    internal_traffic_policy: str = "Cluster"
    external_traffic_policy: str | None = None
    traffic_distribution: str | None = None
    session_affinity: str | None = None
    publish_not_ready_addresses: bool = False


@model(lenient=True)
class LoadBalancerIngress:
    """An address of a load balancer."""

    ip: str | None = None
    hostname: str | None = None


@model(lenient=True)
class LoadBalancerStatus:
    """Addresses of a load balancer."""

    ingress: tuple[LoadBalancerIngress, ...] = ()


@model(lenient=True)
class ServiceStatus:
    """Status of a Service."""

    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


@model(lenient=True)
class Service(Object):
    """A name for endpoints."""

    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()


@model(lenient=True)
class EndpointConditions:
    """State of an endpoint. None means unknown: then it counts as ready and serving."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


@model(lenient=True)
class HintFor:
    """A zone or node that should use an endpoint."""

    name: str


@model(lenient=True)
class EndpointHints:
    """Who should use an endpoint."""

    for_zones: tuple[HintFor, ...] = ()
    for_nodes: tuple[HintFor, ...] = ()


@model(lenient=True)
class EndpointReference:
    """The Pod behind an endpoint."""

    kind: str | None = None
    namespace: str | None = None
    name: str | None = None


@model(lenient=True)
class Endpoint:
    """One endpoint; its addresses are interchangeable."""

    addresses: tuple[str, ...]
    conditions: EndpointConditions = EndpointConditions()
    hostname: str | None = None
    node_name: str | None = None
    zone: str | None = None
    hints: EndpointHints | None = None
    target_ref: EndpointReference | None = None


@model(lenient=True)
class EndpointPort:
    """A port of all endpoints of a slice; without a number, every port."""

    name: str | None = None
    port: int | None = None
    protocol: str = "TCP"
    app_protocol: str | None = None


@model(lenient=True)
class EndpointSlice(Object):
    """Some endpoints of a Service, which its label ``kubernetes.io/service-name`` names."""

    GROUP: ClassVar[str] = "discovery.k8s.io"

    address_type: str
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()

    @property
    def service(self) -> str | None:
        """Name of the Service."""
        return self.metadata.labels.get("kubernetes.io/service-name")


@model(lenient=True)
class Namespace(Object):
    """A namespace; its labels decide which routes may attach."""

    NAMESPACED: ClassVar[bool] = False


@model(lenient=True)
class NodeAddress:
    """An address of a node."""

    type: str
    address: str


@model(lenient=True)
class StatusCondition:
    """A condition, as far as it is looked at."""

    type: str
    status: str


@model(lenient=True)
class NodeSpec:
    """Spec of a Node."""

    unschedulable: bool = False
    pod_cidr: str | None = None


@model(lenient=True)
class NodeStatus:
    """Status of a Node."""

    addresses: tuple[NodeAddress, ...] = ()
    conditions: tuple[StatusCondition, ...] = ()


@model(lenient=True)
class Node(Object):
    """A node; its labels name its node pool."""

    NAMESPACED: ClassVar[bool] = False

    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


@model(lenient=True)
class PodSpec:
    """Spec of a Pod, or of a template for Pods."""

    node_name: str | None = None
    node_selector: dict[str, str] = field(default_factory=dict)
    affinity: dict[str, Any] | None = None
    service_account_name: str | None = None
    host_network: bool = False
    containers: tuple[dict[str, Any], ...] = ()


@model(lenient=True)
class PodStatus:
    """Status of a Pod."""

    phase: str | None = None
    pod_ip: str | None = None
    host_ip: str | None = None
    conditions: tuple[StatusCondition, ...] = ()


@model(lenient=True)
class Pod(Object):
    """A Pod, and the node it is on."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


@model(lenient=True)
class Secret(Object):
    """A certificate and its key, or another secret."""

    type: str = "Opaque"
    data: dict[str, str] = field(default_factory=dict)
    """Values in base64."""
    string_data: dict[str, str] = field(default_factory=dict)


@model(lenient=True)
class ConfigMap(Object):
    """A CA certificate, or other text."""

    data: dict[str, str] = field(default_factory=dict)
    binary_data: dict[str, str] = field(default_factory=dict)


@model(lenient=True)
class LabelsOnly:
    """Metadata of a template."""

    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


@model(lenient=True)
class Template:
    """A template for Pods."""

    metadata: LabelsOnly = LabelsOnly()
    spec: PodSpec = PodSpec()


@model(lenient=True)
class DeploymentSpec:
    """Spec of a Deployment."""

    replicas: int = 1
    template: Template = Template()


@model(lenient=True)
class Deployment(Object):
    """Pods made from one template."""

    GROUP: ClassVar[str] = "apps"

    spec: DeploymentSpec = DeploymentSpec()


@model(lenient=True)
class CustomResourceDefinition(Object):
    """The definition of a kind; an annotation says of which release of the Gateway API."""

    GROUP: ClassVar[str] = "apiextensions.k8s.io"
    NAMESPACED: ClassVar[bool] = False

"""EnvoyProxy (gateway.envoyproxy.io): parameters of a GatewayClass or a Gateway.

What decides where proxies run and how they are reached is typed; the rest of the spec is
accepted as it is, as :data:`Tree`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, ClassVar

from pydantic import Field

from gwroute.model.base import Ignored, model
from gwroute.model.meta import Object

__all__ = [
    "EnvoyProxy",
    "EnvoyProxyHostProvider",
    "EnvoyProxyKubernetesProvider",
    "EnvoyProxyProvider",
    "EnvoyProxySpec",
    "KubernetesDaemonSetSpec",
    "KubernetesDeploymentSpec",
    "KubernetesPatchSpec",
    "KubernetesPodSpec",
    "KubernetesServiceSpec",
]

Tree = dict[str, Any]
"""A part of a document that is handed on as it is."""


@model()
class KubernetesPatchSpec:
    """A change of a generated object."""

    type: str | None = None
    """``StrategicMerge`` (also if absent) or ``JSONMerge``."""
    value: Any = None


@model()
class KubernetesPodSpec:
    """Pods of the proxy."""

    annotations: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    node_selector: dict[str, str] = field(default_factory=dict)
    affinity: Tree | None = None
    tolerations: tuple[Tree, ...] = ()
    topology_spread_constraints: tuple[Tree, ...] = ()
    security_context: Tree | None = None
    volumes: tuple[Tree, ...] = ()
    host_network: bool | None = None
    image_pull_secrets: tuple[Tree, ...] = ()
    priority_class_name: str | None = None


@model()
class KubernetesDaemonSetSpec:
    """The proxy as a DaemonSet."""

    patch: KubernetesPatchSpec | None = None
    strategy: Tree | None = None
    pod: KubernetesPodSpec | None = None
    container: Tree | None = None
    name: str | None = None


@model()
class KubernetesDeploymentSpec(KubernetesDaemonSetSpec):
    """The proxy as a Deployment."""

    replicas: Annotated[int, Field(ge=0)] | None = None
    init_containers: tuple[Tree, ...] = ()


@model()
class KubernetesServiceSpec:
    """The Service in front of the proxy."""

    annotations: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    type: str | None = None
    """``LoadBalancer`` if nothing else is given, also by an EnvoyProxy this one is laid over."""
    load_balancer_class: str | None = None
    allocate_load_balancer_node_ports: bool | None = None
    load_balancer_source_ranges: tuple[str, ...] = ()
    load_balancer_ip: str | None = None
    external_traffic_policy: str | None = None
    """``Local`` if nothing else is given."""
    patch: KubernetesPatchSpec | None = None
    name: str | None = None


@model()
class EnvoyProxyKubernetesProvider:
    """How the proxy runs in a cluster."""

    envoy_deployment: KubernetesDeploymentSpec | None = None
    envoy_daemon_set: KubernetesDaemonSetSpec | None = None
    envoy_service: KubernetesServiceSpec | None = None
    envoy_hpa: Tree | None = None
    envoy_pdb: Tree | None = None
    envoy_service_account: Tree | None = None
    use_listener_port_as_container_port: bool | None = None


@model()
class EnvoyProxyHostProvider:
    """How the proxy runs on its own."""

    envoy_version: str | None = None


@model()
class EnvoyProxyProvider:
    """Where the proxy runs."""

    type: str
    kubernetes: EnvoyProxyKubernetesProvider | None = None
    host: EnvoyProxyHostProvider | None = None


@model()
class EnvoyProxySpec:
    """Spec of an EnvoyProxy."""

    provider: EnvoyProxyProvider | None = None
    merge_type: str | None = None
    """How it joins a less specific EnvoyProxy; None replaces that one."""
    merge_gateways: bool | None = None
    merge_backends: Any = None
    routing_type: str | None = None
    ip_family: str | None = None
    concurrency: int | None = None
    preserve_route_order: bool | None = None
    shutdown: Tree | None = None
    logging: Tree | None = None
    telemetry: Tree | None = None
    bootstrap: Tree | None = None
    extra_args: tuple[str, ...] = ()
    filter_order: tuple[Tree, ...] = ()
    backend_tls: Tree | None = None
    lua: Tree | None = None
    lua_validation: str | None = None
    dynamic_modules: Any = None
    geo_ip: Tree | None = None


@model()
class EnvoyProxy(Object):
    """Parameters of the proxies of a GatewayClass or a Gateway."""

    GROUP: ClassVar[str] = "gateway.envoyproxy.io"
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1alpha1",)

    spec: EnvoyProxySpec = EnvoyProxySpec()
    status: Ignored = None

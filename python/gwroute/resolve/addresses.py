"""``status.addresses`` of Gateways in a cluster."""

from __future__ import annotations

import ipaddress

from gwroute.model import Gateway, Node, ObjectKey, Pod, Service
from gwroute.nodepools import PoolIndex
from gwroute.resolve.generated import Settings, generated_name, owner_labels
from gwroute.resolve.infrastructure import EffectiveProxy
from gwroute.store import ObjectStore

__all__ = ["addresses"]

MAX_ADDRESSES = 16
"""Gateway API, GatewayStatus.addresses."""


def addresses(
    store: ObjectStore,
    gateway: Gateway,
    proxy: EffectiveProxy,
    pools: PoolIndex,
    settings: Settings,
) -> tuple[dict[str, str], ...]:
    """``status.addresses`` of a Gateway: where clients in its reach find it.

    For a node port these are addresses of nodes of the Gateway's pool only, because on others
    nothing answers; with policy ``Local`` only of nodes with a ready proxy.
    """
    name = proxy.service.get("name") or generated_name(gateway, settings.prefix)
    service = store.get(ObjectKey("Service", settings.namespace, name))
    made = service if isinstance(service, Service) else None
    if proxy.service_type == "NodePort":
        found = _node_addresses(store, gateway, proxy, pools, settings)
    elif made is None:
        found = []
    elif proxy.service_type == "LoadBalancer":
        found = [
            address
            for item in made.status.load_balancer.ingress
            for address in (item.ip, item.hostname)
            if address
        ]
    else:
        found = [made.spec.cluster_ip] if made.spec.cluster_ip not in (None, "", "None") else []
    return tuple({"type": _type(value), "value": value} for value in found[:MAX_ADDRESSES])


def _node_addresses(
    store: ObjectStore,
    gateway: Gateway,
    proxy: EffectiveProxy,
    pools: PoolIndex,
    settings: Settings,
) -> list[str]:
    pin = proxy.pins(pools.label_keys)
    pool = pools.named(*pin) if pin else None
    nodes = [
        node
        for node in sorted(store.of(Node), key=lambda node: node.name)
        if pin is None or (pool is not None and node.name in pool.nodes)
    ]
    if proxy.external_traffic_policy == "Local" and store.of(Pod):
        hosting = _hosting_nodes(store, gateway, settings)
        nodes = [node for node in nodes if node.name in hosting]
    return [address for node in nodes for address in _addresses_of(node)]


def _hosting_nodes(store: ObjectStore, gateway: Gateway, settings: Settings) -> set[str]:
    wanted = owner_labels(gateway).items()
    return {
        pod.spec.node_name
        for pod in store.of(Pod)
        if pod.namespace == settings.namespace
        and pod.spec.node_name
        and wanted <= pod.metadata.labels.items()
        and any(item.type == "Ready" and item.status == "True" for item in pod.status.conditions)
    }


def _addresses_of(node: Node) -> list[str]:
    """External addresses of a node if it has any, else internal ones."""
    for kind in ("ExternalIP", "InternalIP"):
        found = [item.address for item in node.status.addresses if item.type == kind]
        if found:
            return found
    return []


def _type(value: str) -> str:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return "Hostname"
    return "IPAddress"

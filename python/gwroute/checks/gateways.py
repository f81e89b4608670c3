"""Gateways of node pools: whether their proxies are where their traffic is meant to stay."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.checks.parameters import SERVICE, parameter_finding, workload_path
from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model import Node, NodeBucket, NodePool
from gwroute.nodepools import OBJECT_KEY, Pool, PoolName
from gwroute.resolve import ResolvedGateway
from gwroute.resolve.topology import ANNOTATION, NODE_POOL, ZONE_ALIAS
from gwroute.resolve.tree import at

__all__ = ["exposure", "pins"]

LISTEN = "nodeport.openyurt.io/listen"
SCOPES = (NODE_POOL, ZONE_ALIAS)
ANNOTATIONS = (*SERVICE, "annotations")


def pins(view: View) -> Iterator[Finding]:
    """Pools that Gateways select: without nodes (GWR505), or unknown (GWR506)."""
    in_cluster = any(view.store.of(kind) for kind in (Node, NodePool, NodeBucket))
    for gateway in view.gateways:
        if gateway.pin is None:
            continue
        pool, path = view.pool_of(gateway), workload_path(gateway, "pod", "nodeSelector")
        if pool is None and in_cluster:
            key, value = gateway.pin
            message = (
                f"{gateway.key} selects pool {value}, which no NodePool and no label {key} of a "
                "Node knows; its proxies find no node"
            )
            hint = f"the pools are {', '.join(item.name for item in view.pools.pools) or 'none'}"
            yield parameter_finding(view, "GWR506", gateway, path, message, hint)
        elif pool is not None and not pool.nodes:
            message = f"{gateway.key} selects pool {pool.name}, which has no nodes"
            yield parameter_finding(view, "GWR505", gateway, path, message, "add a node to it")


def exposure(view: View) -> Iterator[Finding]:
    """How Gateways are reached: type, topology and policy of their Services."""
    for gateway in view.gateways:
        annotations = at(view.made[gateway.key][0], "metadata", "annotations")
        scoped = annotations.get(ANNOTATION) in SCOPES
        if gateway.pin is None:
            yield from _unpinned(view, gateway, scoped)
        elif gateway.proxy.service_type == "NodePort":
            yield from _scope(view, gateway, gateway.pin, scoped)
            if pool := view.pool_of(gateway):
                yield from _few_replicas(view, gateway, pool)
                yield from _listen(view, gateway, pool, annotations.get(LISTEN))


def _unpinned(view: View, gateway: ResolvedGateway, scoped: bool) -> Iterator[Finding]:
    if gateway.proxy.service_type == "NodePort":
        yield parameter_finding(
            view,
            "GWR507",
            gateway,
            (*SERVICE, "type"),
            f"{gateway.key} is reached at a node port, and its proxies are pinned to no node pool; "
            "they may run in any",
            "name the pool in the nodeSelector of the proxies, with a Gateway for each pool",
        )
    if scoped:
        yield parameter_finding(
            view,
            "GWR509",
            gateway,
            (*ANNOTATIONS, ANNOTATION),
            f"{gateway.key}: its Service keeps traffic within a node pool, and its proxies are "
            "pinned to none; pools without a proxy get no answer",
            "name the pool in the nodeSelector of the proxies",
        )


def _scope(view: View, gateway: ResolvedGateway, pin: PoolName, scoped: bool) -> Iterator[Finding]:
    if not scoped:
        yield parameter_finding(
            view,
            "GWR508",
            gateway,
            ANNOTATIONS,
            f"{gateway.key} is pinned to pool {pin[1]}, and the annotation {ANNOTATION} is missing "
            "from its Service; nodes of other pools send traffic into the pool",
            f"add {ANNOTATION}: {NODE_POOL}",
        )


def _few_replicas(view: View, gateway: ResolvedGateway, pool: Pool) -> Iterator[Finding]:
    """With policy Local a node without a proxy does not answer."""
    replicas, nodes = gateway.proxy.replicas, len(pool.nodes)
    if gateway.proxy.external_traffic_policy == "Cluster" or replicas is None or replicas >= nodes:
        return
    yield parameter_finding(
        view,
        "GWR510",
        gateway,
        (*SERVICE, "externalTrafficPolicy"),
        f"{gateway.key}: with externalTrafficPolicy Local only nodes with a proxy answer, and pool "
        f"{pool.name} has {nodes} nodes for {replicas} {'proxy' if replicas == 1 else 'proxies'}",
        "use externalTrafficPolicy: Cluster (and lose the client's address), or a proxy on each "
        "node (envoyDaemonSet)",
    )


def _listen(
    view: View, gateway: ResolvedGateway, pool: Pool, value: str | None
) -> Iterator[Finding]:
    """Whether the port opens in the own pool, and nowhere else."""
    own = _object_name(pool)
    others = [name for item in view.pools.pools if item != pool and (name := _object_name(item))]
    if value is not None and own is not None and not listens(value, own):
        yield parameter_finding(
            view,
            "GWR523",
            gateway,
            (*ANNOTATIONS, LISTEN),
            f"{gateway.key}: {LISTEN} {value!r} closes the node port in its own pool {own}",
            f"write {own}",
        )
    elif len(view.pools.pools) > 1 and (
        value is None or any(listens(value, name) for name in others)
    ):
        where = "every node of the cluster" if value is None else "nodes of other pools too"
        yield parameter_finding(
            view,
            "GWR511",
            gateway,
            (*ANNOTATIONS, LISTEN),
            f"{gateway.key}: its node port opens on {where}, and only pool {pool.name} answers",
            f"add {LISTEN}: {own}" if own is not None else None,
        )


def _object_name(pool: Pool) -> str | None:
    """The name under which OpenYurt knows a pool."""
    return next((value for key, value in pool.names if key == OBJECT_KEY), None)


def listens(value: str, pool: str) -> bool:
    """Whether a Service with this ``nodeport.openyurt.io/listen`` opens its port in a pool.

    The first item that names the pool counts; ``*`` stands for pools that no item names.

    Args:
        value: The annotation: a comma list of ``pool``, ``-pool`` and ``*``.
        pool: Name of the NodePool.
    """
    items = [item.strip() for item in value.split(",")]
    for item in items:
        if item in (pool, f"-{pool}"):
            return item == pool
    return "*" in items

"""Node pools as such: nodes in none, lists that disagree with labels, names that contradict."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model import Node, NodeBucket, NodePool, Object
from gwroute.nodepools import OBJECT_KEY, Pool

__all__ = ["conflicts", "lagging_lists", "nodes_without_pool"]


def nodes_without_pool(view: View) -> Iterator[Finding]:
    """In a cluster with pools, nodes in none (GWR514)."""
    if not view.pools.pools:
        return
    keys = " or ".join(view.pools.label_keys)
    for node in view.store.of(Node):
        if view.pools.pool_of(node.name) is None:
            yield Finding.at(
                "GWR514",
                node,
                "metadata.labels",
                f"{node.key} is in no node pool; from there a Service that keeps to the pool has "
                "the endpoints of this one node",
                key=True,
                help=f"label it with {keys}",
            )


def lagging_lists(view: View) -> Iterator[Finding]:
    """Pools whose list of members disagrees with the labels of nodes (GWR516)."""
    for pool in view.pools.pools:
        if not (pool.only_listed or pool.only_labelled):
            continue
        found = _object(view, pool)
        if found is not None:
            said = "; ".join(_disagreements(pool))
            yield Finding.at(
                "GWR516",
                found,
                "status.nodes" if isinstance(found, NodePool) else "nodes",
                f"{found.key} disagrees with the labels of nodes: {said}; the list counts",
                key=True,
                help="the list lags behind the labels for a moment; if it stays so, correct one",
            )


def _disagreements(pool: Pool) -> Iterator[str]:
    if pool.only_labelled:
        yield f"it does not list {', '.join(sorted(pool.only_labelled))}"
    if pool.only_listed:
        yield f"it lists {', '.join(sorted(pool.only_listed))}, which no label puts there"


def _object(view: View, pool: Pool) -> Object | None:
    """The object that lists the members."""
    names = {value for key, value in pool.names if key == OBJECT_KEY}
    if pool.members == "status":
        return next((item for item in view.store.of(NodePool) if item.name in names), None)
    return next((item for item in view.store.of(NodeBucket) if item.pool in names), None)


def conflicts(view: View) -> Iterator[Finding]:
    """Nodes whose labels would make one pool of two (GWR517)."""
    for conflict in view.pools.conflicts:
        node = view.store.find(Node, None, conflict.nodes[0])
        if node is None:
            continue
        names = ", ".join(f"{key}={value}" for key, value in conflict.names)
        yield Finding.at(
            "GWR517",
            node,
            f'metadata.labels["{conflict.key}"]',
            f"the labels of {', '.join(conflict.nodes)} say that {names} are one node pool, but a "
            f"pool has one {conflict.key}; they are taken as different pools",
            help="correct the labels",
        )

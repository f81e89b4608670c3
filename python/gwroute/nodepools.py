"""Nodes to pools, and where a proxy stands among them.

A node pool is a named set of nodes, usually one site. A pool may go by several names: that of
its OpenYurt NodePool object and the id a provider writes into a label of its own. This module
makes one :class:`Pool` of them and answers two questions: which nodes are in a pool, and in
which pool is this proxy (:func:`locate`). It knows nothing of Services and of HTTP; what a
pool limits is the matter of :mod:`gwroute.resolve.topology`.

Everything here is a function of the Node, NodePool and NodeBucket objects. An index made of
equal objects is equal, so that a heartbeat of a node changes nothing for its users.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gwroute.model import Node, NodeBucket, NodePool
from gwroute.store import ObjectStore

__all__ = [
    "DEFAULT_LABEL_KEYS",
    "OBJECT_KEY",
    "PROVIDER_KEY",
    "ZONE_KEY",
    "Conflict",
    "Location",
    "Pool",
    "PoolIndex",
    "PoolName",
    "locate",
]

OBJECT_KEY = "apps.openyurt.io/nodepool"
"""Node label whose value is the name of the NodePool object the node is a member of."""
PROVIDER_KEY = "alibabacloud.com/nodepool-id"
"""Node label with the provider's own id of the pool."""
DEFAULT_LABEL_KEYS = (OBJECT_KEY, PROVIDER_KEY)
"""Pool labels, in the order in which they are tried."""
BUCKET_KEY = "openyurt.io/pool-name"
"""Label of a NodeBucket: the NodePool it lists nodes of."""
ZONE_KEY = "topology.kubernetes.io/zone"

PoolName = tuple[str, str]
"""Label key and value: one of the names of a pool."""

Members = Literal["status", "buckets", "labels"]
"""What the members of a pool were read from."""

Source = Literal["--node-pool", "EnvoyProxy", "node label", "NodePool status"]
"""What an own pool was learnt from."""


@dataclass(frozen=True, slots=True)
class Pool:
    """One pool under all its names."""

    name: str
    """The name to show: the value of the first pool label key that names it."""
    names: tuple[PoolName, ...]
    """All names, in the order of the label keys."""
    nodes: frozenset[str]
    """The members."""
    members: Members = "labels"
    """Where the members were read from: the first list that exists, even if it is empty."""
    only_listed: frozenset[str] = frozenset()
    """Nodes the object lists although their labels do not say so."""
    only_labelled: frozenset[str] = frozenset()
    """Nodes whose labels name the pool although the object does not list them: no members."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Names that nodes tie together although they are different values of one label key.

    The pools stay apart then, each with the nodes its own label names.
    """

    key: str
    values: tuple[str, ...]
    names: tuple[PoolName, ...]
    """All names that are tied together."""
    nodes: tuple[str, ...]
    """The nodes that tie them, by name."""


@dataclass(frozen=True, slots=True)
class PoolIndex:
    """All pools of a store."""

    label_keys: tuple[str, ...] = DEFAULT_LABEL_KEYS
    pools: tuple[Pool, ...] = ()
    """By name."""
    conflicts: tuple[Conflict, ...] = ()
    nodes: frozenset[str] = frozenset()
    """Names of the Node objects."""
    zones: Mapping[str, str] = field(default_factory=dict)
    """Node name to zone, for nodes that carry the label."""
    _named: Mapping[PoolName, Pool] = field(default_factory=dict)
    _labelled: Mapping[str, Pool] = field(default_factory=dict)
    _member: Mapping[str, Pool] = field(default_factory=dict)

    @staticmethod
    def of(
        store: ObjectStore,
        label_keys: tuple[str, ...] = DEFAULT_LABEL_KEYS,
        *,
        last: PoolIndex | None = None,
    ) -> PoolIndex:
        """The pools of a store.

        Args:
            store: Where Nodes, NodePools and NodeBuckets are.
            label_keys: Node labels that name a pool, in order.
            last: An earlier index; it is returned itself if nothing changed, so that what was
                remembered by its identity stays good.
        """
        index = _build(store.of(Node), store.of(NodePool), store.of(NodeBucket), label_keys)
        return last if last == index else index

    def __hash__(self) -> int:
        """By identity would not fit equality; the pools alone tell most indexes apart."""
        return hash((self.label_keys, self.pools))

    def named(self, key: str, value: str) -> Pool | None:
        """The pool that a label names."""
        return self._named.get((key, value))

    def find(self, name: str) -> Pool | None:
        """The pool of a name alone; an earlier label key wins."""
        return next(
            (pool for key in _all_keys(self.label_keys) if (pool := self.named(key, name))), None
        )

    def pool_of(self, node: str | None) -> Pool | None:
        """The pool a node is a member of; else the one its labels name."""
        if node is None:
            return None
        return self._member.get(node) or self._labelled.get(node)

    def labelled(self, node: str) -> Pool | None:
        """The pool that the labels of a node name, whether or not its object lists the node."""
        return self._labelled.get(node)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a proxy runs, as far as it is known."""

    node: str | None = None
    pool: Pool | None = None
    """None if unknown; also if a name was given that no object and no label knows."""
    asked: str | None = None
    """The name of the pool as it was given or found."""
    source: Source | None = None
    """What the pool was learnt from."""
    zone: str | None = None
    """Zone of the node; if there is no such Node, the zone that all nodes of the pool share."""
    doubts: tuple[str, ...] = ()
    """Where something less weighty names another pool than the one used, in words."""

    @property
    def pool_name(self) -> str | None:
        """The name to show."""
        return self.pool.name if self.pool else self.asked


def locate(
    index: PoolIndex,
    *,
    node: str | None = None,
    node_pool: str | None = None,
    selected: PoolName | None = None,
) -> Location:
    """Where a proxy runs: its node, its pool and its zone.

    The pool is the first of: the option ``--node-pool``; what the Gateway's EnvoyProxy selects;
    the label of the own Node; the NodePool whose status lists the own node.

    Args:
        index: The pools.
        node: The own node's name, from ``--node`` or ``NODE_NAME``.
        node_pool: The option's value, any name of a pool.
        selected: Pool label and value that the Gateway's EnvoyProxy pins proxies to.
    """
    known = list(_own_pools(index, node, node_pool, selected))
    if not known:
        return Location(node=node, zone=_own_zone(index, node, None))
    pool, asked, source = known[0]
    return Location(
        node=node,
        pool=pool,
        asked=asked,
        source=source,
        zone=_own_zone(index, node, pool),
        doubts=tuple(
            f"{source} says pool {pool.name if pool else asked}, {other_source} says "
            f"{other.name if other else other_asked}"
            for other, other_asked, other_source in known[1:]
            if other != pool
        ),
    )


def _own_pools(
    index: PoolIndex, node: str | None, node_pool: str | None, selected: PoolName | None
) -> Iterator[tuple[Pool | None, str, Source]]:
    """Every answer there is, the weightiest first."""
    if node_pool is not None:
        yield index.find(node_pool), node_pool, "--node-pool"
    if selected is not None:
        yield index.named(*selected), selected[1], "EnvoyProxy"
    if node is None:
        return
    if pool := index.labelled(node):
        yield pool, pool.name, "node label"
    elif pool := index.pool_of(node):
        yield pool, pool.name, "NodePool status"


def _own_zone(index: PoolIndex, node: str | None, pool: Pool | None) -> str | None:
    if node is not None and node in index.nodes:
        return index.zones.get(node)
    zones = {index.zones.get(member) for member in pool.nodes} if pool else set()
    return zones.pop() if len(zones) == 1 else None


# -- building the index


def _all_keys(label_keys: tuple[str, ...]) -> tuple[str, ...]:
    """The label keys, and the one that stands for NodePool objects."""
    return label_keys if OBJECT_KEY in label_keys else (*label_keys, OBJECT_KEY)


def _build(
    nodes: Sequence[Node],
    objects: Iterable[NodePool],
    buckets: Iterable[NodeBucket],
    label_keys: tuple[str, ...],
) -> PoolIndex:
    names_of = {node.metadata.name: _names(node, label_keys) for node in nodes}
    pools, conflicts = _pools(names_of, _listed(objects, buckets), label_keys)
    named = {name: pool for pool in pools for name in pool.names}
    member: dict[str, Pool] = {}
    for pool in pools:
        for node in pool.nodes:
            member.setdefault(node, pool)
    return PoolIndex(
        label_keys=label_keys,
        pools=pools,
        conflicts=conflicts,
        nodes=frozenset(names_of),
        zones={
            node.metadata.name: zone
            for node in nodes
            if (zone := node.metadata.labels.get(ZONE_KEY))
        },
        _named=named,
        _labelled={node: named[names[0]] for node, names in names_of.items() if names},
        _member=member,
    )


def _names(node: Node, label_keys: tuple[str, ...]) -> tuple[PoolName, ...]:
    """Names of the pool that the labels of a node say."""
    labels = node.metadata.labels
    return tuple((key, value) for key in label_keys if (value := labels.get(key)))


def _pools(
    names_of: Mapping[str, tuple[PoolName, ...]], listed: Listed, label_keys: tuple[str, ...]
) -> tuple[tuple[Pool, ...], tuple[Conflict, ...]]:
    """All pools by name, and the names that could not be made one pool."""
    groups, conflicts = _groups(names_of, listed)
    order = {key: at for at, key in enumerate(_all_keys(label_keys))}
    known = frozenset(names_of)
    labelled: dict[PoolName, set[str]] = {}
    for node, names in names_of.items():
        for name in names:
            labelled.setdefault(name, set()).add(node)
    pools = (
        _pool(tuple(sorted(group, key=lambda name: order[name[0]])), labelled, listed, known)
        for group in groups
    )
    return tuple(sorted(pools, key=lambda pool: (pool.name, pool.names))), conflicts


Listed = Mapping[PoolName, tuple[Members, frozenset[str]]]
"""What objects say of the members of their pool; ``labels`` if they say nothing."""


def _listed(objects: Iterable[NodePool], buckets: Iterable[NodeBucket]) -> Listed:
    union: dict[str, set[str]] = {}
    for bucket in buckets:
        if pool := bucket.metadata.labels.get(BUCKET_KEY):
            union.setdefault(pool, set()).update(node.name for node in bucket.nodes)
    found: dict[PoolName, tuple[Members, frozenset[str]]] = {
        (OBJECT_KEY, pool): ("buckets", frozenset(names)) for pool, names in union.items()
    }
    for item in objects:
        name = (OBJECT_KEY, item.metadata.name)
        nodes = item.status.nodes if item.status else None
        if nodes is not None:
            found[name] = ("status", frozenset(nodes))
        else:
            found.setdefault(name, ("labels", frozenset()))
    return found


def _groups(
    names_of: Mapping[str, tuple[PoolName, ...]], listed: Listed
) -> tuple[list[set[PoolName]], tuple[Conflict, ...]]:
    """Names that mean one pool, because a Node carries them together."""
    ties = _ties(names_of, listed)
    groups: dict[PoolName, set[PoolName]] = {name: {name} for name in listed}
    for names in ties.values():
        joined = set(names).union(*(groups.get(name, ()) for name in names))
        for name in joined:
            groups[name] = joined
    distinct = list({id(group): group for group in groups.values()}.values())
    sound: list[set[PoolName]] = []
    conflicts = []
    for group in distinct:
        if conflict := _conflict(group, ties):
            conflicts.append(conflict)
            sound.extend({name} for name in group)
        else:
            sound.append(group)
    return sound, tuple(sorted(conflicts, key=lambda conflict: conflict.names))


def _ties(
    names_of: Mapping[str, tuple[PoolName, ...]], listed: Listed
) -> Mapping[str, tuple[PoolName, ...]]:
    """Per node, the names that it shows to be one pool.

    A NodePool that lists a node counts as a name of it only if the node has no label of its own
    to say where it is: the list lags behind the labels.
    """
    owners: dict[str, list[PoolName]] = {}
    for pool, (_, members) in listed.items():
        for member in members:
            owners.setdefault(member, []).append(pool)
    ties = {}
    for node, names in names_of.items():
        if not names:
            continue
        listing = owners.get(node, [])
        silent = all(key != OBJECT_KEY for key, _ in names)
        ties[node] = (*names, *listing) if silent and len(listing) == 1 else names
    return ties


def _conflict(group: set[PoolName], ties: Mapping[str, tuple[PoolName, ...]]) -> Conflict | None:
    values: dict[str, list[str]] = {}
    for key, value in sorted(group):
        values.setdefault(key, []).append(value)
    torn = next((key for key, found in values.items() if len(found) > 1), None)
    if torn is None:
        return None
    return Conflict(
        key=torn,
        values=tuple(values[torn]),
        names=tuple(sorted(group)),
        nodes=tuple(
            sorted(node for node, names in ties.items() if len(names) > 1 and names[0] in group)
        ),
    )


def _pool(
    names: tuple[PoolName, ...],
    labelled: Mapping[PoolName, set[str]],
    listed: Listed,
    known: frozenset[str],
) -> Pool:
    by_label = frozenset().union(*(labelled.get(name, ()) for name in names))
    members, nodes = next(
        (listed[name] for name in names if name in listed), ("labels", frozenset())
    )
    if members == "labels":
        return Pool(name=names[0][1], names=names, nodes=by_label)
    return Pool(
        name=names[0][1],
        names=names,
        nodes=nodes,
        members=members,
        only_listed=(nodes & known) - by_label,
        only_labelled=by_label - nodes,
    )

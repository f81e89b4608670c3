"""What the annotation ``openyurt.io/topologyKeys`` of a Service allows, as sets of nodes.

OpenYurt's yurthub filters the endpoints that its node's clients see. gwroute applies the same
rules itself, from the nodes of the endpoints and the place of the proxy, so it needs no yurthub
and is not disturbed by one: filtering twice changes nothing. A limit is hard. No endpoint in
reach means none at all.

Where yurthub lacks a fact it keeps everything or shrinks to one node, and says neither. In
mode ``upstream`` gwroute does the same and says so; in mode ``strict`` a limit that cannot be
applied leaves no endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from gwroute.nodepools import Location, PoolIndex
from gwroute.resolve.material import Named

__all__ = [
    "ANNOTATION",
    "HOSTNAME",
    "NODE_POOL",
    "ZONE_ALIAS",
    "Limit",
    "Problem",
    "Scope",
    "lag",
    "local_limit",
    "topology_limits",
]

ANNOTATION = "openyurt.io/topologyKeys"
ANNOTATION_FIELD = f'metadata.annotations["{ANNOTATION}"]'
POLICY_FIELD = "spec.internalTrafficPolicy"
HOSTNAME = "kubernetes.io/hostname"
NODE_POOL = "openyurt.io/nodepool"
ZONE_ALIAS = "kubernetes.io/zone"
"""An older spelling of the node pool; it has nothing to do with zones."""
ANYWHERE = "*"
"""Last entry of a list with fall-back: everything."""

PoolMode = Literal["upstream", "strict"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where traffic starts from, and how that limits what it may reach.

    Gateways whose proxies run in one place share a scope; it is one of the inputs that an
    upstream is remembered by.
    """

    pools: PoolIndex = field(default_factory=PoolIndex)
    location: Location = field(default_factory=Location)
    mode: PoolMode = "upstream"
    topology_fallback: bool = False
    """The annotation may hold an ordered list; off as in OpenYurt."""
    honor_internal_traffic_policy: bool = False
    """``internalTrafficPolicy: Local`` is obeyed; off as in Envoy Gateway."""
    ip_family: Literal["IPv4", "IPv6", "DualStack"] | None = None
    """Address family of endpoints; None leaves it to the Service's own ``ipFamilies``."""
    suffix: str = ""
    """Behind the keys of upstreams: ``@pool`` where scopes see different endpoints."""
    client_certificate: Named | None = None
    """What is shown to backends that ask for a certificate."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a Service's scope; becomes a finding at the Service."""

    code: str
    level: Literal["error", "warning", "info"]
    message: str
    help: str
    field: str = ANNOTATION_FIELD
    """Field of the Service that asked for the limit."""
    of_place: bool = False
    """It is about where the proxy is, so it matters only if there is something to limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A set of nodes outside of which no endpoint is used."""

    words: str
    """What limits: ``pool hangzhou from --node-pool``."""
    within: str
    """Where the endpoints that stay are: ``in pool``."""
    nodes: frozenset[str] | None
    """None limits nothing."""
    problems: tuple[Problem, ...] = ()
    lagging: frozenset[str] = frozenset()
    """Nodes outside that would be inside if labels counted instead of the pool's list."""


def topology_limits(value: str | None, scope: Scope) -> tuple[Limit, ...]:
    """The limits an annotation value asks for; of several, the first with a ready endpoint counts.

    Args:
        value: The annotation as it stands; it is compared as a whole, blanks and case included.
        scope: Where the proxy is.

    Returns:
        Nothing if there is no annotation; more than one only with ``topology_fallback``.
    """
    if not value:
        return ()
    if limit := _known(value, scope):
        return (limit,)
    if scope.topology_fallback and ("," in value or value == ANYWHERE):
        return _listed(value, scope)
    return (_unknown(value, scope),)


def lag(limit: Limit, nodes: Iterable[str | None], scope: Scope) -> Problem | None:
    """A warning if endpoints are lost only because a pool's list and the labels disagree.

    Args:
        limit: The limit that was applied.
        nodes: Nodes of the endpoints that were found.
        scope: Where the proxy is.
    """
    lost = sorted(limit.lagging.intersection(node for node in nodes if node))
    if not lost:
        return None
    return Problem(
        "GWR516",
        "warning",
        f"the NodePool of pool {scope.location.pool_name} does not list {', '.join(lost)}, whose "
        "label names it; endpoints there are not used",
        "the list counts: correct status.nodes, or leave it out to go by the labels",
    )


def local_limit(scope: Scope) -> Limit:
    """The limit of ``internalTrafficPolicy: Local``: the own node."""
    limit = _own_node("internalTrafficPolicy Local", scope)
    return replace(
        limit, problems=tuple(replace(item, field=POLICY_FIELD) for item in limit.problems)
    )


def _known(key: str, scope: Scope) -> Limit | None:
    if key == HOSTNAME:
        return _own_node(HOSTNAME, scope)
    if key in (NODE_POOL, ZONE_ALIAS):
        return _own_pool(key, scope)
    return None


def _own_pool(key: str, scope: Scope) -> Limit:
    where = scope.location
    if where.pool is not None:
        return _in_pool(scope)
    if where.asked is not None:
        return _pool_not_found(scope)
    if where.node is None:
        return _nowhere(key, "own node and pool are unknown", "--node-pool or --node", scope)
    problem = f"the own pool is unknown: node {where.node} is in none"
    if scope.mode == "strict":
        return _refused(key, problem, "--node-pool, or label the node")
    return Limit(
        words=f"no pool known, so node {where.node} alone, as in OpenYurt",
        within="on node",
        nodes=frozenset((where.node,)),
    )


def _in_pool(scope: Scope) -> Limit:
    where = scope.location
    assert where.pool is not None
    return Limit(
        words=f"pool {where.pool.name} from {_source(where)}",
        within="in pool",
        nodes=where.pool.nodes,
        lagging=where.pool.only_labelled,
    )


def _source(where: Location) -> str:
    if where.source in ("node label", "NodePool status"):
        return f"{'label' if where.source == 'node label' else 'NodePool'} of node {where.node}"
    return str(where.source)


def _own_node(key: str, scope: Scope) -> Limit:
    """The own node; where it is unknown, the own pool at least, which it must be in."""
    where = scope.location
    if where.node is not None:
        return Limit(
            words=f"node {where.node} from --node",
            within="on node",
            nodes=frozenset((where.node,)),
        )
    unknown = _nowhere(key, "the own node is unknown", "--node", scope)
    if scope.mode == "strict" or where.pool is None:
        return unknown
    pool = _in_pool(scope)
    return Limit(
        words=f"node unknown, so {pool.words}",
        within=pool.within,
        nodes=pool.nodes,
        lagging=pool.lagging,
        problems=(
            Problem(
                "GWR519",
                "warning",
                f"{key} asks for the own node, which is unknown; the own pool is used",
                "set --node (or NODE_NAME)",
                of_place=True,
            ),
        ),
    )


def _nowhere(key: str, problem: str, options: str, scope: Scope) -> Limit:
    if scope.mode == "strict":
        return _refused(key, problem, options)
    return Limit(
        words=f"{problem}; not limited",
        within="used",
        nodes=None,
        problems=(
            Problem(
                "GWR519",
                "warning",
                f"{key} asks for endpoints nearby, but {problem}; all endpoints are used",
                f"set {options}",
                of_place=True,
            ),
        ),
    )


def _refused(key: str, problem: str, options: str, code: str = "GWR519") -> Limit:
    """Strict mode: what cannot be limited is not served."""
    return Limit(
        words=f"{problem}; strict",
        within="used",
        nodes=frozenset(),
        problems=(
            Problem(
                code,
                "error",
                f"{key} asks for endpoints nearby, but {problem}; strict mode uses none",
                f"set {options}",
                of_place=True,
            ),
        ),
    )


def _pool_not_found(scope: Scope) -> Limit:
    where = scope.location
    problem = f"pool {where.asked} from {_source(where)} is known to no NodePool and no Node"
    if scope.mode == "strict":
        return _refused(
            NODE_POOL, problem, "the name or a label value of an existing pool", "GWR506"
        )
    return Limit(
        words=f"{problem}; not limited",
        within="used",
        nodes=None,
        problems=(
            Problem(
                "GWR506",
                "warning",
                f"{problem}; all endpoints are used",
                "give the name of a NodePool or the value of a pool label",
                of_place=True,
            ),
        ),
    )


def _unknown(value: str, scope: Scope) -> Limit:
    """Any other value: OpenYurt filters nothing, and says nothing."""
    listed = "," in value
    code, help_ = (
        ("GWR502", "use one value, or switch on topology fall-back")
        if listed
        else ("GWR501", f"use {HOSTNAME} or {NODE_POOL}, exactly as written here")
    )
    what = f"{ANNOTATION} has the value {value!r}, which is {'a list' if listed else 'unknown'}"
    if scope.mode == "strict":
        return Limit(
            words=f"topology value {value!r} not understood; strict",
            within="used",
            nodes=frozenset(),
            problems=(Problem(code, "error", f"{what}; strict mode uses no endpoint", help_),),
        )
    return Limit(
        words=f"topology value {value!r} not understood; not limited",
        within="used",
        nodes=None,
        problems=(Problem(code, "warning", f"{what} and limits nothing", help_),),
    )


def _listed(value: str, scope: Scope) -> tuple[Limit, ...]:
    """An ordered list with fall-back; unknown keys in it are reported and passed over."""
    limits: list[Limit] = []
    problems: list[Problem] = []
    for key in (item.strip() for item in value.split(",")):
        if key == ANYWHERE:
            limits.append(Limit("everywhere, the last entry of the list", "used", None))
        elif limit := _known(key, scope):
            limits.append(limit)
        else:
            problems.append(
                Problem(
                    "GWR520",
                    "error",
                    f"{ANNOTATION} lists {key!r}, which is no topology key; it is passed over",
                    f"use {HOSTNAME}, {NODE_POOL} or {ANYWHERE}",
                )
            )
    if not limits:
        limits.append(Limit("no topology key is known", "used", frozenset()))
    first = limits[0]
    limits[0] = replace(first, problems=(*first.problems, *problems))
    return tuple(limits)

"""What an annotation value allows, seen from one place."""

import dataclasses

import pytest

from gwroute.nodepools import PoolIndex, locate
from gwroute.resolve.topology import Limit, Scope, lag, local_limit, topology_limits
from support.documents import Documents

POOLS = PoolIndex.of(Documents.edge("two-pools").store())
NODE_POOL = "openyurt.io/nodepool"
HOSTNAME = "kubernetes.io/hostname"


def scope(*, node: str | None = None, node_pool: str | None = None, **settings) -> Scope:
    return Scope(pools=POOLS, location=locate(POOLS, node=node, node_pool=node_pool), **settings)


def only(value: str, where: Scope) -> Limit:
    (limit,) = topology_limits(value, where)
    return limit


def codes(limit: Limit) -> list[tuple[str, str]]:
    return [(problem.code, problem.level) for problem in limit.problems]


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_value_there_is_no_limit(value: str | None) -> None:
    assert topology_limits(value, scope(node="node-a1")) == ()


@pytest.mark.parametrize("value", [NODE_POOL, "kubernetes.io/zone"])
def test_node_pool_and_its_older_spelling_keep_to_the_own_pool(value: str) -> None:
    limit = only(value, scope(node="node-a1"))
    assert limit.nodes == {"node-a1", "node-a2"}
    assert limit.words == "pool hangzhou from label of node node-a1"
    assert limit.problems == ()


def test_hostname_keeps_to_the_own_node() -> None:
    assert only(HOSTNAME, scope(node="node-a1")).nodes == {"node-a1"}


@pytest.mark.parametrize(
    "value",
    [
        "openyurt.io/nodepool ",
        " openyurt.io/nodepool",
        "OpenYurt.io/NodePool",
        "topology.kubernetes.io/zone",
        "*",
    ],
)
def test_any_other_value_limits_nothing_and_is_told(value: str) -> None:
    limit = only(value, scope(node="node-a1"))
    assert (limit.nodes, codes(limit)) == (None, [("GWR501", "warning")])
    limit = only(value, scope(node="node-a1", mode="strict"))
    assert (limit.nodes, codes(limit)) == (frozenset(), [("GWR501", "error")])


def test_a_list_limits_nothing_while_fall_back_is_off() -> None:
    value = f"{HOSTNAME}, {NODE_POOL}"
    limit = only(value, scope(node="node-a1"))
    assert (limit.nodes, codes(limit)) == (None, [("GWR502", "warning")])
    limit = only(value, scope(node="node-a1", mode="strict"))
    assert (limit.nodes, codes(limit)) == (frozenset(), [("GWR502", "error")])


# -- what is not known


def test_a_node_in_no_pool_keeps_to_itself_as_in_openyurt() -> None:
    limit = only(NODE_POOL, scope(node="node-free"))
    assert (limit.nodes, limit.problems) == ({"node-free"}, ())
    limit = only(NODE_POOL, scope(node="node-free", mode="strict"))
    assert (limit.nodes, codes(limit)) == (frozenset(), [("GWR519", "error")])


@pytest.mark.parametrize(
    ("value", "option"), [(NODE_POOL, "--node-pool or --node"), (HOSTNAME, "--node")]
)
def test_an_unknown_place_limits_nothing_and_the_option_to_set_is_named(
    value: str, option: str
) -> None:
    limit = only(value, scope())
    assert (limit.nodes, codes(limit)) == (None, [("GWR519", "warning")])
    assert limit.problems[0].help == f"set {option}"
    limit = only(value, scope(mode="strict"))
    assert (limit.nodes, codes(limit)) == (frozenset(), [("GWR519", "error")])
    assert limit.problems[0].help == f"set {option}"


def test_a_pool_that_nobody_knows_limits_nothing_and_is_told() -> None:
    limit = only(NODE_POOL, scope(node_pool="nowhere"))
    assert (limit.nodes, codes(limit)) == (None, [("GWR506", "warning")])
    assert "pool nowhere from --node-pool" in limit.problems[0].message
    limit = only(NODE_POOL, scope(node_pool="nowhere", mode="strict"))
    assert (limit.nodes, codes(limit)) == (frozenset(), [("GWR506", "error")])


def test_an_unknown_node_of_a_known_pool_keeps_to_the_pool() -> None:
    limit = only(HOSTNAME, scope(node_pool="hangzhou"))
    assert (limit.nodes, codes(limit)) == ({"node-a1", "node-a2"}, [("GWR519", "warning")])
    limit = only(HOSTNAME, scope(node_pool="hangzhou", mode="strict"))
    assert (limit.nodes, codes(limit)) == (frozenset(), [("GWR519", "error")])


# -- the list with fall-back


def test_a_list_becomes_limits_in_its_order() -> None:
    where = scope(node="node-a1", topology_fallback=True)
    limits = topology_limits(f"{HOSTNAME} ,{NODE_POOL}, *", where)
    assert [limit.nodes for limit in limits] == [{"node-a1"}, {"node-a1", "node-a2"}, None]
    assert [limit.problems for limit in limits] == [(), (), ()]


def test_one_known_value_is_no_list() -> None:
    where = scope(node="node-a1", topology_fallback=True)
    assert topology_limits(NODE_POOL, where) == topology_limits(NODE_POOL, scope(node="node-a1"))
    assert codes(only("elsewhere", where)) == [("GWR501", "warning")]


def test_the_wildcard_alone_limits_nothing_and_is_in_order() -> None:
    limit = only("*", scope(node="node-a1", topology_fallback=True))
    assert (limit.nodes, limit.problems) == (None, ())


def test_unknown_keys_in_a_list_are_errors_and_passed_over() -> None:
    where = scope(node="node-a1", topology_fallback=True)
    limit = only(f"rack,{NODE_POOL},", where)
    assert limit.nodes == {"node-a1", "node-a2"}
    assert codes(limit) == [("GWR520", "error")] * 2
    limit = only("rack,row", where)
    assert (limit.nodes, codes(limit)) == (frozenset(), [("GWR520", "error")] * 2)


def test_what_a_limit_says_of_its_pool_survives_an_unknown_key_behind_it() -> None:
    lagging = _lagging_scope(topology_fallback=True)
    (limit,) = topology_limits(f"{NODE_POOL},rack", lagging)
    assert limit.lagging == {"node-a1"}


# -- the list of a pool and its labels


def _lagging_scope(**settings) -> Scope:
    documents = Documents.edge("two-pools")
    documents.of("NodePool", "hangzhou")["status"]["nodes"] = ["node-a2"]
    pools = PoolIndex.of(documents.store())
    return Scope(pools=pools, location=locate(pools, node_pool="hangzhou"), **settings)


def test_endpoints_that_a_lagging_list_costs_are_told() -> None:
    where = _lagging_scope()
    limit = only(NODE_POOL, where)
    assert lag(limit, ["node-a2", "node-b1", None], where) is None
    problem = lag(limit, ["node-a2", "node-a1"], where)
    assert problem is not None
    assert (problem.code, problem.level) == ("GWR516", "warning")
    assert problem.message.startswith("the NodePool of pool hangzhou does not list node-a1")


# -- internalTrafficPolicy


def test_the_local_policy_keeps_to_the_own_node() -> None:
    assert local_limit(scope(node="node-a1")).nodes == {"node-a1"}


def test_what_is_wrong_with_the_local_policy_is_told_at_its_field() -> None:
    (problem,) = local_limit(scope()).problems
    assert (problem.code, problem.field) == ("GWR519", "spec.internalTrafficPolicy")
    (problem,) = only(NODE_POOL, scope()).problems
    assert problem.field == 'metadata.annotations["openyurt.io/topologyKeys"]'


def test_a_scope_is_a_value() -> None:
    assert scope(node="node-a1") == scope(node="node-a1")
    assert hash(scope(node="node-a1")) == hash(scope(node="node-a1"))
    assert dataclasses.replace(scope(), mode="strict") != scope()

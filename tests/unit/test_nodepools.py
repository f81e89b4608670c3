"""Nodes to pools, and where a proxy stands among them."""

import pytest

from gwroute.nodepools import (
    DEFAULT_LABEL_KEYS,
    OBJECT_KEY,
    PROVIDER_KEY,
    Pool,
    PoolIndex,
    locate,
)
from support.documents import Documents, store


def index(text: str, keys: tuple[str, ...] = DEFAULT_LABEL_KEYS) -> PoolIndex:
    return PoolIndex.of(store(text), keys)


def node(name: str, **labels: str) -> str:
    keys = {"pool": OBJECT_KEY, "id": PROVIDER_KEY, "zone": "topology.kubernetes.io/zone"}
    lines = [f"{keys.get(key, key)}: {value}" for key, value in labels.items()]
    return f"""
---
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{{", ".join(lines)}}}}}
"""


def pool(name: str, nodes: str | None = None, version: str = "v1beta2") -> str:
    status = "" if nodes is None else f"\nstatus: {{nodes: [{nodes}]}}"
    return f"""
---
apiVersion: apps.openyurt.io/{version}
kind: NodePool
metadata: {{name: {name}}}
spec: {{type: Edge}}{status}
"""


def bucket(name: str, pool: str, *nodes: str) -> str:
    listed = ", ".join(f"{{name: {node}}}" for node in nodes)
    return f"""
---
apiVersion: apps.openyurt.io/v1alpha1
kind: NodeBucket
metadata: {{name: {name}, labels: {{openyurt.io/pool-name: {pool}}}}}
nodes: [{listed}]
"""


@pytest.fixture(scope="module")
def edge() -> PoolIndex:
    return PoolIndex.of(Documents.edge("two-pools").store())


# -- which pools there are


def test_object_name_and_provider_id_on_one_node_are_one_pool(edge: PoolIndex) -> None:
    hangzhou, shenzhen = edge.pools
    assert hangzhou == Pool(
        name="hangzhou",
        names=((OBJECT_KEY, "hangzhou"), (PROVIDER_KEY, "NPXXX")),
        nodes=frozenset({"node-a1", "node-a2"}),
        members="status",
    )
    assert shenzhen.names == ((OBJECT_KEY, "shenzhen"), (PROVIDER_KEY, "NPYYY"))
    assert edge.find("NPXXX") is edge.find("hangzhou") is hangzhou
    assert edge.named(PROVIDER_KEY, "NPYYY") is shenzhen
    assert edge.named(OBJECT_KEY, "NPYYY") is None
    assert edge.find("nowhere") is None
    assert edge.conflicts == ()


def test_a_node_is_in_the_pool_that_lists_it_else_in_the_one_its_label_names() -> None:
    pools = index(
        node("listed") + node("labelled", pool="p") + node("free") + pool("q", "listed, gone")
    )
    assert [pools.pool_of(name) for name in ("listed", "gone")] == [pools.find("q")] * 2
    assert pools.pool_of("labelled") == pools.find("p")
    assert pools.pool_of("free") is None
    assert pools.pool_of(None) is None


def test_names_are_tied_through_a_chain_of_nodes() -> None:
    keys = ("a", "b", "c")
    pools = index(node("n1", a="x", b="w") + node("n2", b="w", c="z") + node("n3", c="z"), keys)
    (only,) = pools.pools
    assert only.names == (("a", "x"), ("b", "w"), ("c", "z"))
    assert only.nodes == {"n1", "n2", "n3"}


def test_an_object_that_lists_a_node_without_a_label_of_its_own_names_its_pool() -> None:
    pools = index(node("n1", id="np1") + pool("hangzhou", "n1"))
    assert pools.find("np1") is pools.find("hangzhou")


def test_two_values_of_one_key_on_tied_nodes_are_a_conflict_and_stay_apart() -> None:
    pools = index(
        node("n1", pool="hangzhou", id="np1")
        + node("n2", pool="shenzhen", id="np1")
        + node("n3", pool="shenzhen")
    )
    (conflict,) = pools.conflicts
    assert (conflict.key, conflict.values) == (OBJECT_KEY, ("hangzhou", "shenzhen"))
    assert conflict.nodes == ("n1", "n2")
    assert conflict.names == (
        (PROVIDER_KEY, "np1"),
        (OBJECT_KEY, "hangzhou"),
        (OBJECT_KEY, "shenzhen"),
    )
    members = {found.name: found.nodes for found in pools.pools}
    assert members == {"hangzhou": {"n1"}, "shenzhen": {"n2", "n3"}, "np1": {"n1", "n2"}}


def test_label_keys_are_a_setting_and_object_names_count_beside_them() -> None:
    pools = index(
        node("n1", **{"eks.amazonaws.com/nodegroup": "g"}, pool="p") + pool("objects", "n2"),
        ("eks.amazonaws.com/nodegroup",),
    )
    assert pools.find("g").nodes == {"n1"}
    assert pools.find("p") is None
    assert pools.find("objects").nodes == {"n2"}


def test_an_empty_label_names_no_pool() -> None:
    assert index(node("n1", pool='""')).pools == ()


# -- its members


def test_a_status_list_counts_before_buckets_and_labels() -> None:
    text = node("n1", pool="p") + node("n2", pool="p") + bucket("b", "p", "n2") + pool("p", "n1")
    found = index(text).find("p")
    assert (found.members, found.nodes) == ("status", {"n1"})
    assert (found.only_labelled, found.only_listed) == ({"n2"}, frozenset())


def test_an_empty_list_is_a_list() -> None:
    found = index(node("n1", pool="p") + pool("p", "")).find("p")
    assert (found.members, found.nodes, found.only_labelled) == ("status", frozenset(), {"n1"})


@pytest.mark.parametrize("version", ["v1alpha1", "v1beta1", "v1beta2"])
def test_an_object_without_a_list_leaves_it_to_the_labels(version: str) -> None:
    found = index(node("n1", pool="p") + pool("p", None, version)).find("p")
    assert (found.members, found.nodes, found.only_labelled) == ("labels", {"n1"}, frozenset())


def test_buckets_of_one_pool_are_united() -> None:
    text = pool("p") + bucket("b1", "p", "n1", "n2") + bucket("b2", "p", "n3")
    found = index(text).find("p")
    assert (found.members, found.nodes) == ("buckets", {"n1", "n2", "n3"})


def test_buckets_need_no_object_and_an_unnamed_one_is_of_no_pool() -> None:
    nameless = bucket("b2", "''", "n9")
    assert [found.name for found in index(bucket("b1", "p", "n1") + nameless).pools] == ["p"]


def test_a_listed_node_whose_label_says_otherwise_is_told() -> None:
    text = node("n1", pool="q") + node("n2") + pool("p", "n1, n2, unseen")
    found = index(text).find("p")
    assert found.nodes == {"n1", "n2", "unseen"}
    assert found.only_listed == {"n1", "n2"}, "a node that is not there says nothing"


# -- changes


def test_a_heartbeat_changes_nothing_and_a_move_does() -> None:
    last = index(node("n1", pool="p"))
    beat = store(node("n1", pool="p") + "status: {conditions: [{type: Ready, status: 'False'}]}")
    assert PoolIndex.of(beat, last=last) is last
    moved = PoolIndex.of(store(node("n1", pool="q")), last=last)
    assert moved is not last
    assert moved.find("p") is None


def test_equal_indexes_hash_alike() -> None:
    text = node("n1", pool="p", zone="z")
    assert index(text) == index(text)
    assert hash(index(text)) == hash(index(text))


# -- where am I


def test_the_option_comes_before_everything_and_a_contradiction_is_told(edge: PoolIndex) -> None:
    where = locate(edge, node="node-a1", node_pool="NPYYY", selected=(PROVIDER_KEY, "NPXXX"))
    assert (where.pool, where.source) == (edge.find("shenzhen"), "--node-pool")
    assert where.doubts == (
        "--node-pool says pool shenzhen, EnvoyProxy says hangzhou",
        "--node-pool says pool shenzhen, node label says hangzhou",
    )


def test_what_the_envoy_proxy_selects_comes_before_the_node(edge: PoolIndex) -> None:
    where = locate(edge, node="node-a1", selected=(PROVIDER_KEY, "NPYYY"))
    assert (where.pool, where.source) == (edge.find("shenzhen"), "EnvoyProxy")


def test_the_nodes_label_comes_before_a_list_that_names_it() -> None:
    pools = index(node("n1", pool="q") + pool("p", "n1"))
    where = locate(pools, node="n1")
    assert (where.pool, where.source) == (pools.find("q"), "node label")


def test_a_list_names_the_pool_of_a_node_without_a_label() -> None:
    pools = index(pool("p", "n1"))
    where = locate(pools, node="n1")
    assert (where.pool, where.source) == (pools.find("p"), "NodePool status")


@pytest.mark.parametrize("name", ["hangzhou", "NPXXX"])
def test_any_name_of_a_pool_will_do_and_agrees_with_the_others(edge: PoolIndex, name: str) -> None:
    where = locate(edge, node="node-a2", node_pool=name, selected=(PROVIDER_KEY, "NPXXX"))
    assert (where.pool_name, where.doubts) == ("hangzhou", ())


def test_a_name_that_nobody_knows_is_kept_to_be_told(edge: PoolIndex) -> None:
    where = locate(edge, node_pool="nowhere")
    assert (where.pool, where.asked, where.pool_name) == (None, "nowhere", "nowhere")
    assert where.source == "--node-pool"


@pytest.mark.parametrize("name", [None, "node-free", "unheard-of"])
def test_a_node_in_no_pool_has_an_unknown_pool(edge: PoolIndex, name: str | None) -> None:
    where = locate(edge, node=name)
    assert (where.node, where.pool, where.asked, where.source) == (name, None, None, None)


def test_the_zone_is_that_of_the_node(edge: PoolIndex) -> None:
    assert locate(edge, node="node-b1", node_pool="hangzhou").zone == "cn-shenzhen-d"
    assert locate(edge, node="node-free", node_pool="hangzhou").zone is None


def test_without_a_known_node_the_zone_is_that_of_the_whole_pool(edge: PoolIndex) -> None:
    assert locate(edge, node_pool="hangzhou").zone == "cn-hangzhou-h"
    assert locate(edge, node="unheard-of", node_pool="hangzhou").zone == "cn-hangzhou-h"
    assert locate(edge).zone is None


def test_a_pool_of_several_zones_has_none() -> None:
    text = node("n1", pool="p", zone="a") + node("n2", pool="p", zone="b")
    assert locate(index(text), node_pool="p").zone is None
    text = node("n1", pool="p", zone="a") + node("n2", pool="p")
    assert locate(index(text), node_pool="p").zone is None

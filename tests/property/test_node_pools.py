"""Selecting endpoints twice is selecting them once, whoever selected first."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gwroute.model import EndpointSlice, Service
from gwroute.model.parse import read_documents
from gwroute.nodepools import PoolIndex, locate
from gwroute.resolve.endpoints import Reach, Scope, upstream_of
from gwroute.store import ObjectStore
from support import yurthub
from support.objects import document

Document = dict[str, Any]

NODES = ("n1", "n2", "n3", "n4")
POOLS = ("p", "q")
ID = "alibabacloud.com/nodepool-id"
ZONE = "topology.kubernetes.io/zone"
KEYS = ("openyurt.io/nodepool", "kubernetes.io/hostname", "kubernetes.io/zone", "*", "rack")
VALUES = st.sampled_from(KEYS) | st.lists(st.sampled_from(KEYS), max_size=3).map(",".join)
CONDITIONS = (
    {},
    {"ready": True},
    {"ready": False},
    {"ready": False, "serving": True, "terminating": True},
)


def _labels(pool: str | None, id_: str | None, zone: str | None) -> dict[str, str]:
    found = {yurthub.POOL_LABEL: pool, ID: id_, ZONE: zone}
    return {key: value for key, value in found.items() if value}


@st.composite
def nodes(draw: st.DrawFn) -> list[Document]:
    def maybe(*values: str) -> str | None:
        return draw(st.sampled_from((None, *values)))

    return [
        document("Node", name, labels=_labels(maybe(*POOLS), maybe("1", "2"), maybe("za", "zb")))
        for name in NODES
    ]


@st.composite
def endpoints(draw: st.DrawFn) -> list[Document]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        item: Document = {
            "addresses": [f"10.0.0.{number}"],
            "conditions": draw(st.sampled_from(CONDITIONS)),
        }
        if node := draw(st.sampled_from((None, *NODES))):
            item["nodeName"] = node
        if zone := draw(st.sampled_from((None, "za", "zb"))):
            item["hints"] = {"forZones": [{"name": zone}]}
        found.append(item)
    return found


@st.composite
def services(draw: st.DrawFn) -> Document:
    wishes = st.sampled_from(({}, {"trafficDistribution": "PreferSameZone"}))
    policies = st.sampled_from(({}, {"internalTrafficPolicy": "Local"}))
    spec = {"ports": [{"port": 80}], **draw(wishes), **draw(policies)}
    annotations = {"openyurt.io/topologyKeys": draw(VALUES)}
    return document("Service", "cart", annotations=annotations, spec=spec)


def _slice(found: list[Document]) -> Document:
    return document(
        "EndpointSlice",
        "cart-1",
        labels={"kubernetes.io/service-name": "cart"},
        addressType="IPv4",
        ports=[{"port": 8080}],
        endpoints=found,
    )


def _pool(name: str, members: list[str]) -> Document:
    return document("NodePool", name, status={"nodes": members})


def _read(*documents: Document) -> ObjectStore:
    manifest = read_documents(documents)
    assert manifest.findings == ()
    return ObjectStore(manifest.objects)


def _select(service: Document, slice_: Document, scope: Scope) -> Reach:
    objects = _read(service, slice_)
    return upstream_of(objects.of(Service)[0], 80, objects.of(EndpointSlice), scope)


@given(
    services(),
    nodes(),
    endpoints(),
    st.lists(st.sampled_from(POOLS), unique=True),
    st.sampled_from(NODES),
)
def test_a_yurthub_in_front_changes_nothing(service, cluster, found, objects, here) -> None:
    """Where its pools are in order: labels and lists agree, and every pool has a list."""
    members = {
        pool: [
            node["metadata"]["name"]
            for node in cluster
            if node["metadata"]["labels"].get(yurthub.POOL_LABEL) == pool
        ]
        for pool in objects
    }
    pools = {name: _pool(name, listed) for name, listed in members.items()}
    (own,) = (node for node in cluster if node["metadata"]["name"] == here)
    for node in cluster:
        # The ids would let us know of pools that yurthub knows nothing of.
        node["metadata"]["labels"].pop(ID, None)
    index = PoolIndex.of(_read(*cluster, *pools.values()))
    scope = Scope(pools=index, location=locate(index, node=here))
    before = yurthub.filtered(service, _slice(found), own, pools)
    assert _select(service, before, scope).upstream.endpoints == (
        _select(service, _slice(found), scope).upstream.endpoints
    )


@given(
    services(),
    nodes(),
    endpoints(),
    st.lists(st.sampled_from(NODES), unique=True),
    st.sampled_from((None, *NODES)),
    st.sampled_from((None, *POOLS, "1", "nowhere")),
    st.booleans(),
    st.booleans(),
    st.sampled_from(("upstream", "strict")),
)
def test_selecting_from_what_was_selected_changes_nothing(
    service, cluster, found, listed, node, node_pool, fallback, local, mode
) -> None:
    """In any cluster, with any options."""
    index = PoolIndex.of(_read(*cluster, _pool("p", listed)))
    scope = Scope(
        pools=index,
        location=locate(index, node=node, node_pool=node_pool),
        mode=mode,
        topology_fallback=fallback,
        honor_internal_traffic_policy=local,
    )
    once = _select(service, _slice(found), scope).upstream.endpoints
    left = {item.address for item in once}
    again = copy.deepcopy([item for item in found if item["addresses"][0] in left])
    twice = _select(service, _slice(again), scope).upstream
    assert twice.endpoints == once
    assert twice.removed == ()

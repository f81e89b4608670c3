"""The table of edge cases of node pools, row by row, from manifests to decisions.

The state is that of the edge example: pool hangzhou is node-a1 and node-a2, pool shenzhen is
node-b1, node-free is in none. ``backend`` has endpoints on node-a1 (E1) and node-b1 (E2),
``backend-2`` on node-a2 (E3) and node-free (E4). Both ask for the node pool. The Gateway is not
pinned, so that the place of the proxy is what the row says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from gwroute import ir
from gwroute.resolve import Options, Resolution
from gwroute.router import Forward, Request, Respond, Router, resolve, resolver
from gwroute.store import ObjectStore
from support.documents import Documents

ENDPOINTS = {
    "172.20.1.21": "E1",
    "172.20.2.21": "E2",
    "172.20.1.32": "E3",
    "172.20.9.32": "E4",
}
TOPOLOGY = "openyurt.io/topologyKeys"
BACKEND, BACKEND_2 = "default/backend:3000", "default/backend-2:3000"
DRAWS = {BACKEND: 0.4, BACKEND_2: 0.9}
"""A draw that falls on each: the weights are 8 and 2."""


@pytest.fixture
def edge() -> Documents:
    documents = Documents.edge()
    del documents.of("Gateway", "ack-gateway")["spec"]["infrastructure"]
    return documents.drop("EnvoyProxy")


@dataclass
class Seen:
    """What a proxy in one place makes of the scenario."""

    resolution: Resolution

    def upstream(self, name: str) -> ir.Upstream:
        (found,) = (item for item in self.resolution.snapshot.upstreams if item.service == name)
        return found

    def endpoints(self, name: str) -> list[str]:
        """Names of the endpoints that are left, and what a request for the backend gets."""
        found = [ENDPOINTS[item.address] for item in self.upstream(name).endpoints]
        match self.decide(DRAWS[name]):
            case Forward(upstream=upstream):
                assert upstream == self.upstream(name).key
                assert found
            case Respond(status=status):
                assert (status, found) == (503, [])
        return found

    @property
    def backend(self) -> list[str]:
        return self.endpoints(BACKEND)

    @property
    def backend_2(self) -> list[str]:
        return self.endpoints(BACKEND_2)

    def decide(self, draw: float) -> Forward | Respond:
        request = Request("GET", "http://www.example.com/get")
        return Router(self.resolution.snapshot).decide(request, draw=draw)

    @property
    def findings(self) -> list[tuple[str, str, str]]:
        """Level, code and name of the object."""
        return sorted(
            (item.level, item.code, item.object.name) for item in self.resolution.findings
        )


def seen(edge: Documents, **options: Any) -> Seen:
    objects = edge.store()
    assert objects.findings == ()
    return Seen(resolve(objects, **options))


def both(level: str, code: str) -> list[tuple[str, str, str]]:
    """A finding at each of the two Services."""
    return [(level, code, "backend"), (level, code, "backend-2")]


def annotate(edge: Documents, value: str | None, *names: str) -> Documents:
    for name in names or ("backend", "backend-2"):
        annotations = edge.of("Service", name)["metadata"]["annotations"]
        if value is None:
            del annotations[TOPOLOGY]
        else:
            annotations[TOPOLOGY] = value
    return edge


def endpoint(edge: Documents, name: str) -> dict[str, Any]:
    """One of E1 to E4 in its slice."""
    items: Iterator[dict[str, Any]] = (
        item for slice_ in edge.all("EndpointSlice") for item in slice_["endpoints"]
    )
    (found,) = (item for item in items if ENDPOINTS[item["addresses"][0]] == name)
    return found


def test_row_1_a_proxy_keeps_to_the_pool_of_its_node(edge: Documents) -> None:
    found = seen(edge, node="node-a1")
    assert (found.backend, found.backend_2, found.findings) == (["E1"], ["E3"], [])


def test_row_2_every_node_of_a_pool_sees_the_same(edge: Documents) -> None:
    found = seen(edge, node="node-a2")
    assert (found.backend, found.backend_2, found.findings) == (["E1"], ["E3"], [])


def test_row_3_a_pool_without_an_endpoint_answers_503(edge: Documents) -> None:
    found = seen(edge, node="node-b1")
    assert (found.backend, found.backend_2, found.findings) == (["E2"], [], [])


def test_row_4_a_node_in_no_pool_keeps_to_itself(edge: Documents) -> None:
    found = seen(edge, node="node-free")
    assert (found.backend, found.backend_2, found.findings) == ([], ["E4"], [])


def test_row_5_a_proxy_nobody_knows_where_uses_all_and_says_so(edge: Documents) -> None:
    found = seen(edge)
    assert (found.backend, found.backend_2) == (["E1", "E2"], ["E3", "E4"])
    assert found.findings == both("warning", "GWR519")


def test_row_6_in_strict_mode_it_uses_none_and_that_is_an_error(edge: Documents) -> None:
    found = seen(edge, pool_mode="strict")
    assert (found.backend, found.backend_2) == ([], [])
    assert found.findings == both("error", "GWR519")


def test_row_7_without_the_annotation_all_are_used(edge: Documents) -> None:
    found = seen(annotate(edge, None), node="node-a1")
    assert (found.backend, found.backend_2) == (["E1", "E2"], ["E3", "E4"])
    assert found.findings == []


def test_row_8_the_host_name_keeps_to_the_node(edge: Documents) -> None:
    found = seen(annotate(edge, "kubernetes.io/hostname"), node="node-a1")
    assert (found.backend, found.backend_2, found.findings) == (["E1"], [], [])


def test_row_9_the_older_spelling_means_the_pool(edge: Documents) -> None:
    found = seen(annotate(edge, "kubernetes.io/zone"), node="node-a1")
    assert (found.backend, found.backend_2, found.findings) == (["E1"], ["E3"], [])


@pytest.mark.parametrize("mode", ["upstream", "strict"])
def test_row_10_the_zone_label_is_no_topology_key(edge: Documents, mode: str) -> None:
    annotate(edge, "topology.kubernetes.io/zone")
    found = seen(edge, node="node-a1", pool_mode=mode)
    if mode == "strict":
        assert (found.backend, found.backend_2) == ([], [])
        assert found.findings == both("error", "GWR501")
    else:
        assert (found.backend, found.backend_2) == (["E1", "E2"], ["E3", "E4"])
        assert found.findings == both("warning", "GWR501")


@pytest.mark.parametrize("mode", ["upstream", "strict"])
def test_row_11_a_blank_at_the_end_makes_it_another_value(edge: Documents, mode: str) -> None:
    annotate(edge, "openyurt.io/nodepool ", "backend")
    found = seen(edge, node="node-a1", pool_mode=mode)
    assert found.backend_2 == ["E3"]
    if mode == "strict":
        assert found.backend == []
        assert found.findings == [("error", "GWR501", "backend")]
    else:
        assert found.backend == ["E1", "E2"]
        assert found.findings == [("warning", "GWR501", "backend")]


def test_row_12_labels_alone_make_pools(edge: Documents) -> None:
    found = seen(edge.drop("NodePool"), node="node-a1")
    assert (found.backend, found.backend_2, found.findings) == (["E1"], ["E3"], [])


def test_row_13_an_empty_list_of_members_counts_against_the_labels(edge: Documents) -> None:
    edge.of("NodePool", "hangzhou")["status"]["nodes"] = []
    found = seen(edge, node="node-a1")
    assert (found.backend, found.backend_2) == ([], [])
    assert found.findings == both("warning", "GWR516")


def test_row_14_an_endpoint_that_is_not_ready_is_none(edge: Documents) -> None:
    endpoint(edge, "E1")["conditions"] = {"ready": False, "serving": False}
    found = seen(edge, node="node-a1")
    assert (found.backend, found.backend_2, found.findings) == ([], ["E3"], [])


def test_row_15_an_endpoint_that_drains_is_the_last_resort(edge: Documents) -> None:
    endpoint(edge, "E1")["conditions"] = {"ready": False, "serving": True, "terminating": True}
    found = seen(edge, node="node-a1")
    assert (found.backend, found.backend_2, found.findings) == (["E1"], ["E3"], [])


def test_row_16_an_endpoint_without_a_node_is_in_no_pool(edge: Documents) -> None:
    del endpoint(edge, "E1")["nodeName"]
    found = seen(edge, node="node-a1")
    assert (found.backend, found.backend_2, found.findings) == ([], ["E3"], [])


def test_row_17_slices_without_their_service_are_no_backend(edge: Documents) -> None:
    found = seen(edge.drop("Service", "backend"), node="node-a1")
    answer = found.decide(DRAWS[BACKEND])
    assert isinstance(answer, Respond)
    assert answer.status == 500
    (condition,) = (c for c in found.resolution.conditions if c.type == "ResolvedRefs" and c.parent)
    assert (condition.status, condition.reason) == ("False", "BackendNotFound")
    assert found.backend_2 == ["E3"]


def test_row_18_the_option_comes_before_the_node_and_the_contradiction_is_told(
    edge: Documents,
) -> None:
    found = seen(edge, node="node-a1", node_pool="NPYYY")
    assert (found.backend, found.backend_2) == (["E2"], [])
    assert found.findings == [("warning", "GWR518", "ack-gateway")]


def test_row_19_the_name_of_the_object_and_the_id_are_one_pool(edge: Documents) -> None:
    found = seen(edge, node_pool="hangzhou")
    assert (found.backend, found.backend_2, found.findings) == (["E1"], ["E3"], [])
    assert found.upstream(BACKEND) == seen(edge, node_pool="NPXXX").upstream(BACKEND)


@pytest.mark.parametrize("mode", ["upstream", "strict"])
def test_row_20_a_pool_that_nobody_knows(edge: Documents, mode: str) -> None:
    found = seen(edge, node_pool="nowhere", pool_mode=mode)
    if mode == "strict":
        assert (found.backend, found.backend_2) == ([], [])
        assert found.findings == both("error", "GWR506")
    else:
        assert (found.backend, found.backend_2) == (["E1", "E2"], ["E3", "E4"])
        assert found.findings == both("warning", "GWR506")


def test_row_21_a_preference_does_not_widen_the_limit(edge: Documents) -> None:
    edge.of("Service", "backend")["spec"]["trafficDistribution"] = "PreferSameZone"
    found = seen(edge, node="node-a1")
    assert (found.backend, found.backend_2, found.findings) == (["E1"], ["E3"], [])


def test_row_22_the_internal_traffic_policy_limits_further(edge: Documents) -> None:
    for name in ("backend", "backend-2"):
        edge.of("Service", name)["spec"]["internalTrafficPolicy"] = "Local"
    found = seen(edge, node="node-a1", honor_internal_traffic_policy=True)
    assert (found.backend, found.backend_2, found.findings) == (["E1"], [], [])
    assert seen(edge, node="node-a1").backend_2 == ["E3"], "off unless it is wanted"


def test_row_23_of_a_list_the_first_key_that_leaves_something_counts(edge: Documents) -> None:
    annotate(edge, "kubernetes.io/hostname,openyurt.io/nodepool")
    found = seen(edge, node="node-a1", topology_fallback=True)
    assert (found.backend, found.backend_2, found.findings) == (["E1"], ["E3"], [])


def test_row_24_a_list_of_one_key_is_that_key(edge: Documents) -> None:
    annotate(edge, "kubernetes.io/hostname")
    found = seen(edge, node="node-a1", topology_fallback=True)
    assert (found.backend, found.backend_2, found.findings) == (["E1"], [], [])


def test_row_25_the_wildcard_at_the_end_takes_all(edge: Documents) -> None:
    annotate(edge, "openyurt.io/nodepool,*")
    found = seen(edge, node="node-b1", topology_fallback=True)
    assert (found.backend, found.backend_2, found.findings) == (["E2"], ["E3", "E4"], [])


def move(edge: Documents) -> None:
    """Take node-a1 to shenzhen: label and status."""
    edge.of("Node", "node-a1")["metadata"]["labels"].update(
        {"apps.openyurt.io/nodepool": "shenzhen", "alibabacloud.com/nodepool-id": "NPYYY"}
    )
    edge.of("NodePool", "hangzhou")["status"]["nodes"] = ["node-a2"]
    edge.of("NodePool", "shenzhen")["status"]["nodes"] = ["node-a1", "node-b1"]


def test_row_26_a_node_that_moves_takes_its_endpoints_along_at_once(edge: Documents) -> None:
    one = resolver(Options(node="node-a1"))
    before = Seen(one.resolve(edge.store()))
    assert (before.backend, before.backend_2) == (["E1"], ["E3"])
    move(edge)
    after = Seen(one.resolve(edge.store()))
    assert (after.backend, after.backend_2, after.findings) == (["E1", "E2"], [], [])


# Row 27, the API server that cannot be reached, is in test_unreachable.py: it is about time.


def test_row_28_the_share_of_a_backend_without_endpoints_is_not_handed_on(edge: Documents) -> None:
    endpoint(edge, "E3")["conditions"] = {"ready": False}
    found = seen(edge, node="node-a1")
    assert (found.backend, found.backend_2) == (["E1"], [])
    answers = [found.decide(number / 1000) for number in range(1000)]
    statuses = [item.status for item in answers if isinstance(item, Respond)]
    assert statuses == [503] * 200
    assert sum(isinstance(item, Forward) for item in answers) == 800


# -- what the table leaves unsaid


def test_a_pinned_gateway_is_where_its_parameters_say() -> None:
    """The EnvoyProxy comes before the node; a Gateway without a place sees its pool."""
    found = Seen(resolve(Documents.edge().store()))
    assert (found.backend, found.backend_2, found.findings) == (["E1"], ["E3"], [])


def test_two_pinned_gateways_see_different_endpoints_of_one_service() -> None:
    edge = Documents.edge().add(SECOND)
    edge.of("HTTPRoute", "backend")["spec"]["parentRefs"].append({"name": "shenzhen"})
    snapshot = resolve(edge.store()).snapshot
    assert {
        item.key: [ENDPOINTS[endpoint.address] for endpoint in item.endpoints]
        for item in snapshot.upstreams
    } == {
        f"{BACKEND}@hangzhou": ["E1"],
        f"{BACKEND}@shenzhen": ["E2"],
        f"{BACKEND_2}@hangzhou": ["E3"],
        f"{BACKEND_2}@shenzhen": [],
    }
    assert {item.gateway: item.node_pool for item in snapshot.listeners} == {
        "default/ack-gateway": "hangzhou",
        "default/shenzhen": "shenzhen",
    }


SECOND = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: shenzhen}
spec:
  gatewayClassName: ack-gateway
  listeners: [{name: http, protocol: HTTP, port: 80}]
  infrastructure:
    parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: shenzhen}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {name: shenzhen}
spec:
  provider:
    type: Kubernetes
    kubernetes:
      envoyDeployment: {pod: {nodeSelector: {apps.openyurt.io/nodepool: shenzhen}}}
"""


@pytest.mark.parametrize(
    ("options", "served"),
    [
        ({}, ["default/ack-gateway", "default/shenzhen"]),
        ({"node_pool": "hangzhou"}, ["default/ack-gateway"]),
        ({"node_pool": "NPYYY"}, ["default/shenzhen"]),
        ({"node_pool": "nowhere"}, []),
    ],
)
def test_an_instance_of_a_pool_serves_that_pools_gateways(options, served) -> None:
    found = resolve(Documents.edge().add(SECOND).store(), **options)
    assert [f"{item.key.namespace}/{item.key.name}" for item in found.gateways if item.served] == (
        served
    )
    assert {item.gateway for item in found.snapshot.listeners} == set(served)


@pytest.mark.parametrize("serve_unscoped", [True, False])
def test_gateways_of_no_pool_are_served_beside_unless_switched_off(
    edge: Documents, serve_unscoped: bool
) -> None:
    found = resolve(edge.store(), node_pool="hangzhou", serve_unscoped=serve_unscoped)
    assert [item.served for item in found.gateways] == [serve_unscoped]


def test_a_warning_about_the_place_needs_something_to_limit(edge: Documents) -> None:
    found = resolve(ObjectStore(edge.drop("EndpointSlice").store()))
    assert found.findings == ()

"""From the slices of a Service to the endpoints that a proxy in one place may use."""

import pytest

from gwroute import ir
from gwroute.model import Service
from gwroute.nodepools import PoolIndex, locate
from gwroute.resolve.endpoints import Reach, Scope, upstream_of
from gwroute.store import ObjectStore
from support.documents import Documents, store

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  ports:
  - {name: http, port: 80, targetPort: 8080}
  - {name: admin, port: 81}
  - {name: http, port: 82, protocol: UDP}
"""
SLICE = """
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: cart-1, namespace: shop, labels: {kubernetes.io/service-name: cart}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.0.0.1]}]
"""


def seen(documents: Documents, port: int = 80, scope: Scope | None = None, **options) -> Reach:
    objects = documents.store()
    assert not objects.findings
    (service,) = (item for item in objects.of(Service) if item.name == "cart")
    return upstream_of(
        service, port, objects.slices_of("shop", "cart"), scope or Scope(), **options
    )


def addresses(reach: Reach) -> list[str]:
    return [f"{item.address}:{item.port}" for item in reach.upstream.endpoints]


@pytest.fixture
def cart() -> Documents:
    return Documents.text(SERVICE + SLICE)


def another(cart: Documents, name: str, **changes) -> None:
    cart.add(SLICE)
    made = cart.documents[-1]
    made["metadata"]["name"] = name
    made.update(changes)


def endpoints(cart: Documents, *items: dict) -> Documents:
    cart.of("EndpointSlice", "cart-1")["endpoints"] = list(items)
    return cart


# -- the upstream


def test_an_upstream_is_known_by_service_port_protocol_and_scope(cart: Documents) -> None:
    assert seen(cart).upstream.key == "shop/cart:80"
    reach = seen(cart, protocol="h2c", scope=Scope(suffix="@hangzhou"))
    assert (reach.upstream.key, reach.upstream.protocol) == ("shop/cart:80+h2c@hangzhou", "h2c")
    assert reach.upstream.service == "shop/cart:80"


def test_an_endpoint_tells_where_it_is() -> None:
    objects = Documents.edge("backend", "two-pools").store()
    scope = _at(objects, node_pool="hangzhou")
    service = objects.service("default", "backend")
    reach = upstream_of(service, 3000, objects.slices_of("default", "backend"), scope)
    assert reach.upstream.endpoints == (
        ir.Endpoint(
            address="172.20.1.21",
            port=3000,
            node="node-a1",
            node_pool="hangzhou",
            zone="cn-hangzhou-h",
            pod="default/backend-5bff7c6d9-aaaaa",
        ),
    )
    assert reach.upstream.scope == "pool hangzhou from --node-pool; 1 of 2 endpoints in pool"
    assert reach.upstream.removed == (
        ir.RemovedEndpoint(
            address="172.20.2.21:3000",
            by="topology",
            detail="on node-b1 of pool shenzhen, not in pool hangzhou",
        ),
    )


# -- collecting


def test_the_port_of_a_slice_has_the_name_and_protocol_of_the_services_port(
    cart: Documents,
) -> None:
    cart.of("EndpointSlice", "cart-1")["ports"] = [
        {"name": "admin", "port": 9000},
        {"name": "http", "port": 5353, "protocol": "UDP"},
        {"name": "http", "port": 8080},
        {"name": "http"},
    ]
    assert addresses(seen(cart, 80)) == ["10.0.0.1:8080"]
    assert addresses(seen(cart, 81)) == ["10.0.0.1:9000"]
    assert addresses(seen(cart, 82)) == []  # HTTP is not spoken over UDP
    assert addresses(seen(cart, 83)) == []


def test_an_unnamed_port_is_found_under_no_name(cart: Documents) -> None:
    cart.of("Service", "cart")["spec"]["ports"] = [{"port": 80}]
    cart.of("EndpointSlice", "cart-1")["ports"] = [{"name": "", "port": 8080}]
    assert addresses(seen(cart)) == ["10.0.0.1:8080"]
    cart.of("EndpointSlice", "cart-1")["ports"] = [{"port": 8081}]
    assert addresses(seen(cart)) == ["10.0.0.1:8081"]


def test_slices_are_joined_in_the_order_of_their_names(cart: Documents) -> None:
    another(cart, "cart-0", endpoints=[{"addresses": ["10.0.0.2"]}])
    assert addresses(seen(cart)) == ["10.0.0.2:8080", "10.0.0.1:8080"]


def test_an_address_counts_once_and_the_readiest_of_its_states(cart: Documents) -> None:
    endpoints(cart, {"addresses": ["10.0.0.1"], "conditions": {"ready": False}})
    another(cart, "cart-2")
    assert addresses(seen(cart)) == ["10.0.0.1:8080"]
    assert seen(cart).upstream.removed == ()


def test_one_address_on_two_ports_is_two_endpoints(cart: Documents) -> None:
    another(cart, "cart-2", ports=[{"name": "http", "port": 8081}])
    assert addresses(seen(cart)) == ["10.0.0.1:8080", "10.0.0.1:8081"]


def test_only_the_first_address_of_an_endpoint_has_a_meaning(cart: Documents) -> None:
    endpoints(cart, {"addresses": ["10.0.0.1", "10.0.0.9"]}, {"addresses": []})
    assert addresses(seen(cart)) == ["10.0.0.1:8080"]


def test_host_names_are_no_endpoints(cart: Documents) -> None:
    another(cart, "cart-2", addressType="FQDN", endpoints=[{"addresses": ["cart.example"]}])
    assert addresses(seen(cart)) == ["10.0.0.1:8080"]


@pytest.mark.parametrize(
    ("service", "proxy", "wanted"),
    [
        (None, None, ["10.0.0.1", "fd00::1"]),
        (["IPv4"], None, ["10.0.0.1"]),
        (["IPv6", "IPv4"], None, ["fd00::1"]),
        (["IPv6", "IPv4"], "DualStack", ["10.0.0.1", "fd00::1"]),
        (["IPv6", "IPv4"], "IPv4", ["10.0.0.1"]),
        (None, "IPv6", ["fd00::1"]),
    ],
)
def test_the_address_family_is_the_proxys_else_the_services_first(
    cart: Documents, service, proxy, wanted
) -> None:
    another(cart, "cart-2", addressType="IPv6", endpoints=[{"addresses": ["fd00::1"]}])
    if service:
        cart.of("Service", "cart")["spec"]["ipFamilies"] = service
    reach = seen(cart, scope=Scope(ip_family=proxy))
    assert [item.address for item in reach.upstream.endpoints] == wanted


# -- serving state


@pytest.mark.parametrize("conditions", [None, {}, {"ready": True}, {"serving": True}])
def test_an_absent_ready_condition_means_ready(cart: Documents, conditions) -> None:
    item = {"addresses": ["10.0.0.1"]}
    endpoints(cart, item if conditions is None else {**item, "conditions": conditions})
    assert addresses(seen(cart)) == ["10.0.0.1:8080"]


NOT_READY = {"addresses": ["10.0.0.2"], "nodeName": "n2", "conditions": {"ready": False}}
DRAINING = {
    "addresses": ["10.0.0.3"],
    "conditions": {"ready": False, "serving": True, "terminating": True},
}
GONE = {
    "addresses": ["10.0.0.4"],
    "conditions": {"ready": False, "serving": False, "terminating": True},
}


def test_endpoints_that_are_not_ready_are_left_out_with_the_reason(cart: Documents) -> None:
    reach = seen(endpoints(cart, {"addresses": ["10.0.0.1"]}, NOT_READY, DRAINING))
    assert addresses(reach) == ["10.0.0.1:8080"]
    assert [(item.address, item.by, item.detail) for item in reach.upstream.removed] == [
        ("10.0.0.2:8080", "readiness", "not ready; on n2 of no pool"),
        (
            "10.0.0.3:8080",
            "readiness",
            "terminating, and others are ready; on no known node",
        ),
    ]


def test_what_drains_and_serves_still_is_the_last_resort(cart: Documents) -> None:
    assert addresses(seen(endpoints(cart, NOT_READY, DRAINING, GONE))) == ["10.0.0.3:8080"]
    assert addresses(seen(endpoints(cart, NOT_READY, GONE))) == []


def test_an_ipv6_address_stands_in_brackets_where_it_has_a_port(cart: Documents) -> None:
    endpoints(cart, {"addresses": ["fd00::1"], "conditions": {"ready": False}})
    cart.of("EndpointSlice", "cart-1")["addressType"] = "IPv6"
    (removed,) = seen(cart).upstream.removed
    assert removed.address == "[fd00::1]:8080"


# -- without slices


def test_addresses_given_by_option_count_while_there_is_no_slice() -> None:
    reach = seen(Documents.text(SERVICE), overrides=["127.0.0.1:3000", "[::1]:3001"])
    assert [(item.address, item.port) for item in reach.upstream.endpoints] == [
        ("127.0.0.1", 3000),
        ("::1", 3001),
    ]
    assert reach.upstream.scope == "endpoints from --endpoint"


def test_slices_count_before_the_option(cart: Documents) -> None:
    assert addresses(seen(cart, overrides=["127.0.0.1:3000"])) == ["10.0.0.1:8080"]


def test_endpoints_are_assumed_only_if_asked_and_without_slices(cart: Documents) -> None:
    bare = Documents.text(SERVICE)
    assert seen(bare, assume=True).upstream.assumed
    assert not seen(bare).upstream.assumed
    assert not seen(cart, assume=True).upstream.assumed


# -- limits


POOLS = """
---
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {apps.openyurt.io/nodepool: p, topology.kubernetes.io/zone: za}}
---
apiVersion: v1
kind: Node
metadata: {name: n2, labels: {apps.openyurt.io/nodepool: p, topology.kubernetes.io/zone: zb}}
---
apiVersion: v1
kind: Node
metadata: {name: n3, labels: {apps.openyurt.io/nodepool: q, topology.kubernetes.io/zone: zb}}
"""


def _at(objects: ObjectStore, *, node=None, node_pool=None, **settings) -> Scope:
    pools = PoolIndex.of(objects)
    return Scope(pools=pools, location=locate(pools, node=node, node_pool=node_pool), **settings)


def on(*nodes: str | None, ready: bool = True) -> list[dict]:
    return [
        {
            "addresses": [f"10.0.1.{at}"],
            "conditions": {"ready": ready},
            **({"nodeName": node} if node else {}),
        }
        for at, node in enumerate(nodes, 1)
    ]


def scoped(cart: Documents, value: str, items: list[dict], node: str = "n1", **settings) -> Reach:
    endpoints(cart.add(POOLS), *items)
    cart.of("Service", "cart")["metadata"]["annotations"] = {"openyurt.io/topologyKeys": value}
    return seen(cart, scope=_at(store(POOLS), node=node, **settings))


def nodes(reach: Reach) -> list[str | None]:
    return [item.node for item in reach.upstream.endpoints]


def test_an_endpoint_without_a_node_is_dropped_where_a_limit_applies(cart: Documents) -> None:
    reach = scoped(cart, "openyurt.io/nodepool", on(None, "n2", "n3"))
    assert nodes(reach) == ["n2"]
    assert [item.detail for item in reach.upstream.removed] == [
        "on no known node, not in pool p",
        "on n3 of pool q, not in pool p",
    ]


def test_a_limit_that_limits_nothing_removes_nothing(cart: Documents) -> None:
    reach = scoped(cart, "rack", on(None, "n3"))
    assert nodes(reach) == [None, "n3"]
    assert reach.upstream.removed == ()
    assert [item.code for item in reach.findings] == ["GWR501"]


def test_hard_limits_multiply(cart: Documents) -> None:
    cart.of("Service", "cart")["spec"]["internalTrafficPolicy"] = "Local"
    items = on("n1", "n2", "n3")
    reach = scoped(cart, "openyurt.io/nodepool", items, honor_internal_traffic_policy=True)
    assert nodes(reach) == ["n1"]
    assert [(item.by, item.address) for item in reach.upstream.removed] == [
        ("topology", "10.0.1.3:8080"),
        ("internal_traffic_policy", "10.0.1.2:8080"),
    ]
    assert reach.upstream.scope == (
        "pool p from label of node n1; 2 of 3 endpoints in pool; "
        "node n1 from --node; 1 of 2 endpoints on node"
    )


def test_the_internal_traffic_policy_counts_only_where_it_is_honoured(cart: Documents) -> None:
    cart.of("Service", "cart")["spec"]["internalTrafficPolicy"] = "Local"
    reach = scoped(cart, "openyurt.io/nodepool", on("n1", "n2"))
    assert nodes(reach) == ["n1", "n2"]


def test_a_preference_does_not_widen_a_limit(cart: Documents) -> None:
    cart.of("Service", "cart")["spec"]["trafficDistribution"] = "PreferSameZone"
    assert nodes(scoped(cart, "openyurt.io/nodepool", on("n2", "n3"))) == ["n2"]


def test_a_preference_chooses_among_what_is_ready_and_in_reach(cart: Documents) -> None:
    cart.of("Service", "cart")["spec"]["trafficDistribution"] = "PreferSameZone"
    reach = scoped(cart, "openyurt.io/nodepool", on("n1", "n2"))
    assert nodes(reach) == ["n1"]
    assert reach.upstream.scope.endswith("; zone za preferred; 1 of 2 endpoints there")
    assert [(item.by, item.detail) for item in reach.upstream.removed] == [
        ("preference", "zone za preferred")
    ]


LIST = "kubernetes.io/hostname,openyurt.io/nodepool"


def test_of_a_list_the_first_key_with_a_ready_endpoint_counts(cart: Documents) -> None:
    items = [*on("n1", ready=False), *on(None, "n2")[1:]]
    assert nodes(scoped(cart, LIST, items, topology_fallback=True)) == ["n2"]


def test_of_a_list_draining_endpoints_count_only_if_none_is_ready(cart: Documents) -> None:
    draining = {**DRAINING, "nodeName": "n1"}
    far = on("n3", ready=False)
    assert nodes(scoped(cart, LIST, [draining, *far], topology_fallback=True)) == ["n1"]


def test_a_list_without_a_wildcard_may_leave_nothing(cart: Documents) -> None:
    reach = scoped(cart, LIST, on("n3"), topology_fallback=True)
    assert nodes(reach) == []
    assert len(reach.upstream.removed) == 1


def test_a_list_that_ends_with_the_wildcard_leaves_all(cart: Documents) -> None:
    assert nodes(scoped(cart, LIST + ",*", on("n3", None), topology_fallback=True)) == ["n3", None]


def test_a_finding_stands_at_the_annotation(cart: Documents) -> None:
    (finding,) = scoped(cart, "rack", on("n1")).findings
    assert str(finding.object) == "Service shop/cart"
    assert finding.field == 'metadata.annotations["openyurt.io/topologyKeys"]'

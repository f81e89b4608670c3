"""The Service and the workload of a Gateway, and the addresses it is found at."""

import pytest

from gwroute.model import Gateway, GatewayClass, Service
from gwroute.nodepools import PoolIndex
from gwroute.resolve.addresses import addresses
from gwroute.resolve.generated import Settings, generated_name, objects_of
from gwroute.resolve.infrastructure import EffectiveProxy, effective_proxy
from support.documents import Documents

NAME = "envoy-default-ack-gateway-7452df7d"


@pytest.fixture
def edge() -> Documents:
    return Documents.edge()


def kubernetes(documents: Documents) -> dict:
    return documents.of("EnvoyProxy", "custom-proxy-config")["spec"]["provider"]["kubernetes"]


def made(documents: Documents, **options) -> tuple[dict, dict]:
    objects = documents.store()
    assert not objects.findings
    (gateway,), (gateway_class,) = objects.of(Gateway), objects.of(GatewayClass)
    proxy = effective_proxy(objects, gateway, gateway_class)
    service, workload = objects_of(gateway, proxy, gateway_class=gateway_class, **options)
    return service, workload


def gateway(namespace: str, name: str) -> Gateway:
    text = f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{gatewayClassName: c, listeners: [{{name: http, port: 80, protocol: HTTP}}]}}
"""
    (found,) = Documents.text(text).store().of(Gateway)
    return found


# -- names


def test_a_name_is_readable_and_unique_and_short() -> None:
    assert generated_name(gateway("default", "ack-gateway")) == NAME
    assert generated_name(gateway("default", "ack-gateway"), "gwroute").startswith("gwroute-def")
    long = generated_name(gateway("n" * 47, "gateway-name"))
    assert len(long) <= 63
    assert long.startswith(f"envoy-{'n' * 47}-"), "a dash at the cut is dropped"
    assert "--" not in long
    assert generated_name(gateway("a-b", "c")) != generated_name(gateway("a", "b-c"))


# -- the Service


def test_the_service_of_the_scenario(edge: Documents) -> None:
    """S6 and S7: computed name, NodePort, labels, annotation, port 80 before 10080."""
    service, _ = made(edge)
    labels = {
        "app.kubernetes.io/component": "proxy",
        "app.kubernetes.io/managed-by": "envoy-gateway",
        "app.kubernetes.io/name": "envoy",
        "gateway.envoyproxy.io/owning-gateway-name": "ack-gateway",
        "gateway.envoyproxy.io/owning-gateway-namespace": "default",
    }
    well_known = {
        "gateway.networking.k8s.io/gateway-name": "ack-gateway",
        "gateway.networking.k8s.io/gateway-class-name": "ack-gateway",
    }
    assert service == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": NAME,
            "namespace": "kube-system",
            "labels": {**labels, **well_known},
            "annotations": {"openyurt.io/topologyKeys": "openyurt.io/nodepool"},
        },
        "spec": {
            "type": "NodePort",
            "externalTrafficPolicy": "Local",
            "selector": labels,
            "sessionAffinity": "None",
            "ports": [{"name": "http-80", "port": 80, "protocol": "TCP", "targetPort": 10080}],
        },
    }


def test_a_label_holds_what_fits_of_a_long_name() -> None:
    one, other = (
        objects_of(gateway("infra", f"{'a' * 70}{end}"), EffectiveProxy())[0]["metadata"]["labels"]
        for end in "xy"
    )
    name = "gateway.networking.k8s.io/gateway-name"
    assert len(one[name]) == 63
    assert one[name].startswith("a" * 54 + "-")
    assert one[name] != other[name], "what is cut off still tells them apart"


def test_the_default_service_is_a_load_balancer_with_its_own_fields(edge: Documents) -> None:
    kubernetes(edge)["envoyService"] = {
        "loadBalancerClass": "metal",
        "loadBalancerSourceRanges": ["10.0.0.0/8"],
        "allocateLoadBalancerNodePorts": False,
        "name": "front",
        "labels": {"team": "edge"},
    }
    service, _ = made(edge)
    assert service["metadata"]["name"] == "front"
    assert service["metadata"]["labels"]["team"] == "edge"
    assert "annotations" not in service["metadata"], "nothing is added in silence"
    spec = service["spec"]
    assert (spec["type"], spec["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    assert spec["loadBalancerClass"] == "metal"
    assert spec["allocateLoadBalancerNodePorts"] is False


def test_a_cluster_address_has_no_external_policy(edge: Documents) -> None:
    kubernetes(edge)["envoyService"] = {"type": "ClusterIP", "loadBalancerClass": "metal"}
    spec = made(edge)[0]["spec"]
    assert "externalTrafficPolicy" not in spec
    assert "loadBalancerClass" not in spec


def test_listeners_on_one_port_share_a_service_port(edge: Documents) -> None:
    ports = [("HTTPS", 443), ("TLS", 443), ("UDP", 443), ("HTTP", 8080), ("TCP", 1023)]
    service, workload = made(edge, ports=ports)
    assert [
        (port["name"], port["port"], port["protocol"], port["targetPort"])
        for port in service["spec"]["ports"]
    ] == [
        ("https-443", 443, "TCP", 10443),
        ("udp-443", 443, "UDP", 10443),
        ("tcp-1023", 1023, "TCP", 11023),
        ("http-8080", 8080, "TCP", 8080),
    ]
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    assert [port["containerPort"] for port in container["ports"]] == [10443, 10443, 11023, 8080]


def test_low_ports_stay_low_if_asked(edge: Documents) -> None:
    kubernetes(edge)["useListenerPortAsContainerPort"] = True
    assert made(edge)[0]["spec"]["ports"][0]["targetPort"] == 80


def test_a_patch_finds_a_port_by_its_number(edge: Documents) -> None:
    ports = [{"name": "http-80", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    kubernetes(edge)["envoyService"]["patch"] = {
        "type": "StrategicMerge",
        "value": {"spec": {"ports": ports}},
    }
    (port,) = made(edge)[0]["spec"]["ports"]
    assert (port["nodePort"], port["targetPort"]) == (30080, 10080)


def test_labels_and_annotations_of_the_gateway_are_copied(edge: Documents) -> None:
    edge.of("Gateway", "ack-gateway")["spec"]["infrastructure"].update(
        labels={"team": "edge", "app.kubernetes.io/name": "mine"}, annotations={"a": "b"}
    )
    service, workload = made(edge)
    assert service["metadata"]["annotations"] == {
        "a": "b",
        "openyurt.io/topologyKeys": "openyurt.io/nodepool",
    }
    for item in (service, workload):
        assert item["metadata"]["labels"]["team"] == "edge"
        assert item["metadata"]["labels"]["app.kubernetes.io/name"] == "envoy", "selects the pods"


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("NodePort", "externalIPs", ["203.0.113.7", "203.0.113.8"]),
        ("ClusterIP", "clusterIP", "203.0.113.7"),
    ],
)
def test_addresses_that_the_gateway_asks_for(edge: Documents, kind, field, value) -> None:
    edge.of("Gateway", "ack-gateway")["spec"]["addresses"] = [
        {"type": "IPAddress", "value": "203.0.113.7"},
        {"type": "Hostname", "value": "edge.example"},
        {"type": "IPAddress", "value": "203.0.113.8"},
    ]
    kubernetes(edge)["envoyService"]["type"] = kind
    assert made(edge)[0]["spec"][field] == value


def test_what_the_api_server_assigned_is_kept(edge: Documents) -> None:
    text = f"""
apiVersion: v1
kind: Service
metadata: {{name: {NAME}, namespace: kube-system}}
spec:
  clusterIP: 192.168.86.174
  ports: [{{name: http-80, port: 80, protocol: TCP, nodePort: 30364}}]
"""
    (existing,) = Documents.text(text).store().of(Service)
    spec = made(edge, existing=existing)[0]["spec"]
    assert spec["clusterIP"] == "192.168.86.174"
    assert spec["ports"][0]["nodePort"] == 30364
    spec = made(edge, existing=existing, ports=[("HTTP", 81)])[0]["spec"]
    assert "nodePort" not in spec["ports"][0]


def test_a_patch_comes_before_what_was_assigned(edge: Documents) -> None:
    patch = {"value": {"spec": {"ports": [{"port": 80, "nodePort": 30080}]}}}
    kubernetes(edge)["envoyService"]["patch"] = patch
    text = """
apiVersion: v1
kind: Service
metadata: {name: any}
spec: {ports: [{port: 80, nodePort: 30364}]}
"""
    (existing,) = Documents.text(text).store().of(Service)
    assert made(edge, existing=existing)[0]["spec"]["ports"][0]["nodePort"] == 30080


def test_the_class_owns_them_since_a_gateway_elsewhere_cannot(edge: Documents) -> None:
    assert "ownerReferences" not in made(edge)[0]["metadata"]
    edge.of("GatewayClass", "ack-gateway")["metadata"]["uid"] = "42"
    for item in made(edge):
        (owner,) = item["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"]) == ("GatewayClass", "ack-gateway", "42")


def test_settings_of_the_controller(edge: Documents) -> None:
    settings = Settings(namespace="edge-system", prefix="gwroute", image="registry.example/gw:1")
    service, workload = made(edge, settings=settings)
    assert service["metadata"]["namespace"] == "edge-system"
    assert workload["metadata"]["name"].startswith("gwroute-default-ack-gateway-")
    assert workload["spec"]["template"]["spec"]["containers"][0]["image"] == settings.image


# -- the workload


def test_the_deployment_of_the_scenario(edge: Documents) -> None:
    """S8: a Deployment whose pods are pinned to the pool, one replica."""
    _, workload = made(edge)
    assert (workload["kind"], workload["metadata"]["name"]) == ("Deployment", NAME)
    assert workload["spec"]["replicas"] == 1
    pod = workload["spec"]["template"]
    assert pod["spec"]["nodeSelector"] == {"alibabacloud.com/nodepool-id": "NPXXX"}
    assert workload["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def test_the_proxy_learns_its_node_from_its_environment(edge: Documents) -> None:
    kubernetes(edge)["envoyDeployment"]["container"] = {
        "env": [{"name": "NODE_NAME", "value": "mine"}, {"name": "A", "value": "b"}, "odd"]
    }
    (container,) = made(edge)[1]["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [
        {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "A", "value": "b"},
    ]


def test_a_daemon_set_has_no_replicas_and_its_own_word_for_strategy(edge: Documents) -> None:
    parameters = kubernetes(edge)
    parameters["envoyDaemonSet"] = {**parameters.pop("envoyDeployment"), "strategy": {"type": "x"}}
    _, workload = made(edge)
    assert workload["kind"] == "DaemonSet"
    assert "replicas" not in workload["spec"]
    assert workload["spec"]["updateStrategy"] == {"type": "x"}


def test_a_scaled_deployment_leaves_its_replicas_to_the_scaler(edge: Documents) -> None:
    kubernetes(edge)["envoyHpa"] = {"maxReplicas": 3}
    assert "replicas" not in made(edge)[1]["spec"]


def test_pod_and_container_are_as_the_parameters_say(edge: Documents) -> None:
    kubernetes(edge)["envoyDeployment"] = {
        "replicas": 2,
        "strategy": {"type": "Recreate"},
        "name": "edge-proxy",
        "pod": {
            "labels": {"a": "b"},
            "annotations": {"prometheus.io/port": "1"},
            "tolerations": [{"key": "edge", "operator": "Exists"}],
            "priorityClassName": "high",
        },
        "container": {
            "image": "registry.example/gw:2",
            "resources": {"requests": {"cpu": "1"}},
            "command": ["never"],
        },
        "patch": {"value": {"spec": {"template": {"spec": {"hostNetwork": True}}}}},
    }
    kubernetes(edge)["envoyServiceAccount"] = {"name": "edge-account"}
    _, workload = made(edge)
    assert workload["metadata"]["name"] == "edge-proxy"
    assert (workload["spec"]["replicas"], workload["spec"]["strategy"]) == (2, {"type": "Recreate"})
    template = workload["spec"]["template"]
    assert template["metadata"]["labels"]["a"] == "b"
    assert template["metadata"]["annotations"]["prometheus.io/port"] == "1"
    pod = template["spec"]
    assert pod["tolerations"] == [{"key": "edge", "operator": "Exists"}]
    assert (pod["priorityClassName"], pod["hostNetwork"]) == ("high", True)
    assert pod["serviceAccountName"] == "edge-account"
    (container,) = pod["containers"]
    assert container["image"] == "registry.example/gw:2"
    assert container["resources"] == {"requests": {"cpu": "1"}}
    assert "command" not in container


@pytest.mark.parametrize(
    "value", [{"spec": None}, {"spec": {"ports": None}}, {"spec": {"ports": [1]}}, {"spec": "x"}]
)
def test_a_patch_of_the_wrong_shape_raises_nothing(edge: Documents, value) -> None:
    kubernetes(edge)["envoyService"]["patch"] = {"type": "JSONMerge", "value": value}
    kubernetes(edge)["envoyDeployment"]["patch"] = {"value": value}
    text = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}"
    (existing,) = Documents.text(text).store().of(Service)
    service, workload = made(edge, existing=existing)
    assert (service["kind"], workload["kind"]) == ("Service", "Deployment")


# -- status.addresses


def at(documents: Documents) -> list[str]:
    objects = documents.store()
    (found,) = objects.of(Gateway)
    proxy = effective_proxy(objects, found)
    listed = addresses(objects, found, proxy, PoolIndex.of(objects), Settings())
    assert all(item["type"] in ("IPAddress", "Hostname") for item in listed)
    return [item["value"] for item in listed]


def pod(node: str, ready: str = "True", **labels: str) -> str:
    owner = {
        "app.kubernetes.io/component": "proxy",
        "app.kubernetes.io/managed-by": "envoy-gateway",
        "app.kubernetes.io/name": "envoy",
        "gateway.envoyproxy.io/owning-gateway-name": "ack-gateway",
        "gateway.envoyproxy.io/owning-gateway-namespace": "default",
        **labels,
    }
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: proxy-{node}, namespace: kube-system, labels: {owner}}}
spec: {{nodeName: {node}}}
status: {{conditions: [{{type: Ready, status: '{ready}'}}]}}
"""


def test_a_node_port_is_found_at_the_nodes_of_the_pool(edge: Documents) -> None:
    kubernetes(edge)["envoyService"]["externalTrafficPolicy"] = "Cluster"
    assert at(edge) == ["10.1.0.11", "10.1.0.12"]


def test_with_policy_local_only_nodes_with_a_ready_proxy_answer(edge: Documents) -> None:
    assert at(edge) == ["10.1.0.11", "10.1.0.12"], "no Pod is known at all"
    edge.add(pod("node-a2") + "---" + pod("node-a1", ready="False") + "---" + pod("node-b1"))
    assert at(edge) == ["10.1.0.12"]


def test_pods_of_another_gateway_do_not_answer(edge: Documents) -> None:
    edge.add(pod("node-a1", **{"gateway.envoyproxy.io/owning-gateway-namespace": "other"}))
    assert at(edge) == []


def test_without_a_pin_every_node_answers_and_without_its_pool_none(edge: Documents) -> None:
    edge.drop("Pod")
    kubernetes(edge)["envoyDeployment"] = {"replicas": 1}
    assert at(edge) == ["10.1.0.11", "10.1.0.12", "10.2.0.11", "10.9.0.11"]
    kubernetes(edge)["envoyDeployment"] = {
        "pod": {"nodeSelector": {"alibabacloud.com/nodepool-id": "x"}}
    }
    assert at(edge) == []


def test_external_addresses_come_before_internal_ones(edge: Documents) -> None:
    edge.of("Node", "node-a1")["status"]["addresses"].append(
        {"type": "ExternalIP", "address": "203.0.113.1"}
    )
    assert at(edge) == ["203.0.113.1", "10.1.0.12"]


def test_at_most_sixteen_addresses_are_told(edge: Documents) -> None:
    kubernetes(edge)["envoyDeployment"] = {"replicas": 1}
    for number in range(20):
        edge.add(f"""
apiVersion: v1
kind: Node
metadata: {{name: more-{number:02}}}
status: {{addresses: [{{type: InternalIP, address: 10.3.0.{number}}}]}}
""")
    found = at(edge)
    assert len(found) == 16
    assert found[:2] == ["10.3.0.0", "10.3.0.1"], "sorted by the names of the nodes"


@pytest.mark.parametrize(
    ("kind", "rest", "wanted"),
    [
        ("ClusterIP", "spec: {clusterIP: 192.168.86.174}", ["192.168.86.174"]),
        ("ClusterIP", "spec: {clusterIP: None}", []),
        (
            "LoadBalancer",
            "status: {loadBalancer: {ingress: [{ip: 203.0.113.1}, {hostname: lb.example}]}}",
            ["203.0.113.1", "lb.example"],
        ),
    ],
)
def test_other_types_are_found_where_their_service_is(edge: Documents, kind, rest, wanted) -> None:
    kubernetes(edge)["envoyService"] = {"type": kind}
    assert at(edge) == [], "no such Service yet"
    edge.add(f"""
apiVersion: v1
kind: Service
metadata: {{name: {NAME}, namespace: kube-system}}
{rest}
""")
    assert at(edge) == wanted

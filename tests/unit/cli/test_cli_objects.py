"""Objects as a cluster would show them."""

from typing import Any

from gwroute.cli.kinds import kind_of
from gwroute.cli.objects import Cluster
from gwroute.model.parse import read
from gwroute.resolve import Options, resolve
from gwroute.router import accepts_regex
from gwroute.store import ObjectStore
from support.keys import BY_FORM

GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: gwroute}
spec: {controllerName: gwroute.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec:
  gatewayClassName: gwroute
  listeners:
  - {name: http, port: 80, protocol: HTTP}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {conditions: [{type: Ready, status: "True"}]}
"""
NAME = "envoy-infra-public-8d55c10f"
EXISTING = f"""\
apiVersion: v1
kind: Service
metadata: {{name: {NAME}, namespace: kube-system, uid: u1, labels: {{old: label}}}}
spec:
  type: LoadBalancer
  clusterIP: 10.0.0.7
  ports: [{{port: 80, nodePort: 30080, protocol: TCP}}]
status: {{loadBalancer: {{ingress: [{{ip: 1.2.3.4}}]}}}}
"""


def of(kind: str, *texts: str, assume: bool = False) -> list[dict[str, Any]]:
    store = ObjectStore(obj for text in texts for obj in read(text, "all.yaml").objects)
    resolution = resolve(store, Options(assume=assume), accepts_regex, BY_FORM)
    return list(Cluster(store, resolution).of(kind_of(kind)))


def test_a_gateway_brings_its_service_and_its_workload() -> None:
    [service] = of("service", GATEWAY)
    assert (service["metadata"]["name"], service["metadata"]["namespace"]) == (NAME, "kube-system")
    assert [found["metadata"]["name"] for found in of("deploy", GATEWAY)] == [NAME]
    assert of("daemonset", GATEWAY) == []


def test_what_the_cluster_assigned_stays() -> None:
    [service] = of("service", GATEWAY, EXISTING)
    assert service["spec"]["clusterIP"] == "10.0.0.7"
    assert service["spec"]["ports"][0]["nodePort"] == 30080
    assert service["metadata"]["uid"] == "u1"
    assert "old" not in service["metadata"]["labels"]
    assert service["status"] == {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}


def test_a_gateway_that_was_assumed_brings_nothing() -> None:
    route = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec: {parentRefs: [{name: public}]}
"""
    assert of("service", route, assume=True) == []
    assert of("gateway", route, assume=True) == []


def test_a_status_that_is_not_ours_is_shown_as_it_is() -> None:
    [node] = of("node", GATEWAY)
    assert node["status"] == {"conditions": [{"type": "Ready", "status": "True"}]}

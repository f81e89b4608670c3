"""The EnvoyProxy that holds for a Gateway, and the pool it pins."""

import pytest

from gwroute.model import Gateway, GatewayClass
from gwroute.nodepools import OBJECT_KEY, PROVIDER_KEY, PoolIndex
from gwroute.resolve.infrastructure import EffectiveProxy, effective_proxy, serves
from support.documents import Documents

KUBERNETES = ("spec", "provider", "kubernetes")


def proxy_of(documents: Documents, default=None) -> EffectiveProxy:
    objects = documents.store()
    assert not objects.findings
    (gateway,) = objects.of(Gateway)
    classes = objects.of(GatewayClass)
    return effective_proxy(objects, gateway, classes[0] if classes else None, default)


def kubernetes(documents: Documents, name: str = "custom-proxy-config") -> dict:
    return documents.of("EnvoyProxy", name)["spec"]["provider"]["kubernetes"]


@pytest.fixture
def edge() -> Documents:
    return Documents.edge("gatewayclass", "gateway", "gateway-config")


@pytest.fixture
def layered(edge: Documents) -> Documents:
    """The class has parameters too."""
    edge.of("GatewayClass", "ack-gateway")["spec"]["parametersRef"] = {
        "group": "gateway.envoyproxy.io",
        "kind": "EnvoyProxy",
        "name": "base",
        "namespace": "infra",
    }
    return edge.add("""
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {name: base, namespace: infra}
spec:
  ipFamily: IPv6
  provider:
    type: Kubernetes
    kubernetes:
      envoyDeployment: {replicas: 3}
      envoyService: {annotations: {team: edge}, externalTrafficPolicy: Cluster}
""")


# -- which one


def test_the_gateways_own_parameters_are_looked_for_in_its_namespace(edge: Documents) -> None:
    proxy = proxy_of(edge)
    assert [str(key) for key in proxy.sources] == ["EnvoyProxy default/custom-proxy-config"]
    assert proxy.invalid is None
    assert proxy.service_type == "NodePort"
    assert proxy.service_annotations == {"openyurt.io/topologyKeys": "openyurt.io/nodepool"}


def test_without_parameters_the_default_holds(edge: Documents) -> None:
    del edge.of("Gateway", "ack-gateway")["spec"]["infrastructure"]
    proxy = proxy_of(edge)
    assert (proxy.spec, proxy.sources, proxy.invalid) == ({}, (), None)
    assert (proxy.service_type, proxy.external_traffic_policy) == ("LoadBalancer", "Local")
    assert (proxy.workload, proxy.replicas, proxy.ip_family) == (("Deployment", {}), 1, None)
    assert proxy.pins() is None
    assert proxy_of(edge, {"ipFamily": "DualStack"}).ip_family == "DualStack"


def test_the_class_counts_if_the_gateway_names_none(layered: Documents) -> None:
    del layered.of("Gateway", "ack-gateway")["spec"]["infrastructure"]
    proxy = proxy_of(layered)
    assert [str(key) for key in proxy.sources] == ["EnvoyProxy infra/base"]
    assert (proxy.replicas, proxy.ip_family) == (3, "IPv6")


def test_the_more_specific_one_replaces_the_other(layered: Documents) -> None:
    proxy = proxy_of(layered)
    assert len(proxy.sources) == 1
    assert (proxy.replicas, proxy.ip_family) == (1, None)


@pytest.mark.parametrize("merge_type", ["StrategicMerge", "JSONMerge"])
def test_a_merge_type_lays_it_over_the_next(layered: Documents, merge_type: str) -> None:
    layered.of("EnvoyProxy", "custom-proxy-config")["spec"]["mergeType"] = merge_type
    proxy = proxy_of(layered, {"ipFamily": "IPv4"})
    assert [key.name for key in proxy.sources] == ["custom-proxy-config", "base"]
    assert (proxy.replicas, proxy.ip_family) == (3, "IPv6")
    assert (proxy.service_type, proxy.external_traffic_policy) == ("NodePort", "Cluster")
    assert proxy.service_annotations == {
        "team": "edge",
        "openyurt.io/topologyKeys": "openyurt.io/nodepool",
    }
    assert proxy.pins() == (PROVIDER_KEY, "NPXXX")


def test_a_merge_type_lays_it_over_the_controllers_default(edge: Documents) -> None:
    edge.of("EnvoyProxy", "custom-proxy-config")["spec"]["mergeType"] = "StrategicMerge"
    proxy = proxy_of(edge, {"provider": {"kubernetes": {"envoyDeployment": {"replicas": 5}}}})
    assert (proxy.replicas, proxy.pins()) == (5, (PROVIDER_KEY, "NPXXX"))


# -- what cannot be used


def test_parameters_that_do_not_exist_are_invalid(edge: Documents) -> None:
    proxy = proxy_of(edge.drop("EnvoyProxy"))
    assert proxy.invalid == (
        "infrastructure: EnvoyProxy default/custom-proxy-config does not exist"
    )


def test_parameters_of_another_kind_are_invalid(edge: Documents) -> None:
    reference = edge.of("Gateway", "ack-gateway")["spec"]["infrastructure"]["parametersRef"]
    reference.update(group="", kind="ConfigMap")
    assert "not supported, only EnvoyProxy" in proxy_of(edge).invalid


def test_a_class_without_a_namespace_for_its_parameters_is_invalid(layered: Documents) -> None:
    del layered.of("GatewayClass", "ack-gateway")["spec"]["parametersRef"]["namespace"]
    assert proxy_of(layered).invalid == "GatewayClass ack-gateway: parametersRef names no namespace"


def test_deployment_and_daemon_set_exclude_each_other(edge: Documents) -> None:
    kubernetes(edge)["envoyDaemonSet"] = {"pod": {"labels": {"a": "b"}}}
    assert proxy_of(edge).invalid.endswith("has both envoyDeployment and envoyDaemonSet")


def test_gateways_of_a_merging_class_may_have_no_parameters(layered: Documents) -> None:
    layered.of("EnvoyProxy", "base")["spec"]["mergeGateways"] = True
    proxy = proxy_of(layered)
    assert "merges its Gateways" in proxy.invalid
    assert [key.name for key in proxy.sources] == ["base"]


# -- what it says


def test_a_patch_counts_as_if_it_were_written_in_the_fields(edge: Documents) -> None:
    service = kubernetes(edge)["envoyService"]
    service["patch"] = {
        "value": {
            "metadata": {"annotations": {"openyurt.io/topologyKeys": None, "a": "b"}},
            "spec": {"type": "ClusterIP", "externalTrafficPolicy": "Cluster"},
        }
    }
    kubernetes(edge)["envoyDeployment"]["patch"] = {"value": {"spec": {"replicas": 4}}}
    proxy = proxy_of(edge)
    assert (proxy.service_type, proxy.external_traffic_policy) == ("ClusterIP", "Cluster")
    assert proxy.replicas == 4


def test_a_daemon_set_has_no_number_of_replicas(edge: Documents) -> None:
    parameters = kubernetes(edge)
    parameters["envoyDaemonSet"] = parameters.pop("envoyDeployment")
    proxy = proxy_of(edge)
    assert (proxy.workload[0], proxy.replicas) == ("DaemonSet", None)
    assert proxy.pins() == (PROVIDER_KEY, "NPXXX")


def test_scaled_proxies_are_counted_at_their_least(edge: Documents) -> None:
    kubernetes(edge)["envoyHpa"] = {"minReplicas": 2, "maxReplicas": 9}
    assert proxy_of(edge).replicas == 2
    kubernetes(edge)["envoyHpa"] = {"maxReplicas": 9}
    assert proxy_of(edge).replicas == 1


# -- what it pins


def affinity(*terms: list[tuple[str, str, list[str]]]) -> dict:
    return {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {
                        "matchExpressions": [
                            {"key": key, "operator": operator, "values": values}
                            for key, operator, values in term
                        ]
                    }
                    for term in terms
                ]
            }
        }
    }


def pins(edge: Documents, pod: dict, **options):
    kubernetes(edge)["envoyDeployment"] = {"pod": pod}
    return proxy_of(edge).pins(**options)


def test_the_first_label_key_of_the_selector_pins(edge: Documents) -> None:
    selector = {PROVIDER_KEY: "NPXXX", OBJECT_KEY: "hangzhou", "disk": "ssd"}
    assert pins(edge, {"nodeSelector": selector}) == (OBJECT_KEY, "hangzhou")
    assert pins(edge, {"nodeSelector": selector}, label_keys=["disk"]) == ("disk", "ssd")
    assert pins(edge, {"nodeSelector": {"disk": "ssd"}}) is None


@pytest.mark.parametrize(
    ("terms", "pinned"),
    [
        ([[(OBJECT_KEY, "In", ["p"])]], "p"),
        ([[("disk", "Exists", []), (OBJECT_KEY, "In", ["p"])]], "p"),
        ([[(OBJECT_KEY, "In", ["p"])], [(OBJECT_KEY, "In", ["p"]), ("disk", "In", ["s"])]], "p"),
        ([[(OBJECT_KEY, "In", ["p", "q"])]], None),
        ([[(OBJECT_KEY, "NotIn", ["p"])]], None),
        ([[(OBJECT_KEY, "In", ["p"])], [(OBJECT_KEY, "In", ["q"])]], None),
        ([[(OBJECT_KEY, "In", ["p"])], [("disk", "In", ["s"])]], None),
        ([], None),
    ],
)
def test_a_required_affinity_pins_if_every_alternative_does(edge, terms, pinned) -> None:
    found = pins(edge, {"affinity": affinity(*terms)})
    assert found == ((OBJECT_KEY, pinned) if pinned else None)


def test_a_preferred_affinity_pins_nothing(edge: Documents) -> None:
    wish = {"weight": 1, "preference": {"matchExpressions": []}}
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}
    assert pins(edge, {"affinity": {"nodeAffinity": preferred}}) is None


@pytest.mark.parametrize(
    "inside",
    [
        {"nodeSelectorTerms": 1},
        {"nodeSelectorTerms": ["x", {"matchExpressions": "y"}]},
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": [], "operator": "In"}]}]},
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": OBJECT_KEY, "operator": "In"}]}]},
        [],
    ],
)
def test_an_affinity_of_the_wrong_shape_pins_nothing(edge: Documents, inside) -> None:
    required = {"requiredDuringSchedulingIgnoredDuringExecution": inside}
    assert pins(edge, {"affinity": {"nodeAffinity": required}}) is None


def test_a_patch_of_the_workload_pins(edge: Documents) -> None:
    pod = {"spec": {"template": {"spec": {"nodeSelector": {OBJECT_KEY: "p"}}}}}
    kubernetes(edge)["envoyDeployment"] = {"patch": {"value": pod}}
    assert proxy_of(edge).pins() == (OBJECT_KEY, "p")


# -- who serves it


def test_an_instance_of_a_pool_serves_the_gateways_of_that_pool() -> None:
    pools = PoolIndex.of(Documents.edge("two-pools").store())
    pin = (PROVIDER_KEY, "NPXXX")
    assert serves(pin, pools, None)
    assert serves(pin, pools, "NPXXX")
    assert serves(pin, pools, "hangzhou"), "any name of the pool will do"
    assert not serves(pin, pools, "shenzhen")
    assert not serves(pin, pools, "nowhere")


def test_pools_that_no_object_knows_are_compared_by_name() -> None:
    assert serves((PROVIDER_KEY, "np1"), PoolIndex(), "np1")
    assert not serves((PROVIDER_KEY, "np1"), PoolIndex(), "np2")


def test_gateways_of_no_pool_are_served_unless_that_is_switched_off() -> None:
    assert serves(None, PoolIndex(), "np1")
    assert not serves(None, PoolIndex(), "np1", serve_unscoped=False)
    assert serves(None, PoolIndex(), None, serve_unscoped=False)

"""The scenario of the examples, resolved: classes, generated objects, statuses, shares."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gwroute
from gwroute.model import HTTPRoute, ObjectKey
from gwroute.resolve import Resolution
from gwroute.resolve.generated import objects_of
from gwroute.router import Forward, Request, Respond, Router, resolve
from gwroute.sources.files import load
from gwroute.store import ObjectStore

EDGE = Path(gwroute.__file__).parent / "examples" / "edge"
GATEWAY = ObjectKey("Gateway", "default", "ack-gateway")
ROUTE = ObjectKey("HTTPRoute", "default", "backend")
COMMON = ("backend", "gatewayclass", "gateway-config", "gateway", "two-pools")


def store(route: str) -> ObjectStore:
    return load(*(EDGE / f"{name}.yaml" for name in (*COMMON, f"httproute-{route}")))


def resolved(objects: ObjectStore, **options: Any) -> Resolution:
    return resolve(objects, gateway="default/ack-gateway", **options)


def verdicts(found: Resolution, key: ObjectKey) -> dict[str, str]:
    return {c.type: c.status for c in found.conditions if c.object == key and c.listener is None}


def shares(found: Resolution) -> dict[str, float]:
    """Backend or status, and its share of a thousand evenly spread draws."""
    router, counts = Router(found.snapshot), dict[str, float]()
    for number in range(1000):
        request = Request("GET", "http://www.example.com/get")
        match router.decide(request, draw=number / 1000):
            case Forward(upstream=upstream):
                name = upstream
            case Respond(status=status):
                name = str(status)
        counts[name] = round(counts.get(name, 0) + 0.001, 3)
    return counts


@pytest.mark.parametrize("route", ["prefix", "header", "weight"])
def test_s1_all_files_load_without_a_complaint(route: str) -> None:
    objects = store(route)
    assert objects.findings == ()
    assert resolved(objects, node="node-a1").findings == ()


def test_s2_the_class_is_accepted() -> None:
    found = resolved(store("prefix"))
    assert verdicts(found, ObjectKey("GatewayClass", None, "ack-gateway")) == {"Accepted": "True"}
    (gateway,) = found.gateways
    controller = "gateway.envoyproxy.io/gatewayclass-controller"
    assert gateway.gateway_class.spec.controller_name == controller


def test_s4_the_gateway_is_programmed_and_counts_the_route() -> None:
    found = resolved(store("prefix"))
    assert verdicts(found, GATEWAY) == {
        "Accepted": "True",
        "Programmed": "True",
        "ResolvedRefs": "True",
    }
    (listener,) = found.gateways[0].listeners
    assert (listener.name, listener.attached_routes) == ("http", 1)


def test_s4_before_there_is_a_route_it_counts_none() -> None:
    found = resolved(store("prefix").delete(ROUTE))
    assert found.gateways[0].listeners[0].attached_routes == 0


def test_s6_s8_the_generated_objects() -> None:
    (gateway,) = resolved(store("prefix")).gateways
    service, deployment = objects_of(gateway.gateway, gateway.proxy)
    assert service["metadata"]["name"] == "envoy-default-ack-gateway-7452df7d"
    assert service["metadata"]["annotations"] == {
        "openyurt.io/topologyKeys": "openyurt.io/nodepool"
    }
    label = "gateway.envoyproxy.io/owning-gateway-name"
    assert service["metadata"]["labels"][label] == "ack-gateway"
    assert service["spec"]["type"] == "NodePort"
    selector = deployment["spec"]["template"]["spec"]["nodeSelector"]
    assert selector == {"alibabacloud.com/nodepool-id": "NPXXX"}


def test_s9_the_route_has_one_parent_with_which_all_is_well() -> None:
    found = resolved(store("prefix"))
    assert verdicts(found, ROUTE) == {"Accepted": "True", "ResolvedRefs": "True"}
    assert len({id(c.parent) for c in found.conditions if c.object == ROUTE}) == 1


def test_a_gateway_without_its_parameters_waits_for_them() -> None:
    proxy = ObjectKey("EnvoyProxy", "default", "custom-proxy-config")
    found = resolved(store("prefix").delete(proxy))
    accepted = next(c for c in found.conditions if c.object == GATEWAY and not c.listener)
    assert (accepted.status, accepted.reason) == ("False", "InvalidParameters")
    assert found.snapshot.listeners == ()


def test_s28_weights_are_shares() -> None:
    found = resolved(store("weight"), node="node-a1")
    assert shares(found) == {"default/backend:3000": 0.8, "default/backend-2:3000": 0.2}


def weighted(*weights: int) -> ObjectStore:
    objects = store("weight")
    (route,) = objects.of(HTTPRoute)
    (rule,) = route.spec.rules
    refs = tuple(replace(ref, weight=w) for ref, w in zip(rule.backend_refs, weights, strict=True))
    spec = replace(route.spec, rules=(replace(rule, backend_refs=refs),))
    return objects.put(replace(route, spec=spec))


@pytest.mark.parametrize("weights", [(800, 200), (4, 1), (80, 20)])
def test_s29_only_the_proportion_counts(weights: tuple[int, int]) -> None:
    found = resolved(weighted(*weights), node="node-a1")
    assert shares(found) == {"default/backend:3000": 0.8, "default/backend-2:3000": 0.2}


def test_s30_weight_0_is_no_traffic_and_no_weight_at_all_is_500() -> None:
    assert shares(resolved(weighted(8, 0), node="node-a1")) == {"default/backend:3000": 1}
    assert shares(resolved(weighted(0, 0), node="node-a1")) == {"500": 1}


def test_s31_a_backend_without_endpoint_in_the_pool_keeps_its_share() -> None:
    found = resolved(store("weight"), node_pool="shenzhen")
    assert shares(found) == {"default/backend:3000": 0.8, "503": 0.2}
    assert verdicts(found, ROUTE)["ResolvedRefs"] == "True"


def test_s32_a_deleted_service_gets_500_for_its_share_and_is_named() -> None:
    gone = ObjectKey("Service", "default", "backend-2")
    found = resolved(store("weight").delete(gone), node="node-a1")
    assert shares(found) == {"default/backend:3000": 0.8, "500": 0.2}
    (refs,) = (c for c in found.conditions if c.object == ROUTE and c.type == "ResolvedRefs")
    assert (refs.status, refs.reason) == ("False", "BackendNotFound")
    assert "Service default/backend-2 does not exist" in refs.message
    (finding,) = found.findings
    assert (finding.code, finding.field) == ("GWR203", "spec.rules[0].backendRefs[1].name")

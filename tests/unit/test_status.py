"""Statuses as a controller would write them."""

from gwroute.resolve import Options, Resolution, resolve
from gwroute.resolve.features import FEATURES
from gwroute.status import status_of, with_status
from gwroute.store import ObjectStore
from support.keys import BY_FORM
from support.objects import obj

CONTROLLER = "gwroute.dev/gateway-controller"
LISTENER = {"name": "web", "port": 80, "protocol": "HTTP"}
OBJECTS = [
    obj("GatewayClass", "c", spec={"controllerName": CONTROLLER}),
    obj(
        "Gateway",
        "g",
        generation=2,
        spec={
            "gatewayClassName": "c",
            "listeners": [LISTENER],
            "allowedListeners": {"namespaces": {"from": "Same"}},
        },
    ),
    obj(
        "ListenerSet",
        "s",
        spec={"parentRef": {"name": "g"}, "listeners": [{**LISTENER, "port": 81}]},
    ),
    obj(
        "HTTPRoute",
        "r",
        generation=5,
        created="2024-05-01T12:00:00Z",
        spec={
            "parentRefs": [
                {"name": "g", "namespace": "default", "sectionName": "web", "port": 80},
                {"name": "g", "sectionName": "gone"},
            ]
        },
    ),
    obj("Service", "unused"),
]
STORE = ObjectStore(OBJECTS)


def resolved() -> Resolution:
    return resolve(STORE, Options(), lambda _: None, BY_FORM)


def test_a_class_lists_its_features_in_order() -> None:
    status = status_of(resolved(), OBJECTS[0].key)
    assert status is not None
    assert status["conditions"][0]["type"] == "Accepted"
    names = [feature["name"] for feature in status["supportedFeatures"]]
    assert names == sorted(FEATURES)
    assert len(set(names)) == len(names) <= 64


def test_a_gateway_lists_its_own_listeners_and_counts_sets() -> None:
    status = status_of(resolved(), OBJECTS[1].key)
    assert status is not None
    assert [item["type"] for item in status["conditions"]] == [
        "Accepted",
        "Programmed",
        "ResolvedRefs",
    ]
    assert status["attachedListenerSets"] == 1
    (listener,) = status["listeners"]
    assert listener["name"] == "web"
    assert listener["attachedRoutes"] == 1
    assert {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"} in listener["supportedKinds"]
    assert {item["observedGeneration"] for item in listener["conditions"]} == {2}


def test_a_set_lists_its_listeners() -> None:
    status = status_of(resolved(), OBJECTS[2].key)
    assert status is not None
    assert [item["name"] for item in status["listeners"]] == ["web"]
    assert "attachedListenerSets" not in status


def test_a_route_has_an_entry_for_each_parent_as_written() -> None:
    status = status_of(resolved(), OBJECTS[3].key)
    assert status is not None
    first, second = status["parents"]
    assert first["parentRef"] == {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        "namespace": "default",
        "name": "g",
        "sectionName": "web",
        "port": 80,
    }
    assert "namespace" not in second["parentRef"]
    assert first["controllerName"] == CONTROLLER
    assert [c["status"] for c in first["conditions"]] == ["True", "True"]
    assert [c["reason"] for c in second["conditions"]] == ["NoMatchingParent", "ResolvedRefs"]
    assert {c["observedGeneration"] for c in first["conditions"]} == {5}


def test_nothing_is_said_of_other_objects() -> None:
    assert status_of(resolved(), OBJECTS[4].key) is None


def test_objects_come_whole_with_their_status() -> None:
    found = {item["kind"]: item for item in with_status(STORE, resolved())}
    assert "conditions" not in found["Service"].get("status", {})
    route = found["HTTPRoute"]
    assert route["apiVersion"] == "gateway.networking.k8s.io/v1"
    assert route["metadata"]["creationTimestamp"] == "2024-05-01T12:00:00Z"
    assert route["spec"]["parentRefs"][1]["sectionName"] == "gone"
    assert route["status"] == status_of(resolved(), OBJECTS[3].key)

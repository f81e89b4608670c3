"""What is taken for granted, and what is not."""

import pytest

from gwroute.model import GatewayClass, Namespace, Object, Secret, Service
from gwroute.resolve import Options, Resolver, resolve
from gwroute.resolve.assume import Assumer
from gwroute.store import ObjectStore
from support.keys import BY_FORM
from support.objects import obj

ROUTE = obj(
    "HTTPRoute",
    "cart",
    "shop",
    spec={
        "parentRefs": [{"name": "public", "namespace": "infra"}],
        "rules": [{"backendRefs": [{"name": "cart", "port": 8080}, {"name": "b", "port": 1}]}],
    },
)


def accepts(_: str) -> None:
    return None


def completed(*objects: Object, **options: object) -> tuple[ObjectStore, tuple[str, ...]]:
    found = Assumer(Options(**options)).complete(ObjectStore(objects))
    return found.store, found.sentences


def test_a_route_alone_is_served() -> None:
    found = resolve(ObjectStore([ROUTE]), Options(assume=True), accepts, BY_FORM)
    assert [listener.key for listener in found.snapshot.listeners] == [
        "infra/public/http",
        "infra/public/https",
    ]
    assert all(upstream.assumed for upstream in found.snapshot.upstreams)
    assert found.findings == ()
    assert len(found.assumed) == 3
    assert [gateway.assumed for gateway in found.gateways] == [True]


def test_services_that_filters_name_are_taken_to_exist() -> None:
    def mirror(name: str) -> dict[str, object]:
        return {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": name, "port": 1}}}

    check = {"protocol": "HTTP", "http": {}, "backendRef": {"name": "check", "port": 2}}
    rule = {
        "filters": [mirror("copy"), {"type": "ExternalAuth", "externalAuth": check}],
        "backendRefs": [{"name": "cart", "port": 8080, "filters": [mirror("own")]}],
    }
    spec = {"parentRefs": [{"name": "public"}], "rules": [rule]}
    found = resolve(
        ObjectStore([obj("HTTPRoute", "r", spec=spec)]), Options(assume=True), accepts, BY_FORM
    )
    assert {upstream.service.split("/")[1] for upstream in found.snapshot.upstreams} == {
        "cart:8080",
        "check:2",
        "copy:1",
        "own:1",
    }
    assert found.findings == ()


def test_nothing_is_said_of_objects_that_are_not_there() -> None:
    found = resolve(ObjectStore([ROUTE]), Options(assume=True), accepts, BY_FORM)
    assert {condition.object for condition in found.conditions} == {ROUTE.key}


def test_strict_assumes_nothing() -> None:
    found = resolve(ObjectStore([ROUTE]), Options(), accepts, BY_FORM)
    assert found.snapshot.rules == ()
    assert [finding.code for finding in found.findings] == ["GWR303", "GWR203", "GWR203"]


def test_one_service_means_that_services_are_complete() -> None:
    service = obj("Service", "cart", "shop", spec={"ports": [{"port": 8080}]})
    store, sentences = completed(ROUTE, service)
    assert store.of(Service) == (service,)
    assert not any("no Service" in sentence for sentence in sentences)


def test_one_slice_means_that_slices_are_complete() -> None:
    piece = obj("EndpointSlice", "x", "shop", addressType="IPv4")
    found = resolve(ObjectStore([ROUTE, piece]), Options(assume=True), accepts, BY_FORM)
    assert not any(upstream.assumed for upstream in found.snapshot.upstreams)


@pytest.mark.parametrize(
    ("names", "controller"),
    [(("x.example/y",), "x.example/y"), (("*",), "gwroute.dev/gateway-controller")],
)
def test_a_missing_class_is_ours(names: tuple[str, ...], controller: str) -> None:
    gateway = obj("Gateway", "g", spec={"gatewayClassName": "gone", "listeners": []})
    store, _ = completed(gateway, controller_names=names)
    assert [item.spec.controller_name for item in store.of(GatewayClass)] == [controller]


def test_namespaces_are_made_only_where_labels_count() -> None:
    listener = {"name": "l", "port": 80, "protocol": "HTTP"}
    spec = {"gatewayClassName": "c", "listeners": [listener]}
    assert completed(obj("Gateway", "g", spec=spec), ROUTE)[0].of(Namespace) == ()
    selector = {"namespaces": {"from": "Selector", "selector": {}}}
    spec = {"gatewayClassName": "c", "listeners": [{**listener, "allowedRoutes": selector}]}
    store, sentences = completed(obj("Gateway", "g", spec=spec), ROUTE)
    assert [item.name for item in store.of(Namespace)] == ["shop"]
    assert any(sentence.startswith("Namespace shop") for sentence in sentences)


def test_certificates_are_made_only_where_there_is_no_secret() -> None:
    tls = {"certificateRefs": [{"name": "s"}]}
    listener = {"name": "l", "port": 443, "protocol": "HTTPS", "tls": tls}
    gateway = obj("Gateway", "g", spec={"gatewayClassName": "c", "listeners": [listener]})
    assert [item.name for item in completed(gateway)[0].of(Secret)] == ["s"]
    other = obj("Secret", "other")
    assert completed(gateway, other)[0].of(Secret) == (other,)


def test_sections_of_an_assumed_gateway_are_not_known() -> None:
    refs = [{"name": "public", "sectionName": "web"}, {"name": "public", "sectionName": "https"}]
    route = obj("HTTPRoute", "r", spec={"parentRefs": refs})
    found = resolve(ObjectStore([route]), Options(assume=True), accepts, BY_FORM)
    assert [listener.attached_routes for listener in found.gateways[0].listeners] == [1, 1]


def test_a_gateway_that_is_named_goes_before_one_that_is_assumed() -> None:
    listener = {"name": "l", "port": 80, "protocol": "HTTP"}
    spec = {"gatewayClassName": "c", "listeners": [listener]}
    refs = [{"name": "a"}, {"name": "b"}]
    route = obj("HTTPRoute", "r", spec={"parentRefs": refs})
    store = ObjectStore([obj("Gateway", "b", spec=spec), route])
    found = Resolver(Options(assume=True), accepts, BY_FORM).resolve(store)
    assert found.snapshot.listeners[0].gateway == "default/b"

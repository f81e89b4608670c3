"""Services without endpoints, and rules without backends."""

from __future__ import annotations

from typing import Any

import pytest

from gwroute.checks import validate
from gwroute.router import resolve
from support.documents import Documents
from support.pages import world


@pytest.fixture
def shop() -> Documents:
    """A route to one Service."""
    return Documents(world("GWR001"))


@pytest.fixture
def sites() -> Documents:
    """Two pools, each with a Gateway and an endpoint."""
    return Documents(world("GWR501"))


def told(objects: Documents, **options: Any) -> list[tuple[str, str | None, str]]:
    """Code, field and message of each finding."""
    store = objects.store()
    findings = validate(store, resolve(store, **options))
    return [(item.code, item.field, item.message) for item in findings]


def test_an_endpoint_that_is_not_ready_is_none(shop: Documents) -> None:
    shop.of("EndpointSlice", "web-1")["endpoints"][0]["conditions"] = {"ready": False}
    assert told(shop) == [
        (
            "GWR208",
            None,
            "Service shop/web: none of its endpoints is ready; its share of the requests gets 503",
        )
    ]


def test_a_service_may_lack_slices_where_others_have_them(shop: Documents) -> None:
    (found,) = told(shop.drop("EndpointSlice", "web-1"))
    assert found[0] == "GWR208"
    assert "Service shop/web: it has no EndpointSlice" in found[2]


def test_without_any_slice_nothing_is_known_of_endpoints(shop: Documents) -> None:
    assert told(shop.drop("EndpointSlice")) == []


def test_a_slice_may_be_empty(shop: Documents) -> None:
    shop.of("EndpointSlice", "web-1")["endpoints"] = []
    (found,) = told(shop)
    assert "its EndpointSlices have no endpoint for it" in found[2]


def test_a_port_without_a_name_belongs_to_a_port_without_a_name(shop: Documents) -> None:
    del shop.of("Service", "web")["spec"]["ports"][0]["name"]
    (found,) = told(shop)
    assert found[1] == "spec.ports[0].port"
    assert "have no port without a name (there is 'http')" in found[2]


def test_a_service_that_nothing_refers_to_may_lack_endpoints(shop: Documents) -> None:
    assert told(shop.drop("EndpointSlice", "cart-1")) == []


def test_a_backend_without_a_share_may_lack_endpoints(shop: Documents) -> None:
    rule = shop.of("HTTPRoute", "web")["spec"]["rules"][0]
    rule["backendRefs"].append({"name": "cart", "port": 8080, "weight": 0})
    assert told(shop.drop("EndpointSlice", "cart-1")) == []


def test_readiness_within_a_pool_is_no_lack_of_the_pool(sites: Documents) -> None:
    sites.of("EndpointSlice", "orders-1")["endpoints"][1]["conditions"] = {"ready": False}
    (found,) = told(sites)
    assert found[0] == "GWR208"
    assert "none of its endpoints is ready in reach of Gateway infra/shenzhen" in found[2]


def test_what_strict_mode_refused_is_not_told_again(sites: Documents) -> None:
    annotations = sites.of("Service", "orders")["metadata"]["annotations"]
    annotations["openyurt.io/topologyKeys"] = "openyurt.io/nodepools"
    assert [item[0] for item in told(sites, pool_mode="strict")] == ["GWR501"]


def test_a_redirect_needs_no_backend(shop: Documents) -> None:
    rule = shop.of("HTTPRoute", "web")["spec"]["rules"][0]
    del rule["backendRefs"]
    assert [item[0] for item in told(shop)] == ["GWR207"]
    rule["filters"] = [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]
    assert told(shop) == []

"""Services that ask for a topology, in use or not."""

from __future__ import annotations

from typing import Any

import pytest

from gwroute.checks import validate
from gwroute.router import resolve
from support.documents import Documents
from support.pages import world

TOPOLOGY = "openyurt.io/topologyKeys"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  template:
    metadata: {labels: {app: orders, tier: back}}
    spec: {containers: []}
"""


@pytest.fixture
def sites() -> Documents:
    return Documents(world("GWR501"))


def told(objects: Documents, **options: Any) -> list[tuple[str, str]]:
    store = objects.store()
    findings = validate(store, resolve(store, **options))
    return [(item.code, str(item.object)) for item in findings]


def test_a_value_nobody_understands_is_told_once_where_two_gateways_use_it(
    sites: Documents,
) -> None:
    sites.of("Service", "orders")["metadata"]["annotations"][TOPOLOGY] = "somewhere"
    assert told(sites) == [("GWR501", "Service shop/orders")]


def test_a_value_nobody_understands_is_told_of_a_service_out_of_use(sites: Documents) -> None:
    sites.of("Service", "cart")["metadata"]["annotations"] = {TOPOLOGY: "a,b"}
    assert told(sites) == [("GWR502", "Service shop/cart")]


def test_where_the_proxy_is_does_not_matter_to_a_service_out_of_use(sites: Documents) -> None:
    sites.of("Service", "cart")["metadata"]["annotations"] = {TOPOLOGY: "kubernetes.io/hostname"}
    assert told(sites) == []


def test_the_old_spelling_is_told_within_a_list(sites: Documents) -> None:
    annotations = sites.of("Service", "orders")["metadata"]["annotations"]
    annotations[TOPOLOGY] = "kubernetes.io/zone, *"
    assert told(sites, topology_fallback=True) == [("GWR503", "Service shop/orders")]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, ["GWR513"]),
        ({"nodeSelector": {"alibabacloud.com/nodepool-id": "NPXXX"}}, []),
        ({"nodeSelector": {"disk": "ssd"}}, ["GWR513"]),
    ],
)
def test_pods_are_pinned_by_any_pool_label(
    sites: Documents, change: dict[str, Any], codes: list[str]
) -> None:
    sites.add(DEPLOYMENT).of("Deployment", "orders")["spec"]["template"]["spec"].update(change)
    assert [code for code, _ in told(sites)] == codes


def test_pods_of_another_service_may_run_anywhere(sites: Documents) -> None:
    labels = sites.add(DEPLOYMENT).of("Deployment", "orders")["spec"]["template"]["metadata"]
    labels["labels"] = {"app": "orders-web"}
    assert told(sites) == []

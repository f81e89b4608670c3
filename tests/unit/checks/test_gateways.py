"""Gateways of node pools: what of their exposure is told, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from gwroute.checks import validate
from gwroute.checks.gateways import listens
from gwroute.router import resolve
from support.documents import Documents
from support.pages import world

LISTEN = "nodeport.openyurt.io/listen"


@pytest.fixture
def sites() -> Documents:
    """Two pools with a Gateway each."""
    return Documents(world("GWR501"))


def kubernetes(sites: Documents, name: str = "shenzhen") -> Any:
    return sites.of("EnvoyProxy", name)["spec"]["provider"]["kubernetes"]


def told(sites: Documents, **options: Any) -> list[tuple[str, str]]:
    """Code and object of each finding."""
    objects = sites.store()
    return [
        (item.code, str(item.object)) for item in validate(objects, resolve(objects, **options))
    ]


@pytest.mark.parametrize(
    ("value", "opens"),
    [
        ("hz", True),
        ("hz,sz", True),
        (" sz , hz ", True),
        ("*", True),
        ("-hz,*", False),
        ("-sz,*", True),
        ("sz", False),
        ("-sz", False),
        ("", False),
        ("hz,-hz", True),
        ("-hz,hz", False),
    ],
)
def test_where_a_node_port_opens(value: str, opens: bool) -> None:
    assert listens(value, "hz") is opens


def test_a_port_that_is_closed_everywhere_else_by_exclusion_is_fine(sites: Documents) -> None:
    kubernetes(sites)["envoyService"]["annotations"][LISTEN] = "-hangzhou,*"
    assert told(sites) == []


def test_a_port_that_opens_in_another_pool_too_is_told(sites: Documents) -> None:
    kubernetes(sites)["envoyService"]["annotations"][LISTEN] = "shenzhen,hangzhou"
    assert told(sites) == [("GWR511", "EnvoyProxy infra/shenzhen")]


def test_where_there_is_one_pool_it_is_open_nowhere_else(sites: Documents) -> None:
    sites.drop("Node", "node-a1").drop("EnvoyProxy", "hangzhou").drop("Gateway", "hangzhou")
    del sites.of("HTTPRoute", "orders")["spec"]["parentRefs"][0]
    del kubernetes(sites)["envoyService"]["annotations"][LISTEN]
    assert told(sites) == []


@pytest.mark.parametrize("replicas", [1, 2])
def test_local_needs_a_proxy_on_each_node(sites: Documents, replicas: int) -> None:
    sites.of("Node", "node-a1")["metadata"]["labels"] = {"apps.openyurt.io/nodepool": "shenzhen"}
    found = kubernetes(sites)
    found["envoyDeployment"] = {**found.pop("envoyDaemonSet"), "replicas": replicas}
    codes = [item for item in told(sites) if item[0] == "GWR510"]
    assert codes == ([("GWR510", "EnvoyProxy infra/shenzhen")] if replicas == 1 else [])


def test_without_nodes_nothing_is_known_of_pools(sites: Documents) -> None:
    sites.drop("Node")
    assert "GWR505" not in dict(told(sites))
    assert [where for code, where in told(sites) if code == "GWR506"] == [
        "Service shop/orders",
        "Service shop/orders",
    ]


def test_a_gateway_without_parameters_is_told_at_itself(sites: Documents) -> None:
    annotations = {"openyurt.io/topologyKeys": "openyurt.io/nodepool"}
    sites.of("Gateway", "public")["spec"]["infrastructure"] = {"annotations": annotations}
    assert told(sites) == [("GWR509", "Gateway infra/public")]


def test_parameters_of_the_class_are_told_where_they_are_written(sites: Documents) -> None:
    reference = {
        "group": "gateway.envoyproxy.io",
        "kind": "EnvoyProxy",
        "name": "shared",
        "namespace": "infra",
    }
    sites.of("GatewayClass", "gwroute")["spec"]["parametersRef"] = reference
    sites.add(
        """
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {name: shared, namespace: infra}
spec: {provider: {type: Kubernetes, kubernetes: {envoyService: {type: NodePort}}}}
"""
    )
    assert told(sites) == [("GWR507", "EnvoyProxy infra/shared")]

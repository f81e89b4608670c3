from typing import Any

import pytest

from gwroute.cli.columns import columns_of


def row(kind: str, wide: bool = False, **object_: Any) -> dict[str, str]:
    object_.setdefault("metadata", {"name": "x"})
    return {column.title: column.cell(object_) for column in columns_of(kind, wide=wide)}


@pytest.mark.parametrize(
    ("kind", "titles"),
    [
        ("GatewayClass", "NAME CONTROLLER ACCEPTED AGE"),
        ("Gateway", "NAME CLASS ADDRESS PROGRAMMED AGE"),
        ("HTTPRoute", "NAME HOSTNAMES AGE"),
        ("ReferenceGrant", "NAME AGE"),
        ("Service", "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE"),
        ("NodePool", "NAME TYPE READYNODES NOTREADYNODES AGE"),
    ],
)
def test_titles_are_kubectls(kind: str, titles: str) -> None:
    assert " ".join(row(kind)) == titles


def test_a_class_that_nobody_looked_at_is_unknown() -> None:
    assert row("GatewayClass", spec={"controllerName": "a/b"}) == {
        "NAME": "x",
        "CONTROLLER": "a/b",
        "ACCEPTED": "Unknown",
        "AGE": "<unknown>",
    }


def test_a_status_condition_is_shown() -> None:
    conditions = [{"type": "Programmed", "status": "True"}]
    addresses = [{"value": "10.0.0.1"}, {"value": "10.0.0.2"}]
    shown = row("Gateway", status={"conditions": conditions, "addresses": addresses})
    assert (shown["ADDRESS"], shown["PROGRAMMED"]) == ("10.0.0.1,10.0.0.2", "True")


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, {}, ("ClusterIP", "<none>", "<none>", "<none>")),
        (
            {
                "type": "NodePort",
                "clusterIP": "192.168.86.174",
                "ports": [{"port": 80, "nodePort": 30364, "protocol": "TCP"}],
            },
            {},
            ("NodePort", "192.168.86.174", "<none>", "80:30364/TCP"),
        ),
        (
            {"type": "NodePort", "ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]},
            {},
            ("NodePort", "<none>", "<none>", "80:<pending>/TCP,53:<pending>/UDP"),
        ),
        (
            {
                "type": "LoadBalancer",
                "clusterIP": "10.0.0.1",
                "ports": [{"port": 80}, {"port": 443}],
            },
            {},
            ("LoadBalancer", "10.0.0.1", "<pending>", "80/TCP,443/TCP"),
        ),
        (
            {"type": "LoadBalancer"},
            {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}, {"hostname": "lb.example"}]}},
            ("LoadBalancer", "<none>", "1.2.3.4,lb.example", "<none>"),
        ),
        (
            {"type": "ExternalName", "externalName": "db.example"},
            {},
            ("ExternalName", "<none>", "db.example", "<none>"),
        ),
    ],
)
def test_services(spec: dict[str, Any], status: dict[str, Any], expected: tuple[str, ...]) -> None:
    shown = row("Service", spec=spec, status=status)
    assert tuple(shown[t] for t in ("TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)")) == expected


def test_many_endpoints_are_cut_short() -> None:
    endpoints = [{"addresses": [f"10.0.0.{i}"]} for i in range(1, 6)]
    shown = row("EndpointSlice", addressType="IPv4", ports=[{"port": 3000}], endpoints=endpoints)
    assert shown["ENDPOINTS"] == "10.0.0.1,10.0.0.2,10.0.0.3 + 2 more..."
    assert shown["PORTS"] == "3000"


def test_hostnames_are_shown_as_the_api_server_does() -> None:
    assert row("HTTPRoute", spec={"hostnames": ["a.b", "*.c"]})["HOSTNAMES"] == '["a.b","*.c"]'
    assert row("HTTPRoute", spec={})["HOSTNAMES"] == ""


def test_a_node_is_ready_schedulable_and_somewhere() -> None:
    shown = row(
        "Node",
        wide=True,
        metadata={"name": "a1", "labels": {"node-role.kubernetes.io/edge": ""}},
        spec={"unschedulable": True},
        status={
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": "10.1.0.11"}],
        },
    )
    assert (shown["STATUS"], shown["ROLES"]) == ("Ready,SchedulingDisabled", "edge")
    assert (shown["INTERNAL-IP"], shown["EXTERNAL-IP"]) == ("10.1.0.11", "<none>")


def test_an_object_of_the_wrong_shape_does_not_break_the_table() -> None:
    assert row("Service", spec=None, status="x")["TYPE"] == "ClusterIP"
    assert row("Gateway", metadata={"name": "x", "creationTimestamp": "yesterday"})["AGE"] == (
        "<unknown>"
    )

"""What is said of BackendTLSPolicies where there is more of it than a status can hold."""

from __future__ import annotations

import pytest

from gwroute import resolve
from support.documents import Documents

VERSION = "gateway.networking.k8s.io/v1"


def world(gateways: int) -> Documents:
    """A Service with a policy, and so many Gateways through which it is used."""
    names = [f"g{number:02}" for number in range(gateways)]
    listener = {"name": "web", "port": 80, "protocol": "HTTP"}
    service = {"group": "", "kind": "Service", "name": "cart"}
    objects = {
        ("GatewayClass", "c"): {"controllerName": "gwroute.dev/gateway-controller"},
        **{("Gateway", n): {"gatewayClassName": "c", "listeners": [listener]} for n in names},
        ("HTTPRoute", "r"): {
            "parentRefs": [{"name": name} for name in names],
            "rules": [{"backendRefs": [{"name": "cart", "port": 443}]}],
        },
        ("BackendTLSPolicy", "p"): {
            "targetRefs": [service],
            "validation": {"hostname": "cart.internal", "wellKnownCACertificates": "System"},
        },
    }
    made = [
        {"apiVersion": VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
        for (kind, name), spec in objects.items()
    ]
    port = {"name": "https", "port": 443}
    cart = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart"}}
    return Documents([*made, {**cart, "spec": {"ports": [port]}}])


@pytest.mark.parametrize(("gateways", "entries"), [(1, 1), (16, 16), (17, 16)])
def test_a_status_has_sixteen_entries_at_most(gateways: int, entries: int) -> None:
    conditions = resolve(world(gateways).store()).conditions
    told = [c.parent for c in conditions if c.object.kind == "BackendTLSPolicy"]
    names = {parent.name for parent in told if parent is not None}
    assert names == {f"g{number:02}" for number in range(entries)}

"""What decides between equals, and what a rule that is dropped still says."""

from __future__ import annotations

from typing import Any

from gwroute import Request, Router
from gwroute.model import Object
from gwroute.resolve import Resolution
from gwroute.router import resolve
from support.objects import obj

LISTENER = {"name": "l", "port": 80, "protocol": "HTTP"}
EVERYBODY = {"namespaces": {"from": "All"}}


def gateway() -> list[Object]:
    spec = {
        "gatewayClassName": "ours",
        "listeners": [LISTENER | {"port": 8080}],
        "allowedListeners": EVERYBODY,
    }
    return [
        obj("GatewayClass", "ours", spec={"controllerName": "gwroute.dev/gateway-controller"}),
        obj("Gateway", "g", "infra", spec=spec),
    ]


def route(kind: str, namespace: str, **rule: Any) -> Object:
    parent = {"name": "g", "namespace": "infra"}
    return obj(kind, "r", namespace, spec={"parentRefs": [parent], "rules": [rule]})


def resolved_refs(found: Resolution) -> str:
    (reason,) = (
        x.reason for x in found.conditions if (x.object.name, x.type) == ("r", "ResolvedRefs")
    )
    return reason


def test_listener_sets_of_one_age_are_ordered_by_namespace_and_name_as_one_text() -> None:
    parent = {"name": "g", "namespace": "infra"}
    spec = {"parentRef": parent, "listeners": [LISTENER]}
    sets = [obj("ListenerSet", "s", namespace, spec=spec) for namespace in ("a", "a-b")]
    snapshot = resolve([*gateway(), *sets]).snapshot
    assert [x.key for x in snapshot.listeners if x.port == 80] == ["infra/g/a-b/s/l"]


def test_references_of_a_dropped_rule_count_for_the_status() -> None:
    match = {"path": {"type": "Glob", "value": "/"}}
    missing = {"name": "none", "port": 80}
    dropped = route("HTTPRoute", "infra", matches=[match], backendRefs=[missing])
    assert resolved_refs(resolve([*gateway(), dropped])) == "BackendNotFound"
    mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": missing}}
    dropped = route("HTTPRoute", "infra", matches=[match], filters=[mirror])
    assert resolved_refs(resolve([*gateway(), dropped])) == "BackendNotFound"


def test_an_expression_for_a_method_goes_before_none() -> None:
    """However short it is, it is longer than what stands for every method."""
    expression = {"type": "RegularExpression", "service": "s.*"}
    rules = [
        {"matches": [{"method": method}], "backendRefs": [{"name": name, "port": 80}]}
        for name, method in (("any", expression), ("get", expression | {"method": "G.*"}))
    ]
    spec = {"parentRefs": [{"name": "g"}], "rules": rules}
    services = [
        obj("Service", name, "infra", spec={"ports": [{"port": 80}]}) for name in ("any", "get")
    ]
    found = resolve([*gateway(), obj("GRPCRoute", "r", "infra", spec=spec), *services], assume=True)
    router = Router(found.snapshot)
    decision = router.decide(Request("POST", "http://a:8080/s.A/Get"), port=8080)
    assert decision.route is not None
    assert decision.route.rule == 1

"""Every row of the table of refusals is refused, where it says, and what it begins with is not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from conformance.edits import GATEWAY_API, get_at, set_at
from conformance.refusals import Refusal, refusals, told

ROWS = list(refusals())


@pytest.mark.parametrize("refusal", ROWS, ids=str)
def test_what_an_api_server_refuses_is_told_at_the_field(refusal: Refusal) -> None:
    assert [v for v in told(refusal.sound) if v.sort != "experimental"] == []
    found = {v.path: v.message for v in told(refusal.document()) if v.sort != "experimental"}
    assert refusal.at in found, found


LIMITS = {
    ("Gateway", "spec.listeners"): 64,
    ("Gateway", "spec.listeners[1].tls.certificateRefs"): 64,
    ("Gateway", "spec.addresses"): 16,
    ("Gateway", "spec.tls.frontend.default.validation.caCertificateRefs"): 16,
    ("HTTPRoute", "spec.parentRefs"): 32,
    ("HTTPRoute", "spec.hostnames"): 16,
    ("HTTPRoute", "spec.rules"): 16,
    ("HTTPRoute", "spec.rules[0].matches"): 64,
    ("HTTPRoute", "spec.rules[0].matches[0].headers"): 16,
    ("HTTPRoute", "spec.rules[0].matches[0].queryParams"): 16,
    ("HTTPRoute", "spec.rules[0].filters"): 16,
    ("HTTPRoute", "spec.rules[0].backendRefs"): 16,
    ("GRPCRoute", "spec.parentRefs"): 32,
    ("GRPCRoute", "spec.rules"): 16,
    ("GRPCRoute", "spec.rules[0].matches"): 64,
    ("GRPCRoute", "spec.rules[0].filters"): 16,
    ("ListenerSet", "spec.listeners"): 64,
    ("ReferenceGrant", "spec.from"): 16,
    ("ReferenceGrant", "spec.to"): 16,
    ("BackendTLSPolicy", "spec.targetRefs"): 16,
    ("BackendTLSPolicy", "spec.validation.subjectAltNames"): 5,
}
SOUND = {row.sound["kind"]: row.sound for row in ROWS}


@pytest.mark.parametrize(("kind", "path"), LIMITS)
def test_a_list_may_be_so_long_and_no_longer(kind: str, path: str) -> None:
    def is_too_long(number: int) -> bool:
        document: dict[str, Any] = copy.deepcopy(dict(SOUND[kind]))
        set_at(document, path, [get_at(document, path)[0]] * number)
        return (path, "size") in {(v.path, v.sort) for v in told(document)}

    limit = LIMITS[kind, path]
    assert (is_too_long(limit), is_too_long(limit + 1)) == (False, True)


def test_128_matches_are_allowed_and_no_more() -> None:
    def route(*matches: int) -> dict[str, Any]:
        rules = [
            {"matches": [{"path": {"value": f"/{rule}/{at}"}} for at in range(number)]}
            for rule, number in enumerate(matches)
        ]
        metadata = {"name": "many", "namespace": "shop"}
        return {
            "apiVersion": GATEWAY_API,
            "kind": "HTTPRoute",
            "metadata": metadata,
            "spec": {"rules": rules},
        }

    assert told(route(64, 64)) == ()
    assert [v.path for v in told(route(64, 64, 1))] == ["spec.rules"]
    assert [v.path for v in told(route(65))] == ["spec.rules[0].matches"]

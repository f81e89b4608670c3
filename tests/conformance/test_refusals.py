"""Every row of the table of refusals is refused, where it says, and what it begins with is not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.edits import GATEWAY_API
from conformance.refusals import Refusal, refusals, told

ROWS = list(refusals())


@pytest.mark.parametrize("refusal", ROWS, ids=str)
def test_what_an_api_server_refuses_is_told_at_the_field(refusal: Refusal) -> None:
    assert [v for v in told(refusal.sound) if v.sort != "experimental"] == []
    found = {v.path: v.message for v in told(refusal.document()) if v.sort != "experimental"}
    assert refusal.at in found, found


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

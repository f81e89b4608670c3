"""Whatever an object holds, holding it against the schemas comes to an end with a list."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwroute.model.schema import schema_of, violations

KINDS = ("HTTPRoute", "Gateway", "GRPCRoute", "BackendTLSPolicy", "ListenerSet")
FIELDS = st.sampled_from(
    [
        "spec", "metadata", "name", "namespace", "labels", "rules", "matches", "path", "type",
        "value", "filters", "requestRedirect", "timeouts", "request", "backendRefs", "port",
        "listeners", "hostname", "tls", "certificateRefs", "allowedRoutes", "addresses",
        "parentRefs", "sectionName", "validation", "targetRefs", "sessionPersistence",
    ]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["Exact", "RequestRedirect", "10s", "/a", "HTTPS", "*.example.com"])
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(FIELDS, inner, max_size=5)
        | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=30,
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_comes_to_a_list(kind: str) -> None:
    assert schema_of(kind) is not None

    @given(st.lists(VALUES, max_size=3))
    def holds(objects: list[Any]) -> None:
        documents = [json.dumps(item).encode() for item in objects]
        found = violations(kind, "gateway.networking.k8s.io/v1", documents)
        for at, item in enumerate(objects):
            told = [(row.sort, row.path) for row in found.get(at, ())]
            assert len(told) <= 100
            if not isinstance(item, dict):
                assert told == [("type", "")]
            elif item.get("spec") is None:
                assert ("required", "spec") in told

    holds()


def test_what_is_nested_deeply_is_not_taken_apart() -> None:
    document = b'{"a":' * 200 + b"1" + b"}" * 200
    with pytest.raises(ValueError, match="recursion limit"):
        violations("HTTPRoute", "gateway.networking.k8s.io/v1", [document])

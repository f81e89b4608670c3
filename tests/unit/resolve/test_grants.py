"""References into another namespace."""

import pytest

from gwroute.resolve.grants import Referrer, permitted
from gwroute.store import ObjectStore
from support.objects import obj

ROUTE = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "a"}
SERVICE = {"group": "", "kind": "Service"}


def allowed(*grants: tuple[list[dict], list[dict]], name: str = "web") -> bool:
    store = ObjectStore(
        obj("ReferenceGrant", f"g{number}", "b", spec={"from": from_, "to": to})
        for number, (from_, to) in enumerate(grants)
    )
    return permitted(store, Referrer("HTTPRoute", "a"), "", "Service", "b", name)


@pytest.mark.parametrize(
    ("from_", "to", "wanted"),
    [
        (ROUTE, SERVICE, True),
        (ROUTE, {**SERVICE, "name": "web"}, True),
        (ROUTE, {**SERVICE, "name": "other"}, False),
        (ROUTE, {**SERVICE, "group": "core"}, False),
        (ROUTE, {**SERVICE, "kind": "Secret"}, False),
        ({**ROUTE, "namespace": "c"}, SERVICE, False),
        ({**ROUTE, "kind": "GRPCRoute"}, SERVICE, False),
        ({**ROUTE, "group": ""}, SERVICE, False),
    ],
)
def test_a_grant_compares_exactly(from_, to, wanted) -> None:
    assert allowed(([from_], [to])) is wanted


def test_entries_are_alternatives_inside_one_grant() -> None:
    other = {**ROUTE, "namespace": "c"}
    assert allowed(([other, ROUTE], [{"group": "", "kind": "Secret"}, SERVICE]))


def test_two_halves_of_two_grants_are_none() -> None:
    other = {**ROUTE, "namespace": "c"}
    secret = {"group": "", "kind": "Secret"}
    assert not allowed(([ROUTE], [secret]), ([other], [SERVICE]))


def test_the_own_namespace_needs_no_grant() -> None:
    assert permitted(ObjectStore(), Referrer("HTTPRoute", "b"), "", "Service", "b", "web")

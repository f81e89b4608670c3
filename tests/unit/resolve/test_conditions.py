"""Conditions in words."""

from gwroute.model import ObjectKey
from gwroute.resolve.conditions import Condition, Type, Verdict, good

KEY = ObjectKey("HTTPRoute", "shop", "cart")


def test_a_condition_reads_as_a_line() -> None:
    verdict = Verdict(Type.RESOLVED_REFS, "False", "BackendNotFound", "Service shop/x is gone")
    condition = Condition.of(KEY, verdict, 1)
    wanted = "HTTPRoute shop/cart: ResolvedRefs=False (BackendNotFound) Service shop/x is gone"
    assert str(condition) == wanted
    assert not condition.ok


def test_negative_types_are_well_when_false() -> None:
    assert Condition.of(KEY, good(Type.ACCEPTED, "fine"), 1).ok
    assert not Condition.of(KEY, Verdict(Type.CONFLICTED, "True", "x", ""), 1).ok
    assert not Condition.of(KEY, Verdict(Type.PARTIALLY_INVALID, "True", "x", ""), 1).ok


def test_a_listener_is_named() -> None:
    key = ObjectKey("Gateway", "infra", "public")
    condition = Condition.of(key, good(Type.PROGRAMMED, "fine"), 1, "https")
    assert str(condition).startswith("Gateway infra/public listener https: Programmed=True")

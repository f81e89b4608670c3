"""What rules say about time, retries and sessions, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from gwroute import ir
from gwroute.model import HTTPRoute
from gwroute.resolve.invalid import Invalid
from gwroute.resolve.limits import Limits, lower_limits
from support.objects import obj


def limits(key: str = "r", **rule: Any) -> Limits:
    route = obj("HTTPRoute", "r", spec={"rules": [rule]})
    assert isinstance(route, HTTPRoute)
    return lower_limits(route.spec.rules[0], key)


def test_a_rule_that_says_nothing_has_no_limits() -> None:
    assert limits() == (None, None, None)
    assert limits(timeouts={}) == (None, None, None)


def test_times_are_milliseconds_and_zero_is_none_at_all() -> None:
    timeouts, _, _ = limits(timeouts={"request": "1m10s", "backendRequest": "0s"})
    assert timeouts == ir.Timeouts(70_000, 0)
    assert limits(timeouts={"request": "0s", "backendRequest": "5s"})[0] == ir.Timeouts(0, 5_000)


def test_retries_have_defaults() -> None:
    assert limits(retry={})[1] == ir.Retry((), 1, 25)
    given = {"codes": [503, 500, 503], "attempts": 3, "backoff": "1s"}
    assert limits(retry=given)[1] == ir.Retry((500, 503), 3, 1000)


def test_each_rule_has_a_session_of_its_own_name() -> None:
    cookie = {"type": "Cookie", "cookie": {}}
    one, other = (limits(key, sessionPersistence=cookie)[2] for key in ("a/0", "a/1"))
    assert one is not None
    assert other is not None
    assert one.name.startswith("gwroute-session-")
    assert one.name != other.name
    assert limits("a/0", sessionPersistence=cookie)[2] == one


def test_a_session_as_it_is_written() -> None:
    header = {"type": "Header", "header": {"name": "X-Stay"}, "absoluteTimeout": "1h"}
    assert limits(sessionPersistence=header)[2] == ir.Session("Header", "X-Stay", "/", False, 3.6e6)
    lasting = {"name": "s", "path": "/shop", "lifetimeType": "Permanent"}
    given = {"type": "Cookie", "cookie": lasting, "absoluteTimeout": "10s"}
    wanted = ir.Session("Cookie", "s", "/shop", True, 10_000)
    assert limits(sessionPersistence=given)[2] == wanted


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ("timeouts.backendRequest", {"timeouts": {"request": "1s", "backendRequest": "2s"}}),
        ("sessionPersistence.type", {"sessionPersistence": {"type": "Address"}}),
        (
            "sessionPersistence.cookie.name",
            {"sessionPersistence": {"type": "Cookie", "cookie": {"name": "a;b"}}},
        ),
        (
            "sessionPersistence.absoluteTimeout",
            {"sessionPersistence": {"cookie": {"lifetimeType": "Permanent"}}},
        ),
        (
            "sessionPersistence.cookie.lifetimeType",
            {"sessionPersistence": {"cookie": {"lifetimeType": "Forever"}}},
        ),
    ],
)
def test_what_cannot_be_used_is_named(field: str, rule: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as caught:
        limits(**rule)
    assert caught.value.field == field

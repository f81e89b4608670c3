"""The data plane from Python, without files or a controller."""

from __future__ import annotations

import pytest

from gwroute import Proxy, Router, ir
from support.client import send

MOVED = ir.Rule(
    "httproute/shop/web/rule/0",
    ir.RouteRef("HTTPRoute", "shop", "web", 0),
    (ir.VirtualHost("infra/public/http"),),
    (ir.RouteMatch(),),
    (ir.RequestRedirect(hostname="elsewhere.test"),),
)
SNAPSHOT = ir.Snapshot(
    (ir.Listener("infra/public/http", "infra/public", "http", 80, "HTTP"),), (MOVED,)
)


def status(proxy: Proxy, value: str) -> int:
    """What a request with that header value gets."""
    host, _, port = proxy.listen("infra/public", 80, "127.0.0.1:0").rpartition(":")
    answered, _, _ = send((host, int(port)), "GET", "/", (("host", "a.test"), ("x-long", value)))
    return int(answered)


@pytest.mark.parametrize(("limits", "expected"), [(None, 302), ({"header_bytes": 1024}, 431)])
def test_limits_are_given_by_name(limits: dict[str, int] | None, expected: int) -> None:
    with Proxy(workers=1, limits=limits, timeouts={"external_auth": 0.5}) as proxy:
        proxy.swap(Router(SNAPSHOT))
        assert status(proxy, "x" * 20000) == expected


@pytest.mark.parametrize(
    "settings", [{"limits": {"mirror": 1}}, {"timeouts": {"tls": 1}}, {"timeouts": {"request": -1}}]
)
def test_a_name_or_a_value_that_is_none_is_refused(settings: dict[str, dict[str, int]]) -> None:
    with pytest.raises(ValueError, match="configuration of the proxy"):
        Proxy(**settings)  # type: ignore[arg-type]

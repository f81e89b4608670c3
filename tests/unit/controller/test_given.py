"""Options of the command line that change nothing."""

from __future__ import annotations

from gwroute import ir
from gwroute.controller.given import unmatched
from gwroute.resolve.endpoints import GIVEN

SNAPSHOT = ir.Snapshot(
    (
        ir.Listener("infra/public/http", "infra/public", "http", 80, "HTTP"),
        ir.Listener("infra/inner/http", "infra/inner", "http", 8080, "HTTP"),
    ),
    (),
    (
        ir.Upstream("shop/cart:8080", "shop/cart:8080", scope=GIVEN),
        ir.Upstream("shop/cart:8080+h2c", "shop/cart:8080", "h2c", scope=GIVEN),
        ir.Upstream("shop/web:80", "shop/web:80"),
    ),
)


def test_what_matches_is_not_told() -> None:
    listen = ["80", "8080", "infra/public:80"]
    assert list(unmatched(listen, ["shop/cart:8080"], SNAPSHOT)) == []


def test_what_matches_nothing_is_named() -> None:
    listen, endpoints = ["81", "infra/public:8080"], ["shop/crat:8080", "shop/web:80"]
    there = "there are infra/inner:8080, infra/public:80"
    assert list(unmatched(listen, endpoints, SNAPSHOT)) == [
        f"--listen 81=: no Gateway has a listener that is served here on port 81; {there}",
        "--listen infra/public:8080=: Gateway infra/public has no listener that is served here on"
        f" port 8080; {there}",
        "--endpoint shop/crat:8080=: no rule that is served here refers to it; there are"
        " shop/cart:8080, shop/web:80",
        "--endpoint shop/web:80=: the Service has EndpointSlices, which are used instead",
    ]


def test_where_there_is_nothing_nothing_can_match() -> None:
    assert list(unmatched(["80"], ["a/b:1"], ir.Snapshot())) == [
        "--listen 80=: no Gateway has a listener that is served here on port 80; there is none",
        "--endpoint a/b:1=: no rule that is served here refers to it; there is none",
    ]

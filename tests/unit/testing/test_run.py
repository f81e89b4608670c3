"""What counts as a difference between expectation and observation."""

import pytest

from gwroute.testing import Exchange, Expectation, Observed, Sight, mismatches

FORWARD = Observed(
    "forward",
    backend="shop/cart:8080",
    kind="HTTPRoute",
    route="shop/cart",
    rule=1,
    match=0,
    method="GET",
    path="/7",
    host="shop.example.com",
    headers=(("x-env", "prod"), ("x-list", "a"), ("x-list", "b")),
    responded=(("Server", "cart"),),
)


def exchange(expect: str, **more: object) -> Exchange:
    return Exchange(
        send="GET http://shop.example.com/cart/7",
        method="GET",
        scheme="http",
        port=80,
        target="/cart/7",
        headers=(("host", "shop.example.com"),),
        expect=Expectation.parse(expect),
        **more,
    )


@pytest.mark.parametrize(
    "expect",
    [
        "forward",
        "forward shop/cart:8080",
        "forward by shop/cart rule 1",
        "forward shop/cart:8080 by HTTPRoute shop/cart rule 1 match 0",
    ],
)
def test_what_an_expectation_leaves_out_does_not_matter(expect: str) -> None:
    assert mismatches(exchange(expect), FORWARD) == []


@pytest.mark.parametrize(
    "expect",
    [
        "respond 404",
        "redirect 302",
        "forward shop/cart-canary:8080",
        "forward by shop/cart rule 0",
        "forward by shop/other",
        "forward by GRPCRoute shop/cart",
        "forward by shop/cart rule 1 match 1",
    ],
)
def test_a_difference_is_told_with_both_sides(expect: str) -> None:
    assert mismatches(exchange(expect), FORWARD) == [
        f"expected  {Expectation.parse(expect)}",
        "actual    forward shop/cart:8080 by HTTPRoute shop/cart rule 1 match 0",
    ]


def test_what_a_way_of_sending_cannot_tell_does_not_matter() -> None:
    seen = Observed("forward", backend="shop/cart:8080")
    want = Sight(path="/7", headers=(("x-env", ("prod",)),))
    assert mismatches(exchange("forward by shop/cart rule 3", receives=want), seen) == []


@pytest.mark.parametrize(
    ("want", "says"),
    [
        (Sight(path="/7", host="shop.example.com", method="GET"), []),
        (Sight(path="/8"), ["the backend receives path /7, not /8"]),
        (Sight(headers=(("x-env", ("prod",)), ("x-list", ("*",)))), []),
        (Sight(headers=(("x-list", ("a, b",)),)), []),
        (Sight(headers=(("x-list", ("b", "a")),)), ["the backend receives x-list: a,b, not b,a"]),
        (
            Sight(headers=(("x-none", ("1",)),)),
            ["the backend receives no header x-none; expected 1"],
        ),
        (Sight(absent=("x-debug",)), []),
        (Sight(absent=("x-env",)), ["the backend receives a header x-env, which should be absent"]),
    ],
)
def test_what_the_backend_receives_is_compared(want: Sight, says: list[str]) -> None:
    assert mismatches(exchange("forward", receives=want), FORWARD) == says


def test_what_the_client_gets_is_compared() -> None:
    assert mismatches(exchange("forward", responds=Sight(absent=("server",))), FORWARD) == [
        "the client gets a header server, which should be absent"
    ]


def test_redirects_and_answers_are_compared_by_status_and_place() -> None:
    moved = Observed("redirect", status=301, location="https://a.example.com/")
    assert mismatches(exchange("redirect 301 https://a.example.com/"), moved) == []
    assert mismatches(exchange("redirect 302"), moved) == [
        "expected  redirect 302",
        "actual    redirect 301 https://a.example.com/",
    ]
    refused = Observed("respond", status=404, reason="no_route")
    assert mismatches(exchange("respond 404"), refused) == []
    assert mismatches(exchange("respond 404 no_route"), refused) == []
    assert len(mismatches(exchange("respond 503"), refused)) == 2

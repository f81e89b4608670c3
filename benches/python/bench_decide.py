"""What does one decision cost from Python, beside the routers of werkzeug, starlette and falcon?

A thousand requests a round. Every router has the same paths of three segments, the last one any,
and is asked for the one in the middle. The rivals are asked for the path and the method alone;
gwroute for the host too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import repeat, starmap

import pytest
from falcon.routing import CompiledRouter
from pytest_benchmark.fixture import BenchmarkFixture
from starlette.routing import Match, Route
from werkzeug.routing import Map, Rule

from gwroute import Forward, Request, Router, ir

CALLS = 1000
HOST = "shop.example.com"
SIZES = [10, 1_000]
HEADERS = [
    ("host", HOST),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) bench"),
    ("accept", "text/html,application/xhtml+xml"),
    ("accept-language", "en-GB,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br"),
    ("cookie", "session=4f1c9a52; theme=dark"),
    ("cache-control", "no-cache"),
    ("x-request-id", "0f8b1c9a-52d0-4c1e-9d55-3b1f6a7e2c10"),
    ("x-version", "v2"),
    ("x-tenant", "t5"),
]

Ask = Callable[[], object]


def thousand(function: Callable[..., object], *arguments: object) -> Ask:
    """So many calls from C, nothing of what they return kept: next to no cost of its own."""
    return lambda: deque(starmap(function, repeat(arguments, CALLS)), maxlen=0)


def table(rules: int, *headers: ir.ValueMatch) -> Router:
    """So many rules on one host, each with its own prefix, and all with the same headers."""
    listener = ir.Listener("infra/public/http", "infra/public", "http", 80, "HTTP")
    cart = ir.Upstream("shop/cart:8080", "shop/cart:8080", assumed=True)

    def rule(number: int) -> ir.Rule:
        path = ir.PathMatch("PathPrefix", f"/api/orders-{number}")
        return ir.Rule(
            key=f"httproute/shop/r{number}/rule/0",
            route=ir.RouteRef("HTTPRoute", "shop", f"r{number}", 0),
            hosts=(ir.VirtualHost(listener.key, HOST, HOST),),
            matches=(ir.RouteMatch(path, headers=headers),),
            backends=(ir.Backend(cart.key, cart.key),),
        )

    return Router(ir.Snapshot((listener,), tuple(map(rule, range(rules))), (cart,)))


def made(router: Router, path: str) -> Ask:
    decide, request = router.decide, Request("GET", f"http://{HOST}{path}", HEADERS)
    assert isinstance(decide(request), Forward)
    return thousand(decide, request)


def parts(router: Router, path: str) -> Ask:
    decide = router.decide_parts
    assert isinstance(decide("GET", path, HEADERS), Forward)
    return thousand(decide, "GET", path, HEADERS)


def asgi(router: Router, path: str) -> Ask:
    """Headers as ASGI has them."""
    decide, headers = router.decide_parts, [(n.encode(), v.encode()) for n, v in HEADERS]
    assert isinstance(decide("GET", path, headers), Forward)
    return thousand(decide, "GET", path, headers)


def nothing(_router: Router, _path: str) -> Ask:
    """What calling anything costs."""
    return thousand(len, HEADERS)


@pytest.mark.parametrize("call", [made, parts, asgi, nothing])
@pytest.mark.benchmark(group="two header conditions, ten headers")
def bench_thousand_calls(benchmark: BenchmarkFixture, call: Callable[[Router, str], Ask]) -> None:
    """What `make bench-rust` measures without Python."""
    conditions = [ir.ValueMatch(name, "Exact", value) for name, value in HEADERS[-2:]]
    benchmark(call(table(10, *conditions), "/api/orders-5/list?page=2"))


def gwroute(rules: int, path: str) -> Ask:
    return made(table(rules), path)


def gwroute_parts(rules: int, path: str) -> Ask:
    return parts(table(rules), path)


def werkzeug(rules: int, path: str) -> Ask:
    made = Map([Rule(f"/api/orders-{n}/<id>", endpoint=n) for n in range(rules)])
    match = made.bind(HOST).match
    assert match(path, "GET")
    return thousand(match, path, "GET")


def starlette(rules: int, path: str) -> Ask:
    routes = [Route(f"/api/orders-{n}/{{id}}", endpoint=lambda _: None) for n in range(rules)]
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}

    def match() -> Route | None:
        """What its Router does with a request before it calls the endpoint."""
        return next((route for route in routes if route.matches(scope)[0] == Match.FULL), None)

    assert match()
    return thousand(match)


def falcon(rules: int, path: str) -> Ask:
    class Resource:
        def on_get(self, request: object, response: object, **_: str) -> None:
            """Never called."""

    router, resource = CompiledRouter(), Resource()
    for number in range(rules):
        router.add_route(f"/api/orders-{number}/{{id}}", resource)
    find = router.find
    assert find(path)
    return thousand(find, path)


ROUTERS = [gwroute, gwroute_parts, werkzeug, starlette, falcon]


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize("rules", SIZES)
def bench_thousand_requests(
    benchmark: BenchmarkFixture, rules: int, router: Callable[[int, str], Ask]
) -> None:
    benchmark.group = f"{rules} rules"
    benchmark(router(rules, f"/api/orders-{rules // 2}/7"))

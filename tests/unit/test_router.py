"""The router: requests, ports, decisions and what they do; matching itself is tested elsewhere."""

from __future__ import annotations

import pytest

from gwroute import (
    Forward,
    Redirect,
    RegexError,
    Request,
    RequestError,
    Respond,
    Router,
    SnapshotError,
    ir,
)
from gwroute.router import accepts_regex

LISTENERS = (
    ir.Listener("g/one/http", "g/one", "http", 80, "HTTP"),
    ir.Listener("g/one/https", "g/one", "https", 443, "HTTPS", "*.example.com"),
    ir.Listener("g/two/http", "g/two", "http", 80, "HTTP"),
)
ONE = tuple(ir.VirtualHost(listener.key) for listener in LISTENERS[:2])
CART = ir.Backend("shop/cart:8080", "shop/cart:8080", 9)
CANARY = ir.Backend("shop/canary:8080", "shop/canary:8080", 1)


def rule(number: int, path: str, *filters: ir.Filter, **more: object) -> ir.Rule:
    route = ir.RouteRef("HTTPRoute", "shop", "cart", number, **more)
    match = ir.RouteMatch(ir.PathMatch("PathPrefix", path), line=10 + number)
    key = f"httproute/shop/cart/rule/{number}"
    return ir.Rule(key, route, ONE, (match,), filters, (CART, CANARY))


EDITS = ir.RequestHeaderModifier((("X-Set", "new"),), (("x-add", "2"),), ("x-gone",))
ANSWER = ir.ResponseHeaderModifier((("x-env", "prod"),), (), ("server",))
REWRITE = ir.URLRewrite("backend.local", ir.PathModifier("ReplacePrefixMatch", "/"))
SNAPSHOT = ir.Snapshot(
    LISTENERS,
    (
        rule(0, "/cart", EDITS, REWRITE, ANSWER, rule_name="edits", file="cart.yaml", line=9),
        rule(1, "/plain"),
        rule(2, "/moved", ir.RequestRedirect(scheme="https", status=301)),
        rule(3, "/broken", ir.Fail(500, "ExtensionRef x is unknown")),
    ),
    (
        ir.Upstream(
            CART.name,
            CART.name,
            endpoints=(ir.Endpoint("10.0.0.1", 3000), ir.Endpoint("::1", 3001)),
        ),
        ir.Upstream(CANARY.name, CANARY.name, "h2c", assumed=True),
    ),
)


@pytest.fixture(scope="module")
def router() -> Router:
    return Router(SNAPSHOT)


# ---------------------------------------------------------------- requests


@pytest.mark.parametrize(
    ("url", "scheme", "host", "path", "query"),
    [
        ("http://a.com/x?y=1?z", "http", "a.com", "/x", "y=1?z"),
        ("HTTPS://A.com:8443", "https", "A.com:8443", "/", None),
        ("http://a.com?y", "http", "a.com", "/", "y"),
        ("/x?http://b/", None, None, "/x", "http://b/"),
        ("*", None, None, "*", None),
        ("http://[::1]:80/", "http", "[::1]:80", "/", None),
    ],
)
def test_a_url_is_taken_apart(
    url: str, scheme: str | None, host: str | None, path: str, query: str | None
) -> None:
    request = Request("GET", url)
    assert (request.scheme, request.host, request.path, request.query) == (
        scheme,
        host,
        path,
        query,
    )


@pytest.mark.parametrize("url", ["", "http://", "http:///x"])
def test_a_url_without_what_it_needs_is_refused(url: str) -> None:
    with pytest.raises(RequestError):
        Request("GET", url)


@pytest.mark.parametrize(
    "headers",
    [
        [("X-A", "1"), ("x-b", "ä")],
        (("X-A", "1"), ["x-b", "ä"]),
        {"X-A": "1", "x-b": "ä"},
        [(b"X-A", b"1"), (b"x-b", "ä".encode())],
        [(b"X-A", b"1"), (b"x-b", "ä".encode("latin-1"))],
    ],
)
def test_headers_come_in_many_forms(headers: object) -> None:
    assert Request("GET", "/", headers).headers == [("X-A", "1"), ("x-b", "ä")]


@pytest.mark.parametrize("headers", [1, [1], [("a",)], [("a", 1)], ["abc"[:1]], [(None, "x")]])
def test_what_is_no_header_is_refused(headers: object) -> None:
    with pytest.raises((TypeError, IndexError)):
        Request("GET", "/", headers)


def test_a_request_is_a_value() -> None:
    one, two = (Request("GET", "http://a/x", {"x": "1"}) for _ in range(2))
    assert one == two != Request("GET", "http://a/x", {"x": "2"})
    assert repr(one) == 'Request("GET", "http://a/x", headers=[("x", "1")])'
    with pytest.raises(AttributeError):
        one.method = "POST"  # type: ignore[misc]


def test_a_host_header_says_more_than_the_url() -> None:
    request = Request("GET", "http://a.com/", {"Host": "b.com"})
    assert (request.host, request.url) == ("b.com", "http://b.com/")


# ---------------------------------------------------------------- where it comes in


@pytest.mark.parametrize(
    ("url", "place", "listener"),
    [
        ("http://a.example.com/plain", {}, "g/one/http"),
        ("https://a.example.com/plain", {}, "g/one/https"),
        ("http://a.example.com:443/plain", {}, "g/one/https"),
        ("http://a.example.com/plain", {"port": 443}, "g/one/https"),
        ("/plain", {"gateway": "g/one"}, "g/one/http"),
    ],
)
def test_the_port_is_the_one_given_named_or_implied(
    router: Router, url: str, place: dict[str, object], listener: str
) -> None:
    decision = router.decide(Request("GET", url, {"Host": "a.example.com"}), **place)
    assert decision.listener == listener


def test_a_gateway_is_named_where_two_have_the_port(router: Router) -> None:
    request = Request("GET", "http://a/plain")
    assert isinstance(router.decide(request, gateway="g/one"), Forward)
    assert router.decide(request, gateway="g/two").reason == "no_route"
    assert router.entries == [("g/one", 80), ("g/one", 443), ("g/two", 80)]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"port": 81}, "no HTTP listener on port 81; there are g/one:80, g/one:443, g/two:80"),
        ({"gateway": "x"}, "no HTTP listener of gateway x on port 80"),
        ({"port": 443, "gateway": "g/two"}, "no HTTP listener of gateway g/two on port 443"),
    ],
)
def test_a_port_that_nobody_has_is_an_error(
    router: Router, place: dict[str, object], message: str
) -> None:
    for ask in (router.decide, router.explain):
        with pytest.raises(RequestError, match=message):
            ask(Request("GET", "http://a/"), **place)


def test_a_connection_for_another_name_is_misdirected(router: Router) -> None:
    request = Request("GET", "https://a.example.com/plain")
    assert isinstance(router.decide(request, sni="B.example.com"), Forward)
    assert router.decide(request, sni="elsewhere.org").status == 421


# ---------------------------------------------------------------- decisions


def test_a_forward_says_where_and_why(router: Router) -> None:
    decision = router.decide(Request("GET", "http://a/cart/7?v=2"), draw=0.0)
    assert (decision.upstream, decision.share) == ("shop/cart:8080", 0.9)
    assert decision.endpoints == [("10.0.0.1", 3000), ("::1", 3001)]
    assert decision.protocol == "http/1.1"
    assert str(decision.route) == 'HTTPRoute shop/cart rule 0 "edits"'
    assert (decision.route.file, decision.route.line) == ("cart.yaml", 10)
    canary = router.decide(Request("GET", "http://a/cart"), draw=0.95)
    assert (canary.upstream, canary.endpoints, canary.protocol) == (CANARY.name, [], "h2c")
    assert decision.route == canary.route
    assert hash(decision.route) == hash(canary.route)


def test_a_forward_is_applied_to_a_copy(router: Router) -> None:
    headers = [("Host", "a"), ("x-set", "old"), ("X-SET", "older"), ("x-add", "1"), ("X-Gone", "1")]
    request = Request("GET", "http://a/cart/7?v=2", headers)
    decision = router.decide(request)
    sent = decision.apply(request)
    assert (sent.target, sent.host, sent.method) == ("/7?v=2", "backend.local", "GET")
    assert sent.headers == [
        ("Host", "backend.local"),
        ("x-add", "1"),
        ("x-set", "new"),
        ("x-add", "2"),
    ]
    assert request == Request("GET", "http://a/cart/7?v=2", headers)
    assert decision.apply_response({"Server": "x", "a": "b"}) == [("a", "b"), ("x-env", "prod")]


def test_decisions_are_taken_apart_by_match(router: Router) -> None:
    found = []
    for path in ("cart", "moved", "broken", "nothing"):
        match router.decide(Request("GET", f"http://a/{path}"), draw=0.0):
            case Forward(route, upstream):
                found.append((route.rule, upstream))
            case Redirect(status, location):
                found.append((status, location))
            case Respond(status, reason):
                found.append((status, reason))
    assert found == [
        (0, "shop/cart:8080"),
        (301, "https://a/moved"),
        (500, "failed_filter"),
        (404, "no_route"),
    ]


def test_an_answer_of_its_own_says_why(router: Router) -> None:
    broken = router.decide(Request("GET", "http://a/broken"))
    assert (broken.detail, broken.route.rule) == ("ExtensionRef x is unknown", 3)
    nothing = router.decide(Request("GET", "http://a/nothing"))
    assert (nothing.detail, nothing.route, nothing.backend) == ("no route matches", None, None)
    unclean = router.decide(Request("GET", "http://a/a%2fb"))
    assert (unclean.status, unclean.location, unclean.route) == (307, "/a/b", None)


def test_parts_of_another_type_are_refused(router: Router) -> None:
    for arguments in [("GET", 1), ("GET", "/", None, 1)]:
        method, target, headers, host = (*arguments, None, None)[:4]
        with pytest.raises(RequestError, match="must be str or bytes"):
            router.decide_parts(method, target, headers, host=host)
    with pytest.raises(TypeError):
        router.decide_parts(1, "/")


# ---------------------------------------------------------------- one after another


def test_an_updated_router_leaves_the_old_one_as_it_is(router: Router) -> None:
    fewer = ir.Snapshot(SNAPSHOT.listeners, SNAPSHOT.rules[1:], SNAPSHOT.upstreams)
    newer = router.updated(fewer)
    request = Request("GET", "http://a/cart")
    assert isinstance(router.decide(request), Forward)
    assert newer.decide(request).status == 404
    assert (len(router.table), len(newer.table)) == (4, 3)
    assert newer.snapshot is fewer


def test_the_hosts_of_a_listener_come_with_their_matches(router: Router) -> None:
    ((host, matches),) = router.hosts("g/one/https")
    assert host is None
    numbers = [int(key[-1]) for key, _ in matches]
    assert numbers == [3, 1, 2, 0]  # longer prefixes first, then the order of rules
    assert router.hosts("g/none") == []


def test_a_bad_expression_is_told_with_its_place() -> None:
    bad = ir.RouteMatch(ir.PathMatch("RegularExpression", "("))
    made = ir.Rule("r", SNAPSHOT.rules[0].route, ONE, (ir.RouteMatch(), bad))
    with pytest.raises(RegexError, match="unclosed group") as caught:
        Router(ir.Snapshot(LISTENERS, (made,)))
    assert caught.value.path == "rules[0].matches[1].path"
    assert accepts_regex("a+") is None
    assert "unclosed group" in (accepts_regex("(") or "")


def test_what_cannot_be_compiled_is_an_error_with_its_place() -> None:
    unknown = ir.Snapshot(LISTENERS, SNAPSHOT.rules, ())
    with pytest.raises(SnapshotError, match="no upstream `shop/cart:8080`") as caught:
        Router(unknown)
    assert caught.value.path == "rules[0].backends[0].upstream"

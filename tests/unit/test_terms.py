"""What a decision asks of whoever carries it out, and what a Python proxy does with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gwroute import Forward, Redirect, Request, Respond, Router, Sessions, ir

LISTENERS = (
    ir.Listener("g/one/http", "g/one", "http", 80, "HTTP"),
    ir.Listener("g/one/https", "g/one", "https", 443, "HTTPS"),
)
HOSTS = tuple(ir.VirtualHost(listener.key) for listener in LISTENERS)
OLD, NEW = ir.Backend("shop/old:80", "shop/old:80", 0), ir.Backend("shop/new:80", "shop/new:80")
TLS = ir.UpstreamTLS("auth.test", ("ca",), (ir.SubjectAltName("URI", "spiffe://x"),), "pair")
UPSTREAMS = (
    ir.Upstream("shop/old:80", "shop/old:80", endpoints=(ir.Endpoint("10.0.0.1", 80),)),
    ir.Upstream(
        "shop/new:80",
        "shop/new:80",
        endpoints=(ir.Endpoint("10.0.0.2", 80), ir.Endpoint("2001:db8::1", 81)),
    ),
    ir.Upstream("auth/check:9000", "auth/check:9000", "h2c", TLS, (ir.Endpoint("10.1.0.1", 9000),)),
    ir.Upstream("shop/copy:80", "shop/copy:80", assumed=True),
)
ASKED = ir.ExternalAuth("GRPC", "auth/check:9000", "auth/check:9000", forward_body=64)
NOBODY = ir.ExternalAuth("HTTP", "auth/none:80", None, "v1/", ("x-user",), ("x-id",))
COOKIE = ir.Session("Cookie", "stay", "/", True, 3_600_000)
KEY, OTHER = b"k" * 32, b"o" * 32


def rule(number: int, path: str, *filters: ir.Filter, **more: object) -> ir.Rule:
    key = f"httproute/shop/web/rule/{number}"
    route = ir.RouteRef("HTTPRoute", "shop", "web", number)
    match = ir.RouteMatch(ir.PathMatch("PathPrefix", path))
    return ir.Rule(key, route, HOSTS, (match,), filters, (OLD, NEW), **more)  # type: ignore[arg-type]


RULES = (
    rule(
        0,
        "/all",
        ASKED,
        ir.RequestMirror("shop/copy:80", "shop/copy:80", 1, 4),
        timeouts=ir.Timeouts(5000, None),
        retry=ir.Retry((500, 503), 2, 25),
        session=COOKIE,
    ),
    rule(1, "/none"),
    rule(2, "/moved", NOBODY, ir.RequestRedirect(scheme="https")),
    rule(3, "/header", session=ir.Session("Header", "X-Stay")),
    rule(4, "/broken", ASKED, ir.Fail(500, "no such filter")),
)


@pytest.fixture(scope="module")
def router() -> Router:
    return Router(ir.Snapshot(LISTENERS, RULES, UPSTREAMS))


def forward(
    router: Router, path: str, sessions: Sessions | None = None, *headers: tuple[str, str]
) -> Forward:
    request = Request("GET", f"http://shop.test{path}", list(headers))
    decision = router.decide(request, sessions=sessions)
    assert isinstance(decision, Forward)
    return decision


# ---------------------------------------------------------------- what there is


def test_a_forward_says_all_that_its_rule_asks(router: Router) -> None:
    decision = forward(router, "/all")
    assert decision.timeouts is not None
    assert decision.retry is not None
    assert decision.session is not None
    timeouts, retry, session = decision.timeouts, decision.retry, decision.session
    assert (timeouts.request_ms, timeouts.backend_request_ms) == (5000, None)
    assert (retry.codes, retry.attempts, retry.backoff_ms) == ([500, 503], 2, 25)
    assert (session.type, session.name, session.path) == ("Cookie", "stay", "/")
    assert (session.permanent, session.absolute_timeout_ms) == (True, 3_600_000)
    (mirror,) = decision.mirrors
    assert (mirror.backend, mirror.share) == ("shop/copy:80", 0.25)
    assert (mirror.destination.assumed, mirror.destination.endpoints) == (True, [])
    assert decision.tls is None


def test_who_is_asked_comes_with_where_and_how(router: Router) -> None:
    (asked,) = forward(router, "/all").external_auth
    assert (asked.protocol, asked.backend, asked.forward_body) == ("GRPC", "auth/check:9000", 64)
    assert asked.destination is not None
    assert asked.destination.protocol == "h2c"
    assert asked.destination.endpoints == [("10.1.0.1", 9000)]
    tls = asked.destination.tls
    assert tls is not None
    assert (tls.hostname, tls.authorities, tls.client_certificate) == ("auth.test", ["ca"], "pair")
    assert tls.subject_alt_names == [("URI", "spiffe://x")]


def test_answers_of_the_gateway_name_whom_to_ask_first(router: Router) -> None:
    moved = router.decide(Request("GET", "http://shop.test/moved"))
    assert isinstance(moved, Redirect)
    (nobody,) = moved.external_auth
    assert (nobody.destination, nobody.path) == (None, "/v1")
    assert (nobody.allowed_headers, nobody.allowed_response_headers) == (["x-user"], ["x-id"])
    broken = router.decide(Request("GET", "http://shop.test/broken"))
    assert isinstance(broken, Respond)
    assert [auth.backend for auth in broken.external_auth] == ["auth/check:9000"]
    nothing = router.decide(Request("GET", "http://shop.test/"))
    assert isinstance(nothing, Respond)
    assert nothing.external_auth == []


def test_a_rule_that_asks_nothing_says_so(router: Router) -> None:
    decision = forward(router, "/none")
    assert (decision.timeouts, decision.retry, decision.session, decision.bound) == (None,) * 4
    assert (decision.mirrors, decision.external_auth) == ([], [])
    assert Sessions().bind(decision, ("10.0.0.2", 80)) is None


def test_an_explanation_shows_it(router: Router) -> None:
    lines = str(router.explain(Request("GET", "http://shop.test/all"))).splitlines()
    assert lines[-5:] == [
        "auth      auth/check:9000           asked first, by gRPC, with up to 64 bytes of the body",
        "timeouts  request 5000 ms, each try default",
        "retry     2 more, 25 ms apart, on failed connections, and on 500, 503",
        "session   cookie stay               under /, for at most 3600000 ms",
        "mirror    shop/copy:80              share 0.25",
    ]
    moved = router.explain(Request("GET", "http://shop.test/moved"))
    assert "auth      auth/none:80              nobody there: all are refused with 500" in str(
        moved
    )
    header = str(router.explain(Request("GET", "http://shop.test/header")))
    assert header.endswith("session   header X-Stay             without end\n")


def test_an_explanation_for_programs_has_it_under_keys(router: Router) -> None:
    explained = router.explain(Request("GET", "http://shop.test/all")).as_dict()
    assert explained["session"] == {
        "type": "Cookie",
        "name": "stay",
        "path": "/",
        "permanent": True,
        "absolute_timeout_ms": 3_600_000,
    }
    assert [auth["backend"] for auth in explained["external_auth"]] == ["auth/check:9000"]
    nothing = router.explain(Request("GET", "http://shop.test/")).as_dict()
    assert (nothing["session"], nothing["external_auth"]) == (None, [])


# ---------------------------------------------------------------- sessions


def cookie(sessions: Sessions, decision: Forward, endpoint: tuple[str, int]) -> tuple[str, str]:
    """The request header with which a client comes back."""
    header = sessions.bind(decision, endpoint)
    assert header is not None
    assert header[0] == "set-cookie"
    return "cookie", f"a=b; {header[1].partition(';')[0]}"


def test_a_client_comes_back_to_its_endpoint(router: Router) -> None:
    sessions = Sessions()
    for endpoint in [("10.0.0.2", 80), ("2001:db8::1", 81)]:
        back = cookie(sessions, forward(router, "/all", sessions), endpoint)
        assert forward(router, "/all", sessions, back).bound == endpoint
        assert forward(router, "/all", None, back).bound is None
        parts = router.decide_parts(
            "GET", "/all", [(b"Cookie", back[1].encode())], host="x", port=80, sessions=sessions
        )
        assert isinstance(parts, Forward)
        assert parts.bound == endpoint


def test_a_session_beats_weights(router: Router) -> None:
    sessions = Sessions()
    even = replace(RULES[0], backends=(replace(OLD, weight=1), replace(NEW, weight=0)))
    before = Router(ir.Snapshot(LISTENERS, (even,), UPSTREAMS))
    back = cookie(sessions, forward(before, "/all"), ("10.0.0.1", 80))
    bound = forward(router, "/all", sessions, back)
    assert (bound.upstream, bound.bound) == ("shop/old:80", ("10.0.0.1", 80))
    assert forward(router, "/all", sessions).upstream == "shop/new:80"


def test_a_cookie_says_how_it_may_be_used(router: Router) -> None:
    sessions = Sessions()
    clear = sessions.bind(forward(router, "/all"), ("10.0.0.2", 80))
    assert clear is not None
    assert clear[1].endswith("; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600")
    over_tls = router.decide(Request("GET", "https://shop.test/all"))
    assert isinstance(over_tls, Forward)
    secure = sessions.bind(over_tls, ("10.0.0.2", 80))
    assert secure is not None
    assert "; Secure" in secure[1]


def test_a_header_binds_too(router: Router) -> None:
    sessions = Sessions()
    header = sessions.bind(forward(router, "/header"), ("10.0.0.2", 80))
    assert header is not None
    assert header[0] == "x-stay"
    assert forward(router, "/header", sessions, header).bound == ("10.0.0.2", 80)


def test_a_token_is_good_for_its_rule_and_endpoints_that_are_there(router: Router) -> None:
    sessions = Sessions()
    decision = forward(router, "/header")
    token = sessions.bind(decision, ("10.0.0.2", 80))
    gone = sessions.bind(decision, ("10.0.0.9", 80))
    assert token is not None
    assert gone is not None
    other_rule = ("cookie", f"stay={token[1]}")
    assert forward(router, "/all", sessions, other_rule).bound is None
    assert forward(router, "/header", sessions, gone).bound is None
    assert forward(router, "/header", sessions, ("x-stay", "none of ours")).bound is None


def test_who_knows_the_key_knows_the_client(router: Router) -> None:
    given = Sessions([OTHER]).bind(forward(router, "/header"), ("10.0.0.2", 80))
    assert given is not None
    for keys, bound in [
        ([OTHER], ("10.0.0.2", 80)),
        ([KEY, OTHER], ("10.0.0.2", 80)),
        ([KEY], None),
        ([], None),
    ]:
        assert forward(router, "/header", Sessions(keys), given).bound == bound
    rotated = Sessions([KEY, OTHER]).bind(forward(router, "/header"), ("10.0.0.2", 80))
    assert rotated is not None
    assert forward(router, "/header", Sessions([KEY]), rotated).bound == ("10.0.0.2", 80)


def test_a_key_that_is_too_short_is_refused(router: Router) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes, not 31"):
        Sessions([KEY, KEY[:31]])
    with pytest.raises(ValueError, match="no IP address"):
        Sessions().bind(forward(router, "/header"), ("cart.local", 80))
    assert repr(Sessions([KEY])).startswith("<")

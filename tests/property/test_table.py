"""The compiled table against the specification read literally, on snapshots built to collide."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gwroute import Forward, Request, Respond, Router, ir
from gwroute.router import Decision
from support import oracle
from support.answers import answer_of, decided, edited, expected_of, for_browsers, made
from support.oracle import Query
from support.oracle_cors import marked, told
from support.strategies import requests, snapshots


@st.composite
def questions(draw: st.DrawFn) -> tuple[ir.Snapshot, tuple[Query, ...]]:
    """One table and several requests to it: compiling costs more than asking."""
    snapshot = draw(snapshots())
    return snapshot, tuple(draw(requests(snapshot)) for _ in range(4))


@given(questions())
def test_the_table_decides_as_the_specification_reads(asked) -> None:
    snapshot, queries = asked
    router = Router(snapshot)
    for query in queries:
        decision, answer = decided(router, query), oracle.decide(snapshot, query)
        assert answer_of(decision, query) == expected_of(answer)
        if isinstance(decision, Forward):
            lines = [("X-A", "0"), ("x-b", "0"), ("x-b", "00"), ("server", "cart")]
            seen = [(name.lower(), value) for name, value in decision.apply_response(lines)]
            assert seen == list(marked(answer.cors, query.headers, tuple(edited(lines, answer))))
        else:
            assert told(tuple(decision.headers)) == told(for_browsers(answer, query))


@given(questions())
def test_however_a_request_is_given_it_is_decided_the_same(asked) -> None:
    snapshot, queries = asked
    router = Router(snapshot)
    for query in queries:
        place = {"port": query.port, "gateway": query.gateway, "sni": query.sni, "draw": query.draw}
        method, target, lines = query.method, query.target, list(query.headers)
        raw = tuple((name.encode(), value.encode()) for name, value in lines)
        # An absolute target brings its own host (RFC 9112 3.2.2).
        absolute = f"HTTP://{lines[0][1]}{target}"
        elsewhere = [("host", "other.example"), *lines[1:]]
        wanted = answer_of(decided(router, query), query)
        for decision in (
            router.decide_parts(method, target, lines, **place),
            router.decide_parts(method, target.encode(), raw, **place),
            router.decide_parts(method, target, lines[1:], host=lines[0][1], **place),
            router.decide_parts(method, absolute, elsewhere, **place),
        ):
            assert answer_of(decision, query) == wanted


@given(questions())
def test_an_explanation_says_what_was_decided_and_why(asked) -> None:
    snapshot, queries = asked
    router = Router(snapshot)
    for query in queries:
        decision = decided(router, query)
        told = router.explain(
            made(query), port=query.port, gateway=query.gateway, sni=query.sni, draw=query.draw
        ).as_dict()
        compare_outcome(told, decision)
        route = decision.route
        fields = ("kind", "namespace", "name", "rule", "rule_name", "match", "file", "line")
        assert told["route"] == (route and {name: getattr(route, name) for name in fields})
        for entry in told["considered"]:
            assert entry["matched"] == (entry["failed"] is None)
        held = [entry for entry in told["considered"] if entry["matched"]]
        unbeaten = [entry["route"] for entry in held if entry["beaten_by"] is None]
        assert unbeaten == [entry["route"] for entry in held[:1]]
        assert unbeaten == ([told["route"]] if route else [])


@given(questions())
def test_a_suggested_request_meets_the_conditions_of_its_match(asked) -> None:
    snapshot, queries = asked
    router = Router(snapshot)
    for query in queries:
        place = {"port": query.port, "gateway": query.gateway}
        for miss in router.explain(made(query), **place).as_dict()["misses"]:
            if miss["request"] is not None:
                told = router.explain(read_curl(miss["request"]), **place).as_dict()
                assert miss["route"] in [it["route"] for it in told["considered"] if it["matched"]]


def read_curl(line: str) -> Request:
    """The request that a line for a shell makes."""
    _, *options, url = shlex.split(line)
    given = list(zip(options[::2], options[1::2], strict=True))
    headers = [tuple(value.split(": ", 1)) for option, value in given if option == "-H"]
    method = next((value for option, value in given if option == "-X"), "GET")
    return Request(method, url, headers)


def compare_outcome(told: dict[str, object], decision: Decision) -> None:
    """That an explanation's outcome is the decision's."""
    assert told["outcome"] == type(decision).__name__.lower()
    for key in ("status", "location", "share"):
        assert told[key] == getattr(decision, key, None)
    assert told["backend"] == getattr(decision, "upstream", getattr(decision, "backend", None))
    if isinstance(decision, Respond):
        assert told["reason"] == decision.detail


def test_the_requests_are_not_all_answered_in_one_way() -> None:
    """The strategies are worth something: every outcome occurs."""
    seen: dict[object, int] = {}

    # The same every time: what is rare may be missed by chance.
    @settings(max_examples=400, derandomize=True)
    @given(questions())
    def count(asked) -> None:
        snapshot, queries = asked
        for query in queries:
            answer = oracle.decide(snapshot, query)
            kind = (answer.outcome, answer.status)
            seen[kind] = seen.get(kind, 0) + 1

    count()
    wanted = [("forward", None), ("redirect", 307), ("redirect", 302)]
    wanted += [("respond", status) for status in (400, 404, 421, 500, 503)]
    for kind in wanted:
        assert kind in seen


@pytest.mark.parametrize("draw", [-1.0, 1.0, 2.0, float("inf"), float("nan")])
def test_a_draw_out_of_range_counts_as_the_nearest_in_it(draw: float) -> None:
    host = ir.VirtualHost("g/h")
    backends = tuple(ir.Backend(name, name) for name in ("a/one:80", "a/two:80"))
    snapshot = ir.Snapshot(
        (ir.Listener("g/h", "g/g", "h", 80, "HTTP"),),
        (
            ir.Rule(
                "k",
                ir.RouteRef("HTTPRoute", "a", "r", 0),
                (host,),
                (ir.RouteMatch(),),
                backends=backends,
            ),
        ),
        tuple(ir.Upstream(b.name, b.name, assumed=True) for b in backends),
    )
    decision = Router(snapshot).decide(Request("GET", "http://a/"), draw=draw)
    assert decision.upstream == ("a/two:80" if draw >= 1 else "a/one:80")

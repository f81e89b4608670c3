"""Shares are exact: a full set of draws gives every backend its weight, no more and no less."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gwroute import Forward, Request, Respond, Router, ir

REQUEST = Request("GET", "http://a/")


def router_of(weights: list[int]) -> Router:
    """One rule whose backends have these weights; every third reference is invalid."""
    backends = tuple(
        ir.Backend(f"a/{n}:80", None, weight, invalid=ir.Failure(500, "BackendNotFound"))
        if n % 3 == 2
        else ir.Backend(f"a/{n}:80", f"a/{n}:80", weight)
        for n, weight in enumerate(weights)
    )
    rule = ir.Rule(
        "httproute/a/r/rule/0",
        ir.RouteRef("HTTPRoute", "a", "r", 0),
        (ir.VirtualHost("g/h"),),
        (ir.RouteMatch(),),
        backends=backends,
    )
    upstreams = tuple(ir.Upstream(b.upstream, b.name, assumed=True) for b in backends if b.upstream)
    return Router(ir.Snapshot((ir.Listener("g/h", "g/g", "h", 80, "HTTP"),), (rule,), upstreams))


@given(st.lists(st.integers(0, 40), max_size=6))
def test_every_backend_gets_its_share_exactly(weights: list[int]) -> None:
    router, total = router_of(weights), sum(weights)
    seen: Counter[str | None] = Counter()
    for step in range(total):
        decision = router.decide(REQUEST, draw=(step + 0.5) / total)
        named = decision.upstream if isinstance(decision, Forward) else decision.backend
        assert decision.share == weights[int(named[2:-3])] / total
        seen[named] += 1
    assert seen == +Counter({f"a/{n}:80": weight for n, weight in enumerate(weights)})


@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=16), st.floats(0, 1))
def test_the_draw_falls_where_the_running_sum_says(weights: list[int], draw: float) -> None:
    decision = router_of(weights).decide(REQUEST, draw=draw)
    total = sum(weights)
    if total == 0:
        assert isinstance(decision, Respond)
        assert (decision.status, decision.reason) == (500, "no_backend")
        return
    point, chosen = min(int(draw * total), total - 1), 0
    while point >= weights[chosen]:
        point, chosen = point - weights[chosen], chosen + 1
    named = decision.upstream if isinstance(decision, Forward) else decision.backend
    assert named == f"a/{chosen}:80"


def test_chance_is_spread_by_weight_where_no_draw_is_given() -> None:
    router = router_of([8, 2])
    seen = Counter(router.decide(REQUEST).upstream for _ in range(5000))
    # Eight standard deviations to either side.
    assert abs(seen["a/0:80"] - 4000) < 230

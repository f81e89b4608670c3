"""A table that was patched is the table that would have been compiled."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwroute import Request, Router, Snapshot, SnapshotError, delta, ir
from gwroute._native import RouteTable
from support.oracle import Query
from support.strategies import requests, snapshots, successors


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Snapshot], list[Query]]:
    """A few versions of one snapshot, or of two, and requests to the last."""
    versions = [draw(snapshots())]
    for _ in range(draw(st.integers(1, 3))):
        versions.append(draw(st.one_of(successors(versions[-1]), snapshots(max_routes=2))))
    return versions, [draw(requests(versions[-1])) for _ in range(3)]


def told(router: Router, query: Query) -> dict[str, object]:
    request = Request(query.method, query.target, query.headers)
    return router.explain(
        request, port=query.port, gateway=query.gateway, sni=query.sni, draw=query.draw
    ).as_dict()


@given(histories())
def test_a_patched_table_equals_a_compiled_one(history) -> None:
    versions, queries = history
    patched = Router(versions[0])
    for version in versions[1:]:
        patched = patched.updated(version)
    compiled = Router(versions[-1])
    assert json.loads(patched.table.snapshot()) == json.loads(compiled.table.snapshot())
    assert patched.entries == compiled.entries
    for listener in versions[-1].listeners:
        assert patched.hosts(listener.key) == compiled.hosts(listener.key)
    for query in queries:
        assert told(patched, query) == told(compiled, query)


@given(histories())
def test_a_patch_leaves_the_table_it_was_made_from_as_it_is(history) -> None:
    versions, queries = history
    kept, compiled = Router(versions[-1]), Router(versions[-1])
    other = kept
    for version in versions:
        other = other.updated(version)
    assert kept.table.snapshot() == compiled.table.snapshot()
    for query in queries:
        assert told(kept, query) == told(compiled, query)


@given(snapshots())
def test_nothing_changes_where_nothing_changed(snapshot) -> None:
    router = Router(snapshot)
    assert router.updated(ir.decode(ir.encode(snapshot))).table is router.table


LISTENER = ir.Listener("g/h", "g/g", "h", 80, "HTTP")
UPSTREAM = ir.Upstream("a/s:80", "a/s:80", assumed=True)
RULE = ir.Rule(
    "r",
    ir.RouteRef("HTTPRoute", "a", "r", 0),
    (ir.VirtualHost("g/h"),),
    (ir.RouteMatch(),),
    backends=(ir.Backend("a/s:80", "a/s:80"),),
)
SNAPSHOT = ir.Snapshot((LISTENER,), (RULE,), (UPSTREAM,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (ir.Delta(delete_rules=("x",)), "delete_rules: no rule `x`"),
        (ir.Delta(delete_upstreams=("x",)), "delete_upstreams: no upstream `x`"),
        (ir.Delta(delete_upstreams=("a/s:80",)), "no upstream `a/s:80`"),
        (ir.Delta(listeners=()), "no listener"),
        (ir.Delta(listeners=(LISTENER, LISTENER)), "two listeners with the key `g/h`"),
        (ir.Delta(put_rules=(RULE, RULE)), "two rules with the key `r`"),
        (ir.Delta(schema=0), "schema 0"),
    ],
)
def test_a_delta_that_does_not_fit_is_refused_and_changes_nothing(
    change: ir.Delta, message: str
) -> None:
    table = RouteTable.compile(ir.encode(SNAPSHOT))
    before = table.snapshot()
    with pytest.raises(SnapshotError, match=message):
        table.patch(ir.encode(change))
    assert table.snapshot() == before


def test_a_delta_is_as_small_as_the_change() -> None:
    other = ir.Rule("s", RULE.route, RULE.hosts, RULE.matches)
    new = ir.Snapshot((LISTENER,), (RULE, other), (UPSTREAM,))
    assert delta.diff(SNAPSHOT, new) == ir.Delta(put_rules=(other,))

"""A snapshot survives Python, JSON, Rust and back; and Rust refuses what it does not know."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gwroute import Snapshot, SnapshotError, ir
from gwroute._native import RouteTable
from support.more_strategies import LISTENER_TLS, RETRIES, SESSIONS, TIMEOUTS, UPSTREAM_TLS
from support.strategies import snapshots

NAMES = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
LINES = st.none() | st.integers(1, 2**32 - 1)
ENDPOINTS = st.builds(
    ir.Endpoint,
    st.sampled_from(("10.0.0.1", "::1")),
    st.integers(1, 65535),
    NAMES,
    NAMES,
    NAMES,
    NAMES,
)
REMOVED = st.builds(
    ir.RemovedEndpoint,
    st.just("[::1]:80"),
    st.sampled_from(("topology", "internal_traffic_policy", "readiness", "preference")),
    st.text(max_size=3),
)


@st.composite
def written_out(draw: st.DrawFn) -> Snapshot:
    """A snapshot with something in every field, all keys in order as Rust gives them back."""
    found = draw(snapshots())
    rules = [
        replace(
            rule,
            route=replace(rule.route, rule_name=draw(NAMES), file=draw(NAMES), line=draw(LINES)),
            matches=tuple(replace(match, line=draw(LINES)) for match in rule.matches),
            timeouts=draw(st.one_of(st.none(), TIMEOUTS)),
            retry=draw(st.one_of(st.none(), RETRIES)),
            session=draw(st.one_of(st.none(), SESSIONS)),
        )
        for rule in found.rules
    ]
    upstreams = [
        replace(
            upstream,
            protocol=draw(st.sampled_from(("http/1.1", "h2c"))),
            tls=draw(st.one_of(st.none(), UPSTREAM_TLS)),
            endpoints=tuple(draw(st.lists(ENDPOINTS, max_size=2))),
            removed=tuple(draw(st.lists(REMOVED, max_size=2))),
            assumed=draw(st.booleans()),
            scope=draw(NAMES),
        )
        for upstream in found.upstreams
    ]
    return Snapshot(
        tuple(
            replace(listener, node_pool=draw(NAMES), tls=draw(st.one_of(st.none(), LISTENER_TLS)))
            for listener in found.listeners
        ),
        tuple(sorted(rules, key=lambda rule: rule.key)),
        tuple(sorted(upstreams, key=lambda upstream: upstream.key)),
    )


@given(written_out())
def test_a_snapshot_survives_the_way_through_rust(snapshot) -> None:
    document = ir.encode(snapshot)
    returned = RouteTable.compile(document).snapshot()
    assert json.loads(returned) == json.loads(document)
    assert ir.decode(returned) == snapshot


def records(value: Any) -> set[type]:
    """Every type of record in a document."""
    if is_dataclass(value):
        return {type(value)}.union(*(records(getattr(value, f.name)) for f in fields(value)))
    return set().union(*map(records, value)) if isinstance(value, tuple) else set()


def test_the_snapshots_hold_every_type_of_record() -> None:
    seen: set[type] = set()

    # The same every time: what is rare may be missed by chance.
    @settings(derandomize=True)
    @given(written_out())
    def collect(snapshot) -> None:
        seen.update(records(snapshot))

    collect()
    made = {getattr(ir, name) for name in ir.__all__}
    assert seen == {kind for kind in made if isinstance(kind, type)} - {ir.Delta}


DOCUMENT = ir.Snapshot(
    (
        ir.Listener(
            "g/h",
            "g/g",
            "h",
            80,
            "HTTP",
            tls=ir.ListenerTLS(("secret/g/c#1",), ir.ClientValidation(("secret/g/ca#1",))),
        ),
    ),
    (
        ir.Rule(
            "r",
            ir.RouteRef("HTTPRoute", "a", "r", 0),
            (ir.VirtualHost("g/h"),),
            (
                ir.RouteMatch(
                    ir.PathMatch("Exact", "/"), headers=(ir.ValueMatch("x", "Exact", "1"),)
                ),
            ),
            (
                ir.RequestHeaderModifier(),
                ir.ResponseHeaderModifier(),
                ir.URLRewrite(path=ir.PathModifier("ReplaceFullPath", "/")),
                ir.CORS(),
                ir.RequestMirror("a/s:80", "a/s:80"),
                ir.ExternalAuth("HTTP", "a/s:80", "a/s:80"),
                ir.RequestRedirect(),
                ir.Fail(500, "why"),
            ),
            (ir.Backend("a/s:80", None, invalid=ir.Failure(500, "why")),),
            ir.Timeouts(1, 1),
            ir.Retry((503,), 1, 25),
            ir.Session("Cookie", "s"),
        ),
    ),
    (
        ir.Upstream(
            "a/s:80",
            "a/s:80",
            endpoints=(ir.Endpoint("::1", 1),),
            removed=(ir.RemovedEndpoint("[::1]:1", "topology", "why"),),
            tls=ir.UpstreamTLS("a", subject_alt_names=(ir.SubjectAltName("URI", "spiffe://a"),)),
        ),
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every mapping in a document."""
    if isinstance(value, dict):
        below = [place for key in value for place in places(value[key], (*path, key))]
        return [path, *below]
    if isinstance(value, list):
        return [place for i, item in enumerate(value) for place in places(item, (*path, i))]
    return []


@pytest.mark.parametrize("place", places(json.loads(ir.encode(DOCUMENT))))
def test_an_unknown_field_is_refused_wherever_it_stands(place: tuple[Any, ...]) -> None:
    document = json.loads(ir.encode(DOCUMENT))
    RouteTable.compile(json.dumps(document).encode())
    target = document
    for step in place:
        target = target[step]
    target["surprise"] = 1
    with pytest.raises(SnapshotError, match="surprise"):
        RouteTable.compile(json.dumps(document).encode())


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: json.dumps(text).encode()))
def test_what_is_no_snapshot_is_an_error_with_a_reason(document: bytes) -> None:
    with pytest.raises(SnapshotError, match="not a snapshot"):
        RouteTable.compile(document)

"""A host is taken by the intersection of two patterns exactly if both take it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gwroute.resolve.hostnames import intersect, intersection, overlap
from support.oracle import host_matches

LABELS = st.sampled_from(("a", "b", "ab", "com"))
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
PATTERNS = st.one_of(NAMES, NAMES.map("*.{}".format))


@given(st.one_of(st.none(), PATTERNS), PATTERNS, NAMES)
def test_what_both_take_is_taken(listener: str | None, route: str, host: str) -> None:
    both = host_matches(listener, host) and host_matches(route, host)
    found = intersect(listener, route)
    assert (found is not None and host_matches(found, host)) == both


@given(PATTERNS, PATTERNS)
def test_the_order_of_two_patterns_means_nothing(one: str, other: str) -> None:
    assert intersect(one, other) == intersect(other, one)
    assert overlap(one, other) == (intersect(one, other) is not None)


@given(st.one_of(st.none(), PATTERNS), st.lists(PATTERNS, max_size=3).map(tuple), NAMES)
def test_a_route_serves_what_its_listener_and_one_of_its_hostnames_take(
    listener: str | None, hostnames: tuple[str, ...], host: str
) -> None:
    wanted = host_matches(listener, host) and (
        not hostnames or any(host_matches(hostname, host) for hostname in hostnames)
    )
    found = intersection(listener, hostnames)
    assert any(host_matches(item.host, host) for item in found) == wanted
    assert len(set(found)) == len(found)

"""Precedence is a total order: of two matches of one snapshot one goes first, always."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from support import oracle
from support.strategies import snapshots


@given(snapshots())
def test_no_two_matches_rank_the_same(snapshot) -> None:
    for listener in snapshot.listeners:
        found = list(oracle.candidates(snapshot, listener))
        for one, two in combinations(found, 2):
            same = (one.rule.key, one.index) == (two.rule.key, two.index)
            assert oracle.rank(one) != oracle.rank(two) or same


@given(snapshots(), st.randoms())
def test_the_first_match_does_not_depend_on_the_order_it_is_looked_for(snapshot, random) -> None:
    for listener in snapshot.listeners:
        found = list(oracle.candidates(snapshot, listener))
        if found:
            first = oracle.rank(min(found, key=oracle.rank))
            random.shuffle(found)
            assert oracle.rank(min(found, key=oracle.rank)) == first

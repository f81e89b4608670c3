"""Merging documents of any shape: it raises for nothing, and merging twice is merging once."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from gwroute.resolve.merge import json_merge, strategic_merge

NAMES = st.sampled_from(["ports", "env", "port", "name", "$patch", "a"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["replace", "delete", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(JSON, JSON)
def test_merging_raises_for_nothing_and_leaves_its_arguments_alone(base, patch) -> None:
    before = copy.deepcopy((base, patch))
    json_merge(base, patch)
    strategic_merge(base, patch)
    assert (base, patch) == before


@given(JSON, JSON)
def test_json_merging_twice_is_merging_once(base, patch) -> None:
    once = json_merge(base, patch)
    assert json_merge(once, patch) == once

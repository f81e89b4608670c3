"""The difference of two snapshots turns one into the other, and names nothing that stayed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gwroute import ir
from gwroute.delta import diff, is_empty

KEYS = "abcdefgh"
OLD = {key: ir.Upstream(key, key) for key in KEYS}


def kept(key: str) -> ir.Upstream:
    return OLD[key]


def equal(key: str) -> ir.Upstream:
    return replace(OLD[key])


def changed(key: str) -> ir.Upstream:
    return replace(OLD[key], scope="another")


NEW = st.lists(
    st.tuples(st.sampled_from(KEYS), st.sampled_from((kept, kept, kept, equal, changed))),
    unique_by=lambda pair: pair[0],
    max_size=8,
)


@given(st.lists(st.sampled_from(KEYS), unique=True), NEW, st.booleans())
def test_what_is_put_and_deleted_is_what_differs(old_keys, new_pairs, in_order: bool) -> None:
    if in_order:
        old_keys, new_pairs = sorted(old_keys), sorted(new_pairs, key=lambda pair: pair[0])
    old = ir.Snapshot(upstreams=tuple(OLD[key] for key in old_keys))
    new = ir.Snapshot(upstreams=tuple(make(key) for key, make in new_pairs))
    change = diff(old, new)
    before = {item.key: item for item in old.upstreams}
    after = {item.key: item for item in new.upstreams}
    wanted = {key for key, item in after.items() if before.get(key) != item}
    assert {item.key for item in change.put_upstreams} == wanted
    assert set(change.delete_upstreams) == before.keys() - after.keys()
    assert is_empty(change) == (before == after)

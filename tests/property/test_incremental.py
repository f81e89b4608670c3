"""Whatever changed, and in whatever order: the result is that of resolving from nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwroute import delta, ir
from gwroute.model import Object, ObjectKey
from gwroute.resolve import Options, Resolution, Resolver, resolve
from gwroute.router import Router
from gwroute.store import ObjectStore
from support.keys import BY_FORM
from support.objects import renewed
from support.worlds import objects, worlds


def accepts(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return None


OPTIONS = {
    "strict": Options(),
    "assume": Options(assume=True),
    "pool": Options(node_pool="p1", node="n1"),
    "one gateway": Options(gateways=("a/g",), controller_names=("*",)),
}
CHANGES = st.lists(st.one_of(objects(), st.integers(0, 30), st.integers(0, 30)), max_size=6)


def changed(store: ObjectStore, change: Object | int) -> ObjectStore:
    """The store with an object more, or with one of its objects gone or read anew."""
    if not isinstance(change, int):
        return store.put(change)
    there = list(store)
    if not there:
        return store
    found = there[change % len(there)]
    return store.put(renewed(found)) if change % 3 == 0 else store.delete(found.key)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@given(worlds(), CHANGES)
def test_resolving_again_equals_resolving_from_nothing(
    options: Options, world: list[Object], changes: list[Object | int]
) -> None:
    resolver = Resolver(options, accepts, BY_FORM)
    store = ObjectStore(world)
    last = resolver.resolve(store)
    for change in changes:
        store = changed(store, change)
        found = resolver.resolve(store)
        assert found == resolve(store, options, accepts, BY_FORM)
        assert patched(last.snapshot, found.snapshot) == by_key(found.snapshot)
        last = found


def patched(old: ir.Snapshot, new: ir.Snapshot) -> tuple[dict[str, object], ...]:
    """The old snapshot after the difference was applied, record by record."""
    change = delta.diff(old, new)
    rules = {rule.key: rule for rule in (*old.rules, *change.put_rules)}
    upstreams = {item.key: item for item in (*old.upstreams, *change.put_upstreams)}
    for key in change.delete_rules:
        del rules[key]
    for key in change.delete_upstreams:
        del upstreams[key]
    listeners = old.listeners if change.listeners is None else change.listeners
    return {x.key: x for x in listeners}, rules, upstreams


def by_key(snapshot: ir.Snapshot) -> tuple[dict[str, object], ...]:
    return tuple(
        {item.key: item for item in items}
        for items in (snapshot.listeners, snapshot.rules, snapshot.upstreams)
    )


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_objects_means_nothing(
    options: Options, world: list[Object], random: object
) -> None:
    shuffled = world.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (
        resolve(ObjectStore(found), options, accepts, BY_FORM) for found in (world, shuffled)
    )
    assert one == other


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@given(worlds())
def test_what_is_resolved_compiles_and_is_said_once(options: Options, world: list[Object]) -> None:
    found = resolve(ObjectStore(world), options, accepts, BY_FORM)
    Router(found.snapshot)
    assert len({rule.key for rule in found.snapshot.rules}) == len(found.snapshot.rules)
    assert said_twice(found) == []


def said_twice(found: Resolution) -> list[tuple[object, ...]]:
    seen: set[tuple[ObjectKey, object, object, str]] = set()
    twice = []
    for item in found.conditions:
        place = (item.object, item.listener, id(item.parent) if item.parent else None, item.type)
        twice += [place] if place in seen else []
        seen.add(place)
    return twice

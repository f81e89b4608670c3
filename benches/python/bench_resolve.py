"""How long does it take to resolve 10,000 routes, from nothing and after one changed?"""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

from pytest_benchmark.fixture import BenchmarkFixture

from gwroute.model import EndpointSlice, HTTPRoute, Service
from gwroute.resolve import Options
from gwroute.router import resolver
from gwroute.store import ObjectStore


def bench_from_nothing(benchmark: BenchmarkFixture, store: ObjectStore) -> None:
    found = benchmark.pedantic(
        lambda: resolver(Options()).resolve(store), rounds=5, warmup_rounds=1
    )
    assert len(found.snapshot.rules) == len(store.of(HTTPRoute))


def bench_one_route_changed(benchmark: BenchmarkFixture, store: ObjectStore) -> None:
    _changing(benchmark, store, HTTPRoute)


def bench_one_service_changed(benchmark: BenchmarkFixture, store: ObjectStore) -> None:
    _changing(benchmark, store, Service)


def bench_one_endpoint_slice_changed(benchmark: BenchmarkFixture, store: ObjectStore) -> None:
    _changing(benchmark, store, EndpointSlice)


def _changing(
    benchmark: BenchmarkFixture,
    store: ObjectStore,
    kind: type[HTTPRoute] | type[Service] | type[EndpointSlice],
) -> None:
    """Each round one object is another one than before."""
    kept = resolver(Options())
    kept.resolve(store)
    objects = cycle(store.of(kind))

    def change() -> tuple[tuple[ObjectStore], dict[str, object]]:
        nonlocal store
        store = store.put(replace(next(objects)))
        return (store,), {}

    benchmark.pedantic(kept.resolve, setup=change, rounds=100)

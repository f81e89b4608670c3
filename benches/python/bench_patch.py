"""How long does it take from a changed route among 10,000 to a table that serves it?"""

from __future__ import annotations

import random
from itertools import count

from pytest_benchmark.fixture import BenchmarkFixture

from data.objects import obj
from data.routes import route
from gwroute.model import HTTPRoute
from gwroute.resolve import Options
from gwroute.router import Request, Router, resolver
from gwroute.store import ObjectStore


def bench_changed_route_to_table(benchmark: BenchmarkFixture, store: ObjectStore) -> None:
    """Store, resolution, difference, patch and one decision; reading the file is not in it."""
    kept = resolver(Options())
    router = Router(kept.resolve(store).snapshot)
    old = store.of(HTTPRoute)[len(store.of(HTTPRoute)) // 2]
    host = old.spec.hostnames[0]
    numbers = count()

    def change() -> tuple[tuple[HTTPRoute, str], dict[str, object]]:
        document = route(0, host, random.Random(1))
        document["metadata"]["name"] = old.name
        path = f"/changed/{next(numbers)}"
        document["spec"]["rules"][0]["matches"][0]["path"]["value"] = path
        return (obj(document), f"http://{host}{path}"), {}

    def serve(changed: HTTPRoute, url: str) -> None:
        nonlocal store, router
        store = store.put(changed)
        router = router.updated(kept.resolve(store).snapshot)
        assert router.decide(Request("GET", url)).route.name == old.name

    benchmark.pedantic(serve, setup=change, rounds=50)

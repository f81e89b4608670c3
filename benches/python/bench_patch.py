"""How long from a changed route among 10,000 to a table that has it, and to an answer by it?"""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Iterator
from itertools import count

from pytest_benchmark.fixture import BenchmarkFixture

from data.objects import obj
from data.routes import route
from gwroute import Proxy
from gwroute.controller.live import Live
from gwroute.model import HTTPRoute
from gwroute.resolve import Options
from gwroute.router import Request, Router, resolver
from gwroute.store import Object, ObjectStore

ROUNDS = 50
QUIET = 0.1
"""Seconds between two changes, so that none finds warm what the last one touched."""


class Change:
    """The route in the middle of a store, which now redirects another path to another host."""

    def __init__(self, store: ObjectStore, number: int) -> None:
        routes = store.of(HTTPRoute)
        old = routes[len(routes) // 2]
        document = route(0, old.spec.hostnames[0], random.Random(1))
        document["metadata"]["name"] = old.name
        (rule,) = document["spec"]["rules"]
        self.host, self.path = old.spec.hostnames[0], f"/changed/{number}"
        self.target = f"n{number}.example.com"
        redirect = {"type": "RequestRedirect", "requestRedirect": {"hostname": self.target}}
        rule["matches"][0]["path"]["value"] = self.path
        rule |= {"filters": [redirect], "backendRefs": []}
        self.object: Object = obj(document)


def changes(store: ObjectStore) -> Iterator[tuple[tuple[Change], dict[str, object]]]:
    """One change after the other, as arguments of a round."""
    for number in count():
        time.sleep(QUIET)
        yield (Change(store, number),), {}


def bench_changed_route_to_table(benchmark: BenchmarkFixture, store: ObjectStore) -> None:
    """Store, resolution, difference, patch and one decision; reading the file is not in it."""
    kept = resolver(Options())
    router = Router(kept.resolve(store).snapshot)
    following = changes(store)

    def serve(change: Change) -> None:
        nonlocal store, router
        store = store.put(change.object)
        router = router.updated(kept.resolve(store).snapshot)
        decision = router.decide(Request("GET", f"http://{change.host}{change.path}"))
        assert decision.location == f"http://{change.target}{change.path}"

    benchmark.pedantic(serve, setup=lambda: next(following), rounds=ROUNDS)


def bench_changed_route_to_answer(benchmark: BenchmarkFixture, store: ObjectStore) -> None:
    """The same in a running proxy, to the first answer by it over a connection that is open."""
    kept, following = resolver(Options()), changes(store)
    with Proxy(workers=1) as proxy:
        live = Live(proxy, {"80": "127.0.0.1:0"})

        def put() -> None:
            began, resolution = time.monotonic(), kept.resolve(store)
            router = live.router.updated(resolution.snapshot)
            live.put(router, resolution.secrets, began=began, fault=None)

        put()
        ((address,),) = live.bound.values()
        connection = http.client.HTTPConnection(address)

        def serve(change: Change) -> None:
            nonlocal store
            store = store.put(change.object)
            put()
            connection.request("GET", change.path, headers={"host": change.host})
            answer = connection.getresponse()
            answer.read()
            assert answer.getheader("location") == f"http://{change.target}{change.path}"

        benchmark.pedantic(serve, setup=lambda: next(following), rounds=ROUNDS)
        connection.close()

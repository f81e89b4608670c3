"""The conformance suite's expectations, asked in process: statuses, and where requests go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gwroute import ir
from gwroute.resolve import Options, Resolution, Resolver
from gwroute.router import Router, accepts_regex
from gwroute.testing import Exchange, Expectation, Observed
from support import conformance
from support.cases import ask_oracle, ask_router
from support.cluster import POD, Cluster
from support.statuses import faults

if not conformance.FOLDER.is_dir():
    pytest.skip("needs the conformance data", allow_module_level=True)

TESTS = {case["test"]: case for case in conformance.tests()}


@pytest.mark.parametrize("case", TESTS.values(), ids=TESTS.keys())
def test_statuses_and_traffic(case: dict[str, Any]) -> None:
    cluster = Cluster(case)
    resolver = Resolver(Options(), accepts_regex)
    _check(case, case, cluster, resolver)
    for step in case.get("steps", ()):
        cluster.step(step)
        _check(case, step, cluster, resolver)


def _check(
    case: dict[str, Any], part: dict[str, Any], cluster: Cluster, resolver: Resolver
) -> None:
    resolution = resolver.resolve(cluster.store())
    found = [
        fault for item in part.get("status", ()) for fault in faults(cluster, resolution, item)
    ]
    for traffic in conformance.traffic_of(part):
        item = conformance.Item(case, traffic)
        for seen in _seen(item, resolution):
            found += [f"{item.id}: {fault}" for fault in conformance.disagreements(item, seen)]
    assert not found, "\n".join(found)


def _seen(item: conformance.Item, resolution: Resolution) -> Iterator[Observed]:
    exchange = _exchange(item, resolution.snapshot)
    for seen in (
        ask_oracle(resolution.snapshot, exchange, 0.5),
        ask_router(Router(resolution.snapshot), exchange, 0.5),
    ):
        yield replace(seen, backend=_workload(resolution.snapshot, seen.backend))


def _workload(snapshot: ir.Snapshot, backend: str | None) -> str | None:
    """The Deployment behind a backend, as the suite names backends."""
    found = next((x for x in snapshot.upstreams if x.service == backend and x.endpoints), None)
    return f"{(found.endpoints[0].pod or '').removesuffix(POD)}:80" if found else backend


def _exchange(item: conformance.Item, snapshot: ir.Snapshot) -> Exchange:
    request, gateway = item.traffic["request"], item.gateway
    name = f"{gateway['namespace']}/{gateway['name']}"
    listeners = [x for x in snapshot.listeners if x.gateway == name]
    if "listener" in gateway:
        listeners = [x for x in listeners if x.name == gateway["listener"]]
    return Exchange(
        send=item.id,
        method=request.get("method", "GET"),
        scheme="http",
        port=request.get("port") or listeners[0].port,
        target=request["path"],
        headers=conformance.request_headers(item),
        expect=Expectation("forward"),
        answers=tuple(request.get("backend_response_headers", {}).items()),
        gateway=name,
    )

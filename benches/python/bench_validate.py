"""How long does it take to hold 10,000 routes against the schemas and rules of the CRDs?"""

from __future__ import annotations

import json

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from data.routes import documents
from gwroute.model.schema import violations

ROUTES = 10_000
VERSION = "gateway.networking.k8s.io/v1"


@pytest.fixture(scope="module")
def routes() -> list[bytes]:
    """Two matches, two filters and two backends each."""
    return [json.dumps(one).encode() for one in documents(ROUTES) if one["kind"] == "HTTPRoute"]


def bench_all(benchmark: BenchmarkFixture, routes: list[bytes]) -> None:
    assert benchmark(violations, "HTTPRoute", VERSION, routes) == {}


def bench_one_changed(benchmark: BenchmarkFixture, routes: list[bytes]) -> None:
    assert benchmark(violations, "HTTPRoute", VERSION, routes[:1]) == {}

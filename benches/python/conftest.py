"""What the benchmarks share: the generated worlds, made once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gwroute.store import ObjectStore

sys.path.insert(0, str(Path(__file__).parents[1]))

from data.objects import obj
from data.routes import documents

ROUTES = 10_000


@pytest.fixture(scope="session", params=[1, ROUTES], ids=["one host", "a host each"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    """10,000 routes, all on one host, or each on its own."""
    return ObjectStore(map(obj, documents(ROUTES, hosts=request.param)))

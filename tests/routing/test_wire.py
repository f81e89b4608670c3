"""Every routing case as bytes through the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import pytest

from gwroute.testing import Case, Exchange, mismatches
from support.cases import cases, resolved
from support.wire import Wire, wire

CASES = {case.id: case for case in cases()}
SENT = 300
"""How often a request is sent whose backend is drawn."""
SIGMAS = 5
"""How far a share may be off: fewer than one in a million runs is further."""


@pytest.fixture(scope="module")
def through() -> Iterator[Wire]:
    with wire() as made:
        yield made


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case(case: Case, through: Wire) -> None:
    through.serve(resolved(case).snapshot)
    for exchange in case.exchanges:
        check(exchange, through)


def check(exchange: Exchange, through: Wire) -> None:
    times = 1 if exchange.share == 1 else SENT
    outcomes = [mismatches(exchange, through.ask(exchange)) for _ in range(times)]
    share = sum(not found for found in outcomes) / times
    worst = next((found for found in outcomes if found), [])
    slack = SIGMAS * sqrt(exchange.share * (1 - exchange.share) / times)
    assert abs(share - exchange.share) <= slack, "\n".join([exchange.send, *worst])

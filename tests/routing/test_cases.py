"""Every routing case, each way of asking: the oracle and the compiled table, in process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gwroute.testing import Case, Exchange, Observed, mismatches
from support.cases import by_oracle, by_router, cases, draws, resolved

Way = Callable[[Case, Exchange, float], Observed]
WAYS = {"oracle": by_oracle, "table": by_router}
CASES = {case.id: case for case in cases()}


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def way(request: pytest.FixtureRequest) -> Way:
    """A way to ask where a request goes."""
    return request.param


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case(case: Case, way: Way) -> None:
    for exchange in case.exchanges:
        outcomes = [mismatches(exchange, way(case, exchange, draw)) for draw in draws(exchange)]
        share = sum(not found for found in outcomes) / len(outcomes)
        worst = next((found for found in outcomes if found), [])
        assert share == exchange.share, "\n".join([exchange.send, *worst])


def test_there_are_cases_enough() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_nothing_is_raised_and_findings_have_places(case: Case) -> None:
    for finding in resolved(case).findings:
        assert finding.file is not None, finding

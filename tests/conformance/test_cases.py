"""Every conformance case: statuses, and requests over sockets, through the table and the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.__main__ import FOLDER, OWN, material_of, run_one
from conformance.case import LAYER_4, Case, read_cases
from conformance.pods import Addresses, Pods
from conformance.world import Site
from gwroute.resolve.features import FEATURES

KNOWN = frozenset((OWN / "known_failures.txt").read_text("utf-8").split())
"""Cases that cannot pass yet; one that does has to go from the list."""
FOLDERS = [folder for folder in (FOLDER, OWN) if folder.is_dir()]
CASES = {case.name: case for folder in FOLDERS for case in read_cases(folder)}
NEEDS_DATA = pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the conformance data")


@pytest.fixture(scope="module")
def sites() -> Iterator[dict[Path, Site]]:
    addresses = Addresses()
    made = {folder: Site(Pods(material_of(folder), addresses), addresses) for folder in FOLDERS}
    yield made
    for site in made.values():
        site.pods.stop()


@NEEDS_DATA
def test_known_failures_are_cases() -> None:
    assert set(CASES) >= KNOWN


@NEEDS_DATA
def test_what_no_failing_case_needs_is_claimed() -> None:
    supported = frozenset(FEATURES)
    run = [case for case in CASES.values() if case.skipped(supported) is None]
    needed = {feature for case in run for feature in case.features if feature not in LAYER_4}
    missing = {feature for name in KNOWN for feature in CASES[name].features}
    assert needed - missing <= supported
    assert supported <= needed, "nothing is claimed that no case shows"


@NEEDS_DATA
def test_what_fails_is_not_claimed() -> None:
    assert not [name for name in KNOWN if set(CASES[name].features) <= set(FEATURES)]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case(case: Case, sites: dict[Path, Site], request: pytest.FixtureRequest) -> None:
    if case.name in KNOWN:
        request.applymarker(pytest.mark.xfail(strict=True, raises=AssertionError))
    result = run_one(case, sites[case.folder], keep_going=True)
    if result.outcome == "skipped":
        pytest.skip(result.faults[0])
    assert not result.faults, "\n".join(result.faults)

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
def test_what_cases_show_is_claimed_and_nothing_else() -> None:
    supported = frozenset(FEATURES)
    run = [case for case in CASES.values() if case.skipped(supported) is None]
    needed = {feature for case in run for feature in case.features if feature not in LAYER_4}
    assert needed == supported


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case(case: Case, sites: dict[Path, Site]) -> None:
    result = run_one(case, sites[case.folder], keep_going=True)
    if result.outcome == "skipped":
        pytest.skip(result.faults[0])
    assert not result.faults, "\n".join(result.faults)

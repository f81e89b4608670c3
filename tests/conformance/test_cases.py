"""Every conformance case: statuses, and requests over sockets, through the table and the oracle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.__main__ import FOLDER, OWN, material_of, run_one
from conformance.case import LAYER_4, Case, read_cases
from conformance.pods import Addresses, Pods
from conformance.profiles import PROFILES
from conformance.world import Site
from gwroute.resolve.features import FEATURES
from support.shared import shared

FOLDERS = [folder for folder in (FOLDER, OWN) if folder.is_dir()]
CASES = {case.name: case for folder in FOLDERS for case in read_cases(folder)}
FEATURE_LIST = shared("spec") / "features.md"
NEEDS_LIST = pytest.mark.skipif(not FEATURE_LIST.is_file(), reason="needs the list of features")
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


@NEEDS_LIST
def test_every_feature_above_layer_4_is_claimed_and_reported() -> None:
    rows = re.findall(r"^\| (\w+) \| (?:std|exp) \|", FEATURE_LIST.read_text("utf-8"), re.MULTILINE)
    wanted = {name for name in rows if not name.startswith((*LAYER_4, "Mesh"))}
    assert wanted == set(FEATURES)
    for profile in PROFILES:
        assert profile.core <= wanted
    reported = set().union(*(profile.core for profile in PROFILES))
    reported |= {name for name in wanted for profile in PROFILES if profile.is_extended(name)}
    assert reported == wanted


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case(case: Case, sites: dict[Path, Site]) -> None:
    result = run_one(case, sites[case.folder], keep_going=True)
    if result.outcome == "skipped":
        pytest.skip(result.faults[0])
    assert not result.faults, "\n".join(result.faults)

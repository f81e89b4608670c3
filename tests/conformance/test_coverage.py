"""The page of what is covered is made of the cases as they are."""

from __future__ import annotations

import re
from pathlib import Path

from conformance import coverage
from conformance.case import read_cases
from conformance.refusals import refusals

CASES = read_cases(coverage.FOLDER)
SAID = coverage.Sentences()
ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date() -> None:
    assert coverage.PAGE.read_text("utf-8") == coverage.page(CASES), "make golden"


def test_every_sentence_is_shown_or_said_to_be_asked_elsewhere() -> None:
    assert coverage.uncovered(CASES) == []


def test_what_is_asked_elsewhere_is_shown_by_nothing_here() -> None:
    shown = {name for case in CASES for name in case.spec} | set(SAID.routing) | set(SAID.tests)
    assert not shown & set(SAID.elsewhere)


def test_cases_name_sentences_that_are_there() -> None:
    named = {name for case in CASES for name in case.spec} | {r.shows for r in refusals()}
    assert (named | SAID.named()) - set(SAID.texts) == set()


def test_every_case_names_what_it_shows() -> None:
    assert not [case.name for case in CASES if not case.spec]


def test_routing_lines_are_those_of_cases() -> None:
    files = coverage.routing_files()
    assert not [line for lines in SAID.routing.values() for line in lines if line not in files]


def test_tests_that_are_named_are_there() -> None:
    for test in {test for tests in SAID.tests.values() for test in tests}:
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text("utf-8")
        assert re.search(rf"\b(def|fn) {name}\(", text), test

"""The page of what is covered is made of the cases as they are."""

from __future__ import annotations

from conformance import coverage
from conformance.case import read_cases

CASES = read_cases(coverage.FOLDER)


def test_the_page_is_up_to_date() -> None:
    assert coverage.PAGE.read_text("utf-8") == coverage.page(CASES), "make golden"


def test_cases_name_sentences_that_are_there() -> None:
    known = coverage.sentences()
    assert {name for case in CASES for name in case.spec} <= set(known)
    assert set(coverage.routing()) <= set(known)


def test_every_case_names_what_it_shows() -> None:
    assert not [case.name for case in CASES if not case.spec]


def test_routing_lines_are_those_of_cases() -> None:
    files = coverage.routing_files()
    assert not [
        line for lines in coverage.routing().values() for line in lines if line not in files
    ]

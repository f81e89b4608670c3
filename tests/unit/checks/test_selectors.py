"""Selectors of namespaces that say nothing are told, and take nothing."""

from __future__ import annotations

from typing import Any

import pytest

from gwroute.checks import validate
from gwroute.model import Gateway
from gwroute.model.meta import LabelSelector, LabelSelectorRequirement
from gwroute.router import resolve
from support.documents import Documents
from support.pages import world

EVEN = {"a": "1"}


def told(documents: Documents) -> list[tuple[str | None, str]]:
    objects = documents.store()
    findings = validate(objects, resolve(objects))
    return [(item.field, item.message) for item in findings if item.code == "GWR103"]


def requirement(operator: str, *values: str) -> dict[str, Any]:
    return {"key": "a", "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("operator", "values", "field"),
    [
        ("Is", ("1",), "operator"),
        ("in", ("1",), "operator"),
        ("In", (), "operator"),
        ("NotIn", (), "operator"),
        ("Exists", ("1",), "values"),
        ("DoesNotExist", ("1",), "values"),
    ],
)
def test_a_requirement_that_says_nothing(
    operator: str, values: tuple[str, ...], field: str
) -> None:
    documents = Documents(world("GWR501"))
    gateway = documents.of(Gateway.__name__, "hangzhou")
    selector = {"matchExpressions": [requirement(operator, *values)]}
    listener = gateway["spec"]["listeners"][0]
    listener["allowedRoutes"] = {"namespaces": {"from": "Selector", "selector": selector}}
    gateway["spec"]["allowedListeners"] = {"namespaces": {"from": "Selector", "selector": selector}}
    fields = [field for field, _ in told(documents)]
    assert fields == [
        f"spec.listeners[0].allowedRoutes.namespaces.selector.matchExpressions[0].{field}",
        f"spec.allowedListeners.namespaces.selector.matchExpressions[0].{field}",
    ]
    made = LabelSelectorRequirement(key="a", operator=operator, values=values)
    for labels in ({}, EVEN, {"a": "2"}):
        assert not LabelSelector(match_expressions=(made,)).matches(labels)


@pytest.mark.parametrize(
    ("operator", "values", "takes"),
    [
        ("In", ("1", "3"), [EVEN]),
        ("NotIn", ("1", "3"), [{}, {"a": "2"}]),
        ("Exists", (), [EVEN, {"a": "2"}]),
        ("DoesNotExist", (), [{}]),
    ],
)
def test_a_requirement_that_says_something(
    operator: str, values: tuple[str, ...], takes: list[dict[str, str]]
) -> None:
    made = LabelSelectorRequirement(key="a", operator=operator, values=values)
    assert made.fault() is None
    selector = LabelSelector(match_expressions=(made,))
    assert [labels for labels in ({}, EVEN, {"a": "2"}) if selector.matches(labels)] == takes

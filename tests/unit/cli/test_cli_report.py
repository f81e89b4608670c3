"""Findings in the formats of other programs."""

import json
from xml.etree import ElementTree

from gwroute.cli.report import FORMATS
from gwroute.finding import Finding
from gwroute.model import ObjectKey

ERROR = Finding(
    code="GWR203",
    message="Service shop/cart-canry does not exist; its share of 10 % gets 500",
    help="did you mean cart-canary?",
    object=ObjectKey("HTTPRoute", "shop", "cart"),
    field="spec.rules[1].backendRefs[0].name",
    file="routes/a,b:c.yaml",
    line=14,
    column=7,
)
NOTE = Finding(code="GWR302", level="info", message="class of\nanother controller")


def test_json_has_every_key() -> None:
    first, second = json.loads(FORMATS["json"]([ERROR, NOTE]))
    assert list(first) == list(second)
    assert list(first) == [
        "code", "level", "message", "help", "object", "field", "file", "line", "column", "witness",
    ]  # fmt: skip
    assert first["object"] == {"kind": "HTTPRoute", "namespace": "shop", "name": "cart"}
    assert second["file"] is None


def test_github_annotations_are_escaped() -> None:
    assert FORMATS["github"]([ERROR, NOTE]).splitlines() == [
        "::error file=routes/a%2Cb%3Ac.yaml,line=14,col=7,title=GWR203 Service does not exist"
        "::Service shop/cart-canry does not exist; its share of 10 %25 gets 500"
        "%0Adid you mean cart-canary?",
        "::notice title=GWR302 class of another controller::class of%0Aanother controller",
    ]


def test_sarif_has_rules_and_places() -> None:
    log = json.loads(FORMATS["sarif"]([ERROR, NOTE]))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["GWR203", "GWR302"]
    first, second = run["results"]
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "GWR203"
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "routes/a,b:c.yaml"},
        "region": {"startLine": 14, "startColumn": 7},
    }
    assert (second["level"], "locations" in second) == ("note", False)


def test_junit_fails_from_a_warning_on() -> None:
    root = ElementTree.fromstring(FORMATS["junit"]([ERROR, NOTE]))
    [suite] = root
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failed, passed = suite
    assert failed.get("classname") == "routes/a,b:c.yaml"
    assert failed[0].get("type") == "GWR203"
    assert len(passed) == 0


def test_no_findings_are_a_test_that_passed() -> None:
    [suite] = ElementTree.fromstring(FORMATS["junit"]([]))
    assert (suite.get("tests"), suite.get("failures"), len(suite)) == ("1", "0", 1)
    assert FORMATS["text"]([]) == FORMATS["github"]([]) == ""


def test_text_is_the_line_and_the_help() -> None:
    assert "a,b:c.yaml:14:7: " in FORMATS["text"]([ERROR])
    assert "help: did you mean cart-canary?" in FORMATS["text"]([ERROR])

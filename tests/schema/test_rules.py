"""Every rule of the CRDs, with a value that it lets pass and one that it refuses."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from gwroute.model.schema import Violation, violations
from support.shared import ROOT

FOLDER = ROOT / "python" / "gwroute" / "schemas"
GROUP = "gateway.networking.k8s.io"

SERVICE = {"name": "web", "port": 80}
ROUTE: dict[str, Any] = {"parentRefs": [{"name": "public"}], "rules": [{}]}
LISTENER = {"name": "other", "port": 8080, "protocol": "HTTP"}
L4ROUTE: dict[str, Any] = {
    "parentRefs": [{"name": "public"}],
    "rules": [{"backendRefs": [SERVICE]}],
}
SPECS: dict[str, dict[str, Any]] = {
    "GatewayClass": {"controllerName": "example.com/controller"},
    "Gateway": {"gatewayClassName": "public", "listeners": [LISTENER]},
    "ListenerSet": {"parentRef": {"name": "public"}, "listeners": [LISTENER]},
    "HTTPRoute": ROUTE,
    "GRPCRoute": ROUTE,
    "TLSRoute": {**L4ROUTE, "hostnames": ["a.example.com"]},
    "TCPRoute": L4ROUTE,
    "UDPRoute": L4ROUTE,
    "ReferenceGrant": {
        "from": [{"group": GROUP, "kind": "HTTPRoute", "namespace": "a"}],
        "to": [{"group": "", "kind": "Service"}],
    },
    "BackendTLSPolicy": {
        "targetRefs": [{"group": "", "kind": "Service", "name": "web"}],
        "validation": {"hostname": "web", "wellKnownCACertificates": "System"},
    },
}
"""A spec of each kind that everybody takes, and that the cases are put into."""

NEVER_BROKEN = {
    "self == oldSelf": "compares with an earlier state, and a new object has none",
    "self.type in ['Exact','PathPrefix'] || self.type == 'RegularExpression'": "other types are"
    " refused by the enumeration, and then no rule is evaluated",
}
"""Rules that no new object can break, with the reason."""


class Case(NamedTuple):
    """One rule in one kind at one place."""

    kind: str
    version: str
    at: str
    group: dict[str, Any]
    case: dict[str, Any]

    def object_with(self, value: Any) -> dict[str, Any]:
        document = {"apiVersion": f"{GROUP}/{self.version}", "kind": self.kind}
        document |= {"metadata": {"name": "it"}, "spec": copy.deepcopy(SPECS[self.kind])}
        put(document, self.at, copy.deepcopy(value))
        if wanted := self.group.get("filter"):
            put(document, re.sub(r"\.\w+(\.path)?$", "", self.at) + ".type", wanted)
        return document

    def violations_with(self, value: Any) -> list[Violation]:
        document = json.dumps(self.object_with(value)).encode()
        found = violations(self.kind, f"{GROUP}/{self.version}", [document]).get(0, ())
        return [violation for violation in found if violation.sort != "experimental"]

    @property
    def path(self) -> str:
        return ".".join(filter(None, (self.at, self.case.get("within"))))

    @property
    def beside(self) -> set[str]:
        return {*self.group.get("beside", ()), *self.case.get("beside", ())}


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Puts a value into a document, and what it takes on the way there."""
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
    here: Any = document
    for before, step, after in zip(["", *steps], steps, steps[1:], strict=False):
        if isinstance(here, list) and step == len(here):
            here.append(dict(SERVICE) if before == "backendRefs" else {})
        elif isinstance(here, dict):
            here.setdefault(step, [] if isinstance(after, int) else {})
        here = here[step]
        if step == "frontend":
            here.setdefault("default", {})
    if isinstance(here, list):
        here[steps[-1] :] = [value]
    else:
        here[steps[-1]] = value


def cases() -> Iterator[Case]:
    document = yaml.safe_load((Path(__file__).parent / "rules.yaml").read_text())
    for group in document["groups"]:
        for kind in group["kinds"]:
            for version in group.get("versions", ["v1"]):
                for at in group["at"]:
                    for case in group["cases"]:
                        yield Case(kind, version, at, group, case)


CASES = list(cases())


def name(case: Case) -> str:
    return f"{case.kind}-{case.path}-{case.case['rule'][:60]}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_what_a_rule_wants_is_taken(case: Case) -> None:
    found = case.violations_with(case.case["passes"])
    assert {violation.sort for violation in found} <= case.beside & {"enum"}
    assert not [violation for violation in found if violation.channels == "both"]


@pytest.mark.parametrize("case", CASES, ids=name)
def test_what_a_rule_does_not_want_is_refused_with_its_message_and_place(case: Case) -> None:
    found = case.violations_with(case.case["fails"])
    said = {(violation.message, violation.path) for violation in found if violation.sort == "rule"}
    expected = (case.case["rule"], *case.case.get("with", ()))
    assert said == {(message, case.path) for message in expected}
    assert {violation.sort for violation in found} - {"rule"} <= case.beside


class Rule(NamedTuple):
    """A rule at a place of a kind; indexes left out."""

    kind: str
    path: str
    rule: str


def rules_of(kind: str, schema: dict[str, Any], path: str) -> Iterator[Rule]:
    for rule in schema.get("x-kubernetes-validations", ()):
        yield Rule(kind, path, rule["rule"])
    for field, part in schema.get("properties", {}).items():
        yield from rules_of(kind, part, f"{path}.{field}".lstrip("."))
    if "items" in schema:
        yield from rules_of(kind, schema["items"], f"{path}[]")


def all_rules() -> set[Rule]:
    documents = [json.loads(file.read_text()) for file in FOLDER.glob("*.json")]
    return {
        rule
        for document in documents
        for schema in document["schemas"]
        for rule in rules_of(document["kind"], schema, "")
    }


def test_each_rule_has_a_case_or_a_reason_why_there_is_none() -> None:
    broken = {
        Rule(case.kind, re.sub(r"\d+", "", violation.path), violation.rule)
        for case in CASES
        for violation in case.violations_with(case.case["fails"])
        if violation.rule
    }
    without = {rule for rule in all_rules() - broken if rule.rule not in NEVER_BROKEN}
    assert not without
    assert {rule.rule for rule in all_rules() - broken} == NEVER_BROKEN.keys()


def test_an_unknown_type_of_path_is_refused_before_the_rule() -> None:
    case = next(case for case in CASES if case.at == "spec.rules[0].matches[0].path")
    assert [v.sort for v in case.violations_with({"type": "Prefix", "value": "/"})] == ["enum"]

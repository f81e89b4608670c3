"""The runner itself: what is bent does not come true, and reports say what was seen."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from conformance import report, traffic
from conformance.__main__ import OWN, main
from conformance.case import Case, read_cases
from conformance.cluster import key_of_item
from conformance.material import own
from conformance.pods import Addresses, Pods
from conformance.report import Result
from conformance.statuses import status_mismatch
from conformance.world import Site, World

CASES = {case.name: case for case in read_cases(OWN)}
BENT = (
    "addresses-of-gateways",
    "backends-over-tls",
    "calls-find-their-method",
    "certificates-by-name",
    "clients-stay-where-they-were",
    "gateways-come-and-go",
    "listener-sets-in-order",
    "others-say-who-may-pass",
    "protocols-of-backends",
    "routes-attach-where-they-may",
)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    addresses = Addresses()
    with Site(Pods(own(), addresses), addresses) as made:
        yield made


@pytest.mark.parametrize("name", BENT)
def test_what_is_bent_does_not_come_true(name: str, site: Site) -> None:
    case = CASES[name]
    with World(case.manifests, site) as world:
        for item in case.data.get("status", ()):
            document = world.document(key_of_item(item))
            for bent in bent_status(item):
                assert status_mismatch(bent, document), bent
        for item in case.data["traffic"]:
            before = world.client
            for expect in bent_expectations(item["expect"]):
                world.client = copy.deepcopy(before)
                assert list(traffic.faults(case, world, {**item, "expect": expect})), expect
            world.client = before
            assert not list(traffic.faults(case, world, item))


def bent_status(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "status" in item:
        yield {**item, "status": "False" if item["status"] == "True" else "True"}
        yield {**item, "type": "Nonsense"}
        yield {**item, "reason": "Nonsense"}
    if "absent" in item and not item["name"].startswith("their"):
        yield {**item, "absent": "Accepted"}
    for lists in ("parents", "ancestors"):
        if lists in item:
            yield {**item, lists: [*item[lists], "nobody"]}
    if "attached_routes" in item:
        yield {**item, "attached_routes": item["attached_routes"] + 1}
        yield {**item, "supported_kinds": [*item["supported_kinds"], "TCPRoute"]}
    if "listener" in item:
        yield {**item, "listener": "nobody"}
    if "names" in item:
        yield {**item, "names": [*item["names"], "nobody"]}
    if "at_least" in item:
        yield {**item, "at_least": item["at_least"] + 99}
    if isinstance(item.get("equals"), int):
        yield {**item, "equals": item["equals"] + 1}
    for reference in ("parent", "ancestor"):
        if reference in item:
            yield {**item, reference: {**item[reference], "name": "nobody"}}


def bent_expectations(expect: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "outcome" in expect:
        yield {"status": [200]}
    if "status" in expect:
        yield {**expect, "status": [418]}
    for name in ("backend", "namespace", "method", "path", "host", "http_port", "sni"):
        if name in expect:
            yield {**expect, name: "nonsense"}
    if "session" in expect:
        yield {**expect, "session": "kept" if expect["session"] == "new" else "new"}
    if "cookie" in expect:
        yield {**expect, "cookie": {"has": ["domain=nonsense"]}}
        yield {**expect, "cookie": {"lacks": ["path"]}}
    if "certificate" in expect:
        yield {**expect, "certificate": "Secret infra/next"}
    if "backend" in expect:
        yield {**expect, "no_backend": True}
        yield {**expect, "headers": {"x-nonsense": "1"}}
        yield {**expect, "response": {"headers": {"x-nonsense": "1"}}}
        yield {**expect, "response": {"lines": {"content-type": []}}}
        yield {"outcome": "not_ok"}
        yield {"outcome": "failure"}
    if "grpc_code" in expect:
        yield {**expect, "grpc_code": "DATA_LOSS"}
    if "frames" in expect:
        yield {"frames": [{"type": "text", "data": "nonsense"}]}


def results() -> list[Result]:
    def case(name: str, *features: str, provisional: bool = False) -> Case:
        data = {"test": name, "features": ["Gateway", *features], "provisional": provisional}
        return Case(data, OWN)

    return [
        Result(case("Core", "HTTPRoute"), "passed"),
        Result(case("Broken", "HTTPRoute", "HTTPRouteCORS"), "failed", ("no answer",)),
        Result(case("Maybe", "GRPCRoute", provisional=True), "passed"),
        Result(case("Below", "TLSRoute"), "skipped", ("needs TLSRoute",)),
    ]


def test_the_closing_line_counts() -> None:
    assert report.closing(results()) == "2 passed, 1 failed, 1 skipped"


def test_tables_are_by_feature_and_by_profile() -> None:
    lines = [line.split() for line in report.tables(results())]
    assert ["HTTPRouteCORS", "0", "1", "0"] in lines
    assert ["GATEWAY-HTTP", "1", "1", "0"] in lines
    assert ["(none)", "0", "0", "1"] in lines


def test_the_report_has_the_shape_of_the_gateway_api() -> None:
    found = report.document(results(), ["Gateway", "HTTPRoute"])
    assert (found["apiVersion"], found["kind"]) == (
        "gateway.networking.k8s.io/v1",
        "ConformanceReport",
    )
    assert found["succeededProvisionalTests"] == ["Maybe"]
    http, grpc = found["profiles"]
    assert http["name"] == "GATEWAY-HTTP"
    assert http["core"]["result"] == "success"
    assert http["core"]["statistics"] == {"Passed": 1, "Failed": 0, "Skipped": 0}
    assert http["extended"]["result"] == "failure"
    assert http["extended"]["failedTests"] == ["Broken"]
    assert http["extended"]["unsupportedFeatures"] == ["HTTPRouteCORS"]
    assert http["summary"].endswith("Extended tests failed with 1 test failed.")
    assert grpc["core"]["result"] == "success"


def test_the_command_tells_and_ends_with_what_came_of_it(tmp_path, capsys) -> None:
    file = tmp_path / "report.yaml"
    named = ["requests-stay-with-their-listener", "--report", str(file)]
    assert main([*named, "--only", "GatewayHTTPListenerIsolation"]) == 0
    assert capsys.readouterr().out.endswith("\n1 passed, 0 failed, 0 skipped\n")
    assert yaml.safe_load(file.read_text())["kind"] == "ConformanceReport"
    assert main(["no-such-case"]) == 2
    assert "no case no-such-case" in capsys.readouterr().err

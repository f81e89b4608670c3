"""Bad input: each is told with file, line, column and a way out, and what is beside it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from gwroute import load, resolve
from gwroute.model import HTTPRoute

GOOD = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: c}
spec: {controllerName: gwroute.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g}
spec:
  gatewayClassName: c
  listeners: [{name: http, protocol: HTTP, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: good}
spec:
  parentRefs: [{name: g}]
  rules: [{}]
"""

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: bad}
spec:
"""

PARENT = ROUTE + "  parentRefs: [{name: g}]\n"

BAD = {
    "not YAML": "a: [1, 2\nb: }{",
    "a list": "- 1\n- 2",
    "text": "only text",
    "an unknown kind": ROUTE.replace("HTTPRoute", "HTTPRout"),
    "an unknown version": ROUTE.replace("/v1", "/v9"),
    "an unknown field": PARENT + "  hostname: [a.example.com]",
    "a text for a list": ROUTE + "  parentRefs: g",
    "a text for a mapping": PARENT + "  rules: [{matches: [{path: /a}]}]",
    "a text for a number": PARENT + '  rules: [{backendRefs: [{name: s, port: "80"}]}]',
    "a missing name": PARENT + "  rules: [{backendRefs: [{port: 80}]}]",
    "an object written twice": f"{PARENT}---\n{PARENT}",
    "an object replaced": PARENT.replace("bad", "good"),
    "a parent that does not exist": ROUTE + "  parentRefs: [{name: nowhere}]",
    "a listener that does not exist": ROUTE + "  parentRefs: [{name: g, sectionName: nowhere}]",
    "a Service that does not exist": PARENT + "  rules: [{backendRefs: [{name: s, port: 80}]}]",
    "a bad regular expression": PARENT
    + "  rules: [{matches: [{path: {type: RegularExpression, value: '/a(b'}}]}]",
    "a port out of range": PARENT + "  rules: [{backendRefs: [{name: s, port: 70000}]}]",
    "a hostname with a blank": PARENT + '  hostnames: ["a example.com"]',
    "an empty hostname": PARENT + '  hostnames: [""]',
    "nested lists": "[" * 100_000,
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad_input_is_told_with_a_place_and_a_way_out(text: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    (tmp_path / "good.yaml").write_text(GOOD)
    store = load(tmp_path)
    resolution = resolve(store)
    found = [*store.findings, *resolution.findings]
    assert found
    for finding in found:
        assert finding.file == str(tmp_path / "bad.yaml")
        assert finding.line is not None
        assert finding.column is not None
        assert finding.help
    assert any(route.name == "good" for route in store.of(HTTPRoute))
    assert any(rule.route.name == "good" for rule in resolution.snapshot.rules)

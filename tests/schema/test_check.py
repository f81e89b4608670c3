"""What an API server would refuse, as findings with a place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gwroute.checks.schema import SchemaCheck
from gwroute.finding import Finding
from gwroute.model import HTTPRoute, Object, ObjectKey
from gwroute.model.parse import read, read_documents
from gwroute.model.schema import violations
from gwroute.store import ObjectStore
from support.shared import ROOT, shared

HEAD = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec:
  parentRefs:
  - name: public
"""
CART = ObjectKey("HTTPRoute", "shop", "cart")


def store(text: str) -> ObjectStore:
    manifest = read(text, "cart.yaml")
    return ObjectStore(manifest.objects, manifest.findings)


def check(objects: ObjectStore) -> tuple[Finding, ...]:
    return SchemaCheck().look(objects).findings()


def refused(found: tuple[Finding, ...]) -> set[ObjectKey | None]:
    """Objects that no API server takes."""
    return {finding.object for finding in found if finding.level == "error"}


def findings(rest: str) -> list[str]:
    return [str(finding) for finding in check(store(HEAD + rest))]


def test_a_violation_is_a_finding_at_its_line() -> None:
    rest = "  rules:\n  - matches:\n    - path:\n        type: Exact\n        value: cart\n"
    assert findings(rest) == [
        "cart.yaml:10:9: error GWR110: HTTPRoute shop/cart: spec.rules[0].matches[0].path:"
        " value must be an absolute path and start with '/' when type one of"
        " ['Exact', 'PathPrefix']; an API server refuses the object"
    ]
    assert refused(check(store(HEAD + rest))) == {CART}


def test_a_value_near_an_allowed_one_is_suggested() -> None:
    rest = "  rules:\n  - filters:\n    - type: RequestRedirct\n      requestRedirect: {}\n"
    found = next(f for f in check(store(HEAD + rest)) if f.code == "GWR103")
    assert (found.line, found.column) == (9, 13)
    assert found.help == "did you mean RequestRedirect?"


def test_a_good_object_is_not_mentioned() -> None:
    good = store(HEAD + "  hostnames: [shop.example.com]\n")
    assert check(good) == ()


def test_a_field_of_the_experimental_channel_is_an_info() -> None:
    rest = "  rules:\n  - retry: {codes: [500]}\n"
    assert findings(rest) == [
        "cart.yaml:8:12: info GWR111: HTTPRoute shop/cart: spec.rules[0].retry is a field that"
        " the standard channel drops"
    ]
    assert refused(check(store(HEAD + rest))) == set()


def test_what_only_the_standard_channel_refuses_is_an_info() -> None:
    rest = "    port: 80\n  - name: public\n    port: 81\n"
    found = check(store(HEAD + rest))
    assert {(f.code, f.level, f.line) for f in found} == {("GWR110", "info", 6)}
    assert str(found[0]).endswith("; CRDs of the standard channel refuse the object")
    assert refused(check(store(HEAD + rest))) == set()


def test_what_only_the_experimental_channel_refuses_is_a_warning() -> None:
    rest = "  rules:\n  - name: a\n  - name: a\n"
    found = check(store(HEAD + rest))
    assert [(f.code, f.level) for f in found] == [("GWR110", "warning")]
    assert str(found[0]).endswith("; CRDs of the experimental channel refuse the object")
    assert refused(check(store(HEAD + rest))) == set()


def test_an_object_whose_fields_the_standard_channel_drops_is_judged_by_the_other() -> None:
    rest = "  rules:\n  - sessionPersistence: {type: Header}\n"
    found = check(store(HEAD + rest))
    assert [(f.code, f.level) for f in found] == [("GWR111", "info"), ("GWR110", "error")]
    assert refused(check(store(HEAD + rest))) == {CART}


def test_what_both_refuse_is_said_once() -> None:
    found = check(store(HEAD + "    sectionName: http\n  - name: public\n"))
    assert [f.code for f in found] == ["GWR110"]
    assert "sectionName or port must be specified" in found[0].message


def test_a_version_that_no_channel_serves_has_the_schema_of_the_one_before() -> None:
    document = b'{"spec": {"rules": [{"timeouts": {"request": 1}}]}}'
    found = violations("HTTPRoute", "gateway.networking.k8s.io/v1alpha2", [document])
    assert [(v.path, v.sort) for v in found[0]] == [("spec.rules[0].timeouts.request", "type")]


def test_only_objects_from_files_are_looked_at() -> None:
    document = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"rules": [{"matches": [{"path": {"value": "cart"}}]}]},
    }
    assert check(ObjectStore(read_documents([document]).objects)) == ()


def test_only_what_changed_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import gwroute.checks.schema as module

    looked: list[str] = []

    def counted(kind: str, _: str, documents: Iterator[bytes]) -> dict[int, object]:
        looked.extend(kind for _ in documents)
        return {}

    bad = HEAD + "  rules: [{matches: [{path: {value: cart}}]}]\n"
    first = store(f"{bad}---\n{HEAD.replace('name: cart', 'name: other')}")
    keeping = SchemaCheck().look(first)
    assert refused(keeping.findings()) == {CART}
    monkeypatch.setattr(module, "violations", counted)
    changed = read(HEAD.replace("name: cart", "name: other"), "other.yaml").objects[0]
    second = first.put(changed)
    assert refused(keeping.look(second).findings()) == {CART}
    assert looked == ["HTTPRoute"]
    third = second.delete(CART)
    assert refused(keeping.look(third).findings()) == set()
    assert keeping.findings() == ()
    assert looked == ["HTTPRoute"]


@pytest.mark.parametrize("at_once", [1, 2, 1024])
def test_each_of_many_is_told_by_its_position(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gwroute.model.schema.AT_ONCE", at_once)
    version = "gateway.networking.k8s.io/v1"
    documents = [b'{"spec": {}}', b'{"spec": {"rules": []}}', b"{}"]
    found = violations("HTTPRoute", version, documents)
    assert {at: [(v.sort, v.path) for v in rows] for at, rows in found.items()} == {
        1: [("size", "spec.rules")],
        2: [("required", "spec")],
    }
    assert violations("Service", "v1", [b"{}"]) == {}


def manifests() -> Iterator[Path]:
    yield from sorted((ROOT / "python" / "gwroute" / "examples").rglob("*.yaml"))
    yield from sorted((ROOT / "examples" / "shop").rglob("*.yaml"))


@pytest.mark.parametrize("file", list(manifests()), ids=lambda file: file.name)
def test_the_examples_are_taken_by_every_api_server(file: Path) -> None:
    assert check(store(file.read_text())) == ()


CONFORMANCE = shared("conformance")
FILLED_IN = {
    "{GATEWAY_CONTROLLER_NAME}": "example.com/controller",
    "PLACEHOLDER_UNUSABLE_ADDRS": "192.0.2.1",
    "PLACEHOLDER_USABLE_ADDRS": "192.0.2.2",
}
"""What the conformance suite puts in before it applies a manifest."""


@pytest.mark.skipif(not CONFORMANCE.is_dir(), reason="the conformance data is not beside this")
def test_no_conformance_manifest_is_refused() -> None:
    refusals: list[Finding] = []
    objects: list[Object] = []
    for file in sorted(CONFORMANCE.glob("manifests/**/*.yaml")):
        text = file.read_text()
        for placeholder, value in FILLED_IN.items():
            text = text.replace(placeholder, value)
        found = store(text)
        objects.extend(found)
        refusals.extend(finding for finding in check(found) if finding.level != "info")
    assert not refusals
    assert len([obj for obj in objects if isinstance(obj, HTTPRoute)]) > 50

"""Texts into objects, and what is told of those that cannot be used."""

from __future__ import annotations

from textwrap import dedent

import pytest

from gwroute.finding import Finding
from gwroute.model import GatewayClass, HTTPRoute, Namespace, ObjectKey, Service
from gwroute.model.parse import Manifest, read, read_all, read_documents

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
"""


def route(spec: str) -> str:
    """A route whose spec begins in line 5."""
    indented = "".join(f"  {line}\n" for line in dedent(spec).splitlines())
    return f"{ROUTE}spec:\n{indented}"


def finding(manifest: Manifest) -> Finding:
    assert len(manifest.findings) == 1, [str(found) for found in manifest.findings]
    return manifest.findings[0]


def told(text: str | bytes) -> tuple[str, int | None, int | None]:
    """Code and place of the only finding; every error has a way out or needs none."""
    found = finding(read(text, "a.yaml"))
    assert found.file == "a.yaml"
    return found.code, found.line, found.column


# -- what is read


def test_objects_in_the_order_of_the_text() -> None:
    manifest = read("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\n" + ROUTE)
    assert [str(obj.key) for obj in manifest.objects] == [
        "Service default/a",
        "HTTPRoute shop/cart",
    ]
    assert manifest == Manifest(manifest.objects)


def test_text_and_bytes_are_the_same() -> None:
    assert read(ROUTE).objects == read(ROUTE.encode()).objects


def test_the_namespace_of_objects_that_name_none() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ''}\n"
    assert read(text, namespace="shop").objects[0].key == ObjectKey("Service", "shop", "a")


def test_an_object_of_the_whole_cluster_has_no_namespace() -> None:
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, namespace: stray}\n"
    obj = read(text).objects[0]
    assert isinstance(obj, Namespace)
    assert obj.key == ObjectKey("Namespace", None, "shop")


def test_json_and_lists() -> None:
    manifest = read(
        '{"apiVersion": "v1", "kind": "List", "items": [\n'
        '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}},\n'
        '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b"}}]}'
    )
    assert [(obj.name, obj.origin and obj.origin.line) for obj in manifest.objects] == [
        ("a", 2),
        ("b", 3),
    ]


def test_older_versions_are_the_same() -> None:
    text = "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: HTTPRoute\nmetadata: {name: a}\n"
    assert isinstance(read(text).objects[0], HTTPRoute)


def test_kinds_of_no_use_are_counted() -> None:
    text = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n"
    assert read(text) == Manifest((), skipped=1)
    text = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\n"
    assert read(text) == Manifest((), skipped=1)


def test_a_byte_order_mark_and_line_ends_of_windows() -> None:
    text = b"\xef\xbb\xbf" + ROUTE.replace("\n", "\r\n").encode()
    assert read(text).objects == read(ROUTE).objects


def test_fields_that_are_null_are_absent() -> None:
    manifest = read(ROUTE + "spec: {hostnames: null, rules: null}\nstatus: null\n")
    assert manifest.objects == read(ROUTE).objects


def test_many_texts_at_once() -> None:
    wrong = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: 5}\n"
    first, second, third = read_all([("a", ROUTE.encode()), ("b", wrong.encode()), ("c", b"x: [")])
    assert (len(first.objects), first.findings) == (1, ())
    assert (second.objects, finding(second).file) == ((), "b")
    assert (third.objects, finding(third).file) == ((), "c")


# -- places


def test_an_object_knows_where_it_was_written() -> None:
    text = "# about\n---\n" + route(
        """\
        rules:
        - name: x
          matches:
          - path: {value: /a}
          - path: {value: /b}
        - {}
        """
    )
    origin = read(text, "dir/a.yaml").objects[0].origin
    assert origin is not None
    assert (origin.file, origin.line, origin.column) == ("dir/a.yaml", 3, 1)
    place = origin.position("spec.rules[0].matches[1].path.value")
    assert str(place) == "dir/a.yaml:11:21"
    assert str(origin.position("spec.rules[1].name", key=True)) == "dir/a.yaml:12:5"
    assert origin.rule_lines() == ((8, (10, 11)), (12, ()))
    assert origin.document()["metadata"] == {"name": "cart", "namespace": "shop"}


# -- bad input, each with its place


def test_not_yaml() -> None:
    manifest = read("a: b\n---\n" + ROUTE + "spec: [\n---\n" + ROUTE, "a.yaml")
    assert [obj.name for obj in manifest.objects] == ["cart"], "the rest is used"
    codes = [(found.code, found.line, found.column) for found in manifest.findings]
    assert codes == [("GWR003", 1, 1), ("GWR001", 6, 7)]
    assert manifest.broken


def test_not_utf8() -> None:
    assert told(ROUTE.encode() + b"# \xe9\n") == ("GWR001", 4, 3)


def test_tabs() -> None:
    assert told("a:\n\tb: 1\n") == ("GWR001", 2, 2)


def test_a_document_that_is_no_mapping() -> None:
    assert told("- a\n- b\n") == ("GWR002", 1, 1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("kind: HTTPRoute\nmetadata: {name: a}\n", (1, 1)),
        ("apiVersion: v1\nmetadata: {name: a}\n", (1, 1)),
        ("apiVersion: v1\nkind: Service\n", (1, 1)),
        ("apiVersion: v1\nkind: Service\nmetadata: {namespace: a}\n", (3, 11)),
        ("replicas: 3\n", (1, 1)),
    ],
)
def test_a_document_that_does_not_say_what_it_is(text: str, place: tuple[int, int]) -> None:
    manifest = read(text, "a.yaml")
    found = finding(manifest)
    assert (found.code, (found.line, found.column)) == ("GWR003", place)
    assert manifest.broken


def test_a_kind_that_is_no_text() -> None:
    assert told("apiVersion: v1\nkind: 5\n") == ("GWR007", 2, 7)


def test_an_unknown_kind_of_a_known_group() -> None:
    text = ROUTE.replace("HTTPRoute", "HttpRoute")
    assert told(text) == ("GWR004", 2, 7)
    assert finding(read(text)).help == "did you mean HTTPRoute?"


@pytest.mark.parametrize(
    "version", ["gateway.networking.k8s.io", "v1", "gateway.network.k8s.io/v1"]
)
def test_a_known_kind_of_a_group_that_is_misspelled(version: str) -> None:
    text = ROUTE.replace("gateway.networking.k8s.io/v1", version)
    assert told(text) == ("GWR004", 1, 13)
    assert finding(read(text)).help == "write gateway.networking.k8s.io/v1"


def test_an_unknown_version_of_a_known_kind() -> None:
    manifest = read(ROUTE.replace("/v1", "/v2"), "a.yaml")
    assert (finding(manifest).code, finding(manifest).line) == ("GWR005", 1)
    assert manifest.refused == {ObjectKey("HTTPRoute", "shop", "cart")}


def test_a_session_does_not_end_when_it_is_idle() -> None:
    manifest = read(route("rules: [{sessionPersistence: {cookie: {}, idleTimeout: 1m}}]"))
    found = finding(manifest)
    assert (found.code, found.field) == ("GWR006", "spec.rules[0].sessionPersistence.idleTimeout")


def test_an_unknown_field_is_left_out_and_the_rest_is_used() -> None:
    manifest = read(route("hostname: [a.example.com]\nhostnames: [b.example.com]"), "a.yaml")
    found = finding(manifest)
    assert (found.code, found.line, found.column) == ("GWR006", 5, 3)
    assert (found.field, found.help) == ("spec.hostname", "did you mean hostnames?")
    assert found.object == ObjectKey("HTTPRoute", "shop", "cart")
    (obj,) = manifest.objects
    assert isinstance(obj, HTTPRoute)
    assert obj.spec.hostnames == ("b.example.com",)
    assert not manifest.refused


def test_unknown_fields_in_many_places() -> None:
    manifest = read(
        route(
            """\
            rules:
            - matches: [{path: {valu: /a}}, {header: []}]
              backendRef: []
            """
        )
    )
    assert {(found.field, found.help) for found in manifest.findings} == {
        ("spec.rules[0].matches[0].path.valu", "did you mean value?"),
        ("spec.rules[0].matches[1].header", "did you mean headers?"),
        ("spec.rules[0].backendRef", "did you mean backendRefs?"),
    }
    assert len(manifest.objects) == 1


@pytest.mark.parametrize(
    ("spec", "place", "way_out"),
    [
        ("hostnames: a.example.com", (5, 14), "begin each element with a dash"),
        ("hostnames: [1]", (5, 15), 'put it in quotes: "1"'),
        (
            "rules: [{name: on}]",
            (5, 18),
            "yes, no, on, off, y and n mean true and false: put it in quotes",
        ),
        ("parentRefs: [{name: a, port: '80'}]", (5, 32), "write it without quotes: 80"),
        ("rules: [5]", (5, 11), "write its fields below it, each with its name"),
        (
            "parentRefs: [{name: a, port: 8.5}]",
            (5, 32),
            "write it as the reference of the kind has it",
        ),
    ],
)
def test_a_wrong_type(spec: str, place: tuple[int, int], way_out: str | None) -> None:
    manifest = read(route(spec), "a.yaml")
    found = finding(manifest)
    assert (found.code, (found.line, found.column), found.help) == ("GWR007", place, way_out)
    assert not manifest.objects
    assert manifest.refused == {ObjectKey("HTTPRoute", "shop", "cart")}


def test_a_value_that_may_have_two_types() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
    text += "spec: {ports: [{port: 80, targetPort: []}]}\n"
    found = finding(read(text))
    assert found.field == "spec.ports[0].targetPort"
    assert "is a list and should be a whole number or text" in found.message


def test_what_is_in_a_secret_is_not_told() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: 12345}\n"
    found = finding(read(text))
    assert found.code == "GWR007"
    assert "12345" not in f"{found} {found.help}"


def test_a_required_field_that_is_missing() -> None:
    text = ROUTE.replace("HTTPRoute", "GatewayClass") + "spec: {}\n"
    assert told(text) == ("GWR008", 4, 7)
    assert finding(read(text)).field == "spec.controllerName"


@pytest.mark.parametrize(
    ("spec", "place", "way_out"),
    [
        ("parentRefs: [{name: a, port: 70000}]", (5, 32), "it is at most 65535"),
        ("parentRefs: [{name: a, port: 0}]", (5, 32), "it is at least 1"),
        (
            "hostnames: ['bad host']",
            (5, 15),
            "a hostname is written shop.example.com or *.example.com, without blanks and slashes",
        ),
        ("parentRefs: [{name: ''}]", (5, 23), "it has at least one character"),
        ("parentRefs: [{name: " + "a" * 254 + "}]", (5, 23), "it has at most 253 characters"),
        (
            "rules: [{timeouts: {request: 5x}}]",
            (5, 32),
            "a duration is written 500ms, 10s or 1h30m",
        ),
    ],
)
def test_a_value_that_is_not_allowed(
    spec: str, place: tuple[int, int], way_out: str | None
) -> None:
    manifest = read(route(spec), "a.yaml")
    found = finding(manifest)
    assert (found.code, (found.line, found.column), found.help) == ("GWR009", place, way_out)
    assert manifest.refused


def test_a_time_that_is_none() -> None:
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, creationTimestamp: yesterday}\n"
    assert told(text) == ("GWR009", 3, 40)


def test_an_object_written_twice_in_one_text() -> None:
    manifest = read(
        f"{ROUTE}spec: {{hostnames: [a]}}\n---\n{ROUTE}spec: {{hostnames: [b]}}\n", "a.yaml"
    )
    found = finding(manifest)
    assert (found.code, found.level, found.line) == ("GWR010", "warning", 8)
    assert "first in line 1" in found.message
    (obj,) = manifest.objects
    assert isinstance(obj, HTTPRoute)
    assert obj.spec.hostnames == ("b",)


def test_an_object_written_twice_in_two_versions() -> None:
    later = ROUTE.replace("/v1", "/v1beta1")
    for first, last in [(ROUTE, later), (later, ROUTE)]:
        manifest = read(f"{first}spec: {{hostnames: [a]}}\n---\n{last}spec: {{hostnames: [b]}}\n")
        (obj,) = manifest.objects
        assert isinstance(obj, HTTPRoute)
        assert obj.spec.hostnames == ("b",)


def test_a_key_written_twice() -> None:
    manifest = read(route("hostnames: [a]\nhostnames: [b]"), "a.yaml")
    found = finding(manifest)
    assert (found.code, found.line, found.column) == ("GWR012", 6, 3)
    (obj,) = manifest.objects
    assert isinstance(obj, HTTPRoute)
    assert obj.spec.hostnames == ("b",)


def test_nested_too_deeply() -> None:
    manifest = read(f"{ROUTE}spec: {'[' * 5_000_000}{']' * 5_000_000}\n---\n{ROUTE}", "a.yaml")
    assert finding(manifest).code == "GWR013"
    assert len(manifest.objects) == 1
    assert manifest.broken


def test_too_large() -> None:
    assert told(f"{ROUTE}spec: {{hostnames: [{'a,' * 2_000_000}]}}\n")[0] == "GWR013"


def test_aliases_that_multiply() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 12)]
    assert told("\n".join(lines))[0] == "GWR013"


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "---\n---\n", "apiVersion: v1\nkind: List\nitems: []\n"]
)
def test_nothing_to_read(text: str) -> None:
    found = finding(read(text, "a.yaml"))
    assert (found.code, found.level, found.file) == ("GWR016", "warning", "a.yaml")


def test_a_kind_that_is_not_supported() -> None:
    text = "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nmetadata: {name: a}\n"
    manifest = read(text, "a.yaml")
    assert (finding(manifest).code, finding(manifest).line) == ("GWR901", 2)
    assert not manifest.refused


def test_one_wrong_object_among_many_costs_that_one() -> None:
    texts = [ROUTE.replace("cart", f"r{n}") for n in range(600)]
    texts[300] += "spec: {hostnames: 5}\n"
    texts[301] += "spec: {hostname: 5}\n"
    manifest = read("---\n".join(texts))
    assert [found.code for found in manifest.findings] == ["GWR007", "GWR006"]
    assert {obj.name for obj in manifest.objects} == {f"r{n}" for n in range(600)} - {"r300"}


# -- documents that are there already


def test_mappings() -> None:
    document = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}
    manifest = read_documents([document, {"apiVersion": "v1", "kind": "List", "items": [document]}])
    found = finding(manifest)
    assert (found.code, found.file, found.line) == ("GWR010", None, None)
    (obj,) = manifest.objects
    assert isinstance(obj, Service)
    assert obj.origin is None


def test_a_mapping_that_is_wrong() -> None:
    document = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "a"},
        "spec": {"controllerName": 5},
    }
    found = finding(read_documents([document]))
    assert (found.code, found.field, found.file) == ("GWR007", "spec.controllerName", None)
    assert read_documents([]) == Manifest(())


def test_a_mapping_that_is_no_document() -> None:
    with pytest.raises(TypeError, match="cannot hold a set"):
        read_documents([{"apiVersion": "v1", "kind": "Service", "metadata": {1, 2}}])


def test_words_that_look_like_something_else_stay_text_in_mappings() -> None:
    document = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "on", "labels": {"a": "2024-05-01", "b": "0x10", "c": "~"}},
        "spec": {"controllerName": "x/y"},
    }
    (obj,) = read_documents([document]).objects
    assert isinstance(obj, GatewayClass)
    assert obj.name == "on"
    assert obj.metadata.labels == {"a": "2024-05-01", "b": "0x10", "c": "~"}

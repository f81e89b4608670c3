"""Findings that are not to be told, and silences that are of no use."""

from __future__ import annotations

import pytest

from gwroute.checks.silences import silenced
from gwroute.finding import Finding
from gwroute.model import ObjectKey
from gwroute.model.parse import read
from gwroute.resolve import Options
from gwroute.store import ObjectStore, Reset, Synced

KEY = ObjectKey("Service", "shop", "cart")


def store(text: str) -> ObjectStore:
    manifest = read(text, "a.yaml")
    assert not manifest.findings
    return ObjectStore(manifest.objects, silences=manifest.silences)


def service(line: str = "", annotation: str | None = None) -> ObjectStore:
    note = "" if annotation is None else f"\n  annotations: {{gwroute.dev/ignore: '{annotation}'}}"
    return store(f"""\
apiVersion: v1
kind: Service
metadata:
  name: cart{line}
  namespace: shop{note}
""")


def finding(code: str, line: int = 4, key: ObjectKey | None = KEY) -> Finding:
    return Finding.of(code, "it is wrong", object=key, file="a.yaml", line=line)


def codes(findings: list[Finding]) -> list[str]:
    return [item.code for item in findings]


def told(objects: ObjectStore, *findings: Finding, **options: object) -> list[str]:
    return codes(silenced(findings, objects, Options(**options)))


def test_without_silences_everything_is_told() -> None:
    assert told(service(), finding("GWR203"), finding("GWR501")) == ["GWR203", "GWR501"]


def test_a_comment_silences_its_code_at_its_line() -> None:
    objects = service("  # gwroute: ignore[GWR203] it comes later")
    assert told(objects, finding("GWR203"), finding("GWR204"), finding("GWR203", line=5)) == [
        "GWR204",
        "GWR203",
    ]


def test_a_comment_names_several_codes() -> None:
    objects = service("  # gwroute: ignore[GWR203, GWR204]")
    assert told(objects, finding("GWR203"), finding("GWR204")) == []


def test_an_annotation_silences_its_codes_for_the_object_wherever() -> None:
    objects = service(annotation="GWR203, GWR501")
    other = finding("GWR203", key=ObjectKey("Service", "shop", "web"))
    assert told(objects, finding("GWR203", 1), finding("GWR501", 9), other) == ["GWR203"]


def test_findings_about_pools_go_by_their_names_too() -> None:
    assert told(service(annotation="pool-no-endpoint"), finding("GWR504")) == []
    assert told(service("  # gwroute: ignore[pool-no-endpoint]"), finding("GWR504")) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("[GWR203]", "there is no GWR203 here to silence"),
        ("[GWR2O3]", "GWR2O3 is no code, and silences nothing"),
        ("[GWR801]", "GWR801 cannot be silenced"),
        ("[]", "names no code, and silences nothing; write ignore[GWR401] with the code"),
    ],
)
def test_a_comment_that_silences_nothing_is_told_where_it_stands(words: str, message: str) -> None:
    (found,) = silenced([], service(f"  # gwroute: ignore{words}"), Options())
    assert str(found) == f"a.yaml:4:15: warning GWR801: {message}"


def test_only_the_useless_code_of_several_is_told() -> None:
    objects = service("  # gwroute: ignore[GWR203, GWR204]")
    (found,) = silenced([finding("GWR203")], objects, Options())
    assert found.message == "there is no GWR204 here to silence"


@pytest.mark.parametrize("value", ["GWR203", ""])
def test_an_annotation_that_silences_nothing_is_told(value: str) -> None:
    (found,) = silenced([], service(annotation=value), Options())
    assert (found.code, found.object, found.line) == ("GWR801", KEY, 6)
    assert found.field == 'metadata.annotations["gwroute.dev/ignore"]'


@pytest.mark.parametrize(
    "options", [{"node": "n"}, {"node_pool": "p"}, {"gateways": ("a/b",)}, {"assume": True}]
)
def test_whoever_looked_at_a_part_does_not_call_a_silence_useless(options) -> None:
    objects = service("  # gwroute: ignore[GWR203]", annotation="GWR501")
    assert told(objects, **options) == []
    assert told(objects) == ["GWR801", "GWR801"]


def test_silences_come_with_the_news_of_a_source() -> None:
    objects = service("  # gwroute: ignore[GWR203]")
    followed = ObjectStore().apply([Reset(), Synced((), objects.silences)])
    assert followed.silences == objects.silences
    assert followed.apply([Synced()]).silences == objects.silences
    assert followed.apply([Synced((), ())]).silences == ()

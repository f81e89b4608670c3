"""Findings: the line a person and an editor read, and the frame under it."""

import os
import re
from pathlib import Path
from typing import get_args

import pytest

from gwroute.finding import CODES, Finding, Level, render, render_all
from gwroute.model.key import ObjectKey
from gwroute.model.parse import read

SOURCE = """\
kind: HTTPRoute
spec:
  rules:
    - backendRefs:
        - name: cart-canry # soon
        - {name: 'a b', weight: 10}
	- tab: x
"""


def at(line: int, column: int | None, **more: str | None) -> Finding:
    return Finding(
        code="GWR203", message="it is wrong", file="a.yaml", line=line, column=column, **more
    )


def test_codes_have_levels_and_titles_of_their_own() -> None:
    assert all(re.fullmatch(r"GWR\d{3}", code) for code in CODES)
    assert {code.level for code in CODES.values()} <= set(get_args(Level))
    titles = [code.title for code in CODES.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ({}, "error GWR203: it is wrong"),
        ({"file": "a.yaml"}, "a.yaml: error GWR203: it is wrong"),
        ({"file": "a.yaml", "line": 3}, "a.yaml:3: error GWR203: it is wrong"),
        ({"file": "a.yaml", "line": 3, "column": 7}, "a.yaml:3:7: error GWR203: it is wrong"),
        ({"line": 3}, "error GWR203: it is wrong"),
    ],
)
def test_one_line_says_it(place: dict[str, object], line: str) -> None:
    assert str(Finding(code="GWR203", message="it is wrong", **place)) == line


def test_a_code_gives_its_level_unless_told_otherwise() -> None:
    assert Finding.of("GWR006", "x").level == CODES["GWR006"].level == "warning"
    assert Finding.of("GWR006", "x", level="error").level == "error"


@pytest.mark.parametrize(
    ("line", "column", "frame"),
    [
        (
            5,
            17,
            [
                "    4 |     - backendRefs:",
                "    5 |         - name: cart-canry # soon",
                "      |                 ^^^^^^^^^^",
            ],
        ),
        (
            6,
            18,
            [
                "    5 |         - name: cart-canry # soon",
                "    6 |         - {name: 'a b', weight: 10}",
                "      |                  ^^^^^",
            ],
        ),
        (1, 1, ["    1 | kind: HTTPRoute", "      | ^^^^"]),
        (2, 1, ["    1 | kind: HTTPRoute", "    2 | spec:", "      | ^^^^"]),
        (2, None, ["    1 | kind: HTTPRoute", "    2 | spec:", "      | ^^^^"]),
        (2, 99, ["    1 | kind: HTTPRoute", "    2 | spec:", "      | " + " " * 98 + "^"]),
        (7, 4, ["    2 | spec:", "    7 |  - tab: x", "      |    ^^^"]),
        (0, 1, []),
        (99, 1, []),
    ],
    ids=["scalar", "quoted", "first line", "key", "no column", "behind the end", "tab", "0", "99"],
)
def test_the_place_is_underlined(line: int, column: int | None, frame: list[str]) -> None:
    finding = at(line, column)
    shown = render(finding, SOURCE).splitlines()
    assert shown[0] == str(finding)
    assert shown[1:] == frame


def test_help_stands_behind_the_mark_or_in_a_line_of_its_own() -> None:
    hint = "did you mean cart-canary?"
    assert render(at(5, 17, help=hint), SOURCE).endswith(f"^^^^^^^^^^ {hint}")
    assert render(at(99, 1, help=hint), SOURCE).endswith(f"\n    help: {hint}")


@pytest.mark.parametrize("column", [1, 500, 1000])
def test_of_a_long_line_the_part_around_the_place_is_shown(column: int) -> None:
    line = "[" * (column - 1) + "x" + "]" * (1000 - column)
    _, shown, mark = render(at(1, column), line).splitlines()
    assert len(shown) < 200
    assert len(mark) < 200
    assert shown[mark.index("^")] == "x"


def test_a_finding_that_knows_no_way_out_takes_that_of_its_code() -> None:
    assert Finding.of("GWR011", "x").help == "remove one of them, or give it another name"
    assert Finding.of("GWR011", "x", help="y").help == "y"
    assert Finding.of("GWR006", "x").help is None


def test_the_file_is_read_where_no_text_is_given(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"kind: \xff\n")
    finding = Finding(code="GWR001", message="x", file=str(file), line=1, column=7)
    assert render(finding).splitlines()[1:] == ["    1 | kind: \ufffd", "      |       ^"]
    gone = Finding(code="GWR001", message="x", file=str(tmp_path / "b.yaml"), line=1)
    assert render(gone) == str(gone)
    os.mkfifo(tmp_path / "pipe")
    piped = Finding(code="GWR001", message="x", file=str(tmp_path / "pipe"), line=1)
    assert render(piped) == str(piped), "a pipe gives what it has once"


def test_findings_of_one_file_read_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file in files:
        file.write_text("kind: Service\nname: cart\n")
    findings = [
        Finding.of("GWR203", "gone", file=str(file), line=line, column=7)
        for file in files
        for line in (1, 2)
    ]
    expected = [render(finding) for finding in findings]
    read: list[Path] = []
    real = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda *args: read.append(args[0]) or real(*args))
    assert list(render_all(findings)) == expected
    assert read == files


MANIFEST = b"""\
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  ports:
  - port: 80
"""


def test_a_finding_about_a_field_points_to_where_it_was_written() -> None:
    (service,) = read(MANIFEST, "a.yaml", "default").objects
    found = Finding.at("GWR204", service, "spec.ports[0].port", "x")
    assert found.object == ObjectKey("Service", "shop", "cart")
    assert found.place == "a.yaml:6:11"
    assert Finding.at("GWR204", service, "spec.ports", "x", key=True).place == "a.yaml:5:3"
    whole = Finding.at("GWR204", service, None, "x", level="info", help="h")
    assert (whole.level, whole.help, whole.field) == ("info", "h", None)
    assert whole.line == 3

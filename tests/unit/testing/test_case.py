"""The format of route tests: what it says, and where it says that a file is wrong."""

from pathlib import Path

import pytest

from gwroute.testing import CaseError, Expectation, read_cases

WHOLE = """\
# A comment in front.
spec: HTTPRouteRule
gateway: infra/public
manifests:
- routes
- kind: HTTPRoute
  metadata: {name: web}
tests:
- name: the canary gets a tenth
  send: GET https://shop.example.com/cart?v=2
  headers: {X-Canary: 1, accept: [a, b]}
  expect: forward shop/cart-canary:8080 by shop/cart rule 1
  share: 0.10
  receives: {path: /7, headers: {x-env: prod}, absent: [X-Debug]}
  answers: {headers: {server: cart}}
  responds: {headers: {strict-transport-security: "*"}}
- name: several
  headers: {x-a: b}
  requests:
  - {send: [GET http://a:81/x//y, "POST http://b"], expect: respond 404}
  - {send: OPTIONS http://c/, target: "*", headers: {host: d}, expect: redirect 302}
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        file = tmp_path / "shop.gwtest.yaml"
        file.write_text(text)
        return file

    return write


def test_a_file_is_read_whole(write) -> None:
    canary, several = read_cases(write(WHOLE))
    assert canary.id == "shop.gwtest.yaml::the canary gets a tenth"
    assert (canary.spec, canary.gateway, canary.line) == ("HTTPRouteRule", "infra/public", 9)
    (exchange,) = canary.exchanges
    assert (exchange.method, exchange.port, exchange.target) == ("GET", 443, "/cart?v=2")
    assert exchange.headers == (
        ("host", "shop.example.com"),
        ("x-canary", "1"),
        ("accept", "a"),
        ("accept", "b"),
    )
    assert exchange.expect == Expectation(
        "forward", target="shop/cart-canary:8080", route="shop/cart", rule=1
    )
    assert exchange.share == 0.1
    assert exchange.receives.absent == ("x-debug",)
    assert exchange.answers == (("server", "cart"),)
    assert [x.line for x in several.exchanges] == [20, 20, 21]


def test_urls_are_taken_as_they_stand(write) -> None:
    _, several = read_cases(write(WHOLE))
    first, second, third = several.exchanges
    assert (first.port, first.target, first.headers[0]) == (81, "/x//y", ("host", "a:81"))
    assert (second.method, second.target) == ("POST", "/")
    assert (third.target, third.headers) == ("*", (("host", "d"),))


def test_manifests_in_place_keep_their_lines(write) -> None:
    canary, _ = read_cases(write(WHOLE))
    folder, inline = canary.manifests
    assert folder == canary.file.parent / "routes"
    assert inline.text.splitlines()[5].startswith("  kind: HTTPRoute")
    assert inline.text.splitlines()[6].startswith("  metadata:")


@pytest.mark.parametrize(
    "text",
    [
        "forward shop/cart:8080",
        "forward shop/cart:8080 by HTTPRoute shop/cart rule 1 match 0",
        "forward by shop/cart",
        "redirect 301 https://shop.example.com/cart",
        "redirect 302",
        "respond 404",
        "respond 503 by shop/cart rule 2",
    ],
)
def test_expectations_print_as_they_are_written(text: str) -> None:
    assert str(Expectation.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("tests: [", 2, "not YAML"),
        ("spec: x", 1, "needs `tests`"),
        ("tests:\n- send: GET http://a\n  expect: respond 404", 2, "needs a `name`"),
        ("tests:\n- name: x\n  expect: respond 404", 2, "needs `send`"),
        ("tests:\n- name: x\n  send: GET http://a", 2, "needs `expect`"),
        ("tests:\n- name: x\n  sent: GET http://a", 3, "unknown key 'sent'"),
        ("tests:\n- name: x\n  name: y", 3, "there twice"),
        ("tests:\n- name: x\n  send: GET http://a\n  expect: go away", 4, "not an expectation"),
        ("tests:\n- name: x\n  send: ''\n  expect: respond 404", 3, "not a request"),
        (
            "tests:\n- {name: x, send: GET http://a, expect: respond 404}\n"
            "- {name: x, send: GET http://a, expect: respond 404}",
            3,
            "in line 2",
        ),
        (
            "tests:\n- name: x\n  send: GET http://a\n  expect: forward\n  share: 2",
            5,
            "from 0 to 1",
        ),
        ("tests:\n- name: x\n  strict: maybe", 3, "true or false"),
        ("tests: everything", 1, "a list is wanted"),
        ("tests:\n- nothing", 2, "a mapping is wanted"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(write, text: str, line: int, says: str) -> None:
    with pytest.raises(CaseError, match=says) as caught:
        read_cases(write(text))
    assert caught.value.line == line


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="No such file"):
        read_cases(tmp_path / "missing.yaml")

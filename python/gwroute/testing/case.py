"""The format of route tests: data, and a reader that says where a file is wrong.

A document names manifests and tests::

    spec: HTTPRouteRule.matches, precedence     # what the file is about; free text
    manifests: [../manifests, {kind: HTTPRoute, ...}]   # files, folders, or objects in place
    gateway: infra/public                       # default: the only one
    node_pool: hangzhou                         # where the gateway is, if it matters
    strict: true                                # assume nothing that the manifests leave out
    tests:
    - name: the canary gets a tenth
      send: GET https://shop.example.com/cart?v=2
      headers: {x-canary: "1"}
      expect: forward shop/cart-canary:8080 by shop/cart rule 1
      share: 0.10
      receives: {path: /7, headers: {x-env: prod}, absent: [x-debug]}
      answers: {headers: {server: cart}}
      responds: {headers: {strict-transport-security: "*"}}

``send`` may be a list; a test with several different requests puts them under ``requests``. The
URL is taken as it stands, so that ``//`` and ``%2F`` can be tested; ``target`` replaces the
request target by one that no URL has (``*``). ``expect`` is the line that ``gwroute decide``
prints, cut short where the rest does not matter. ``share`` is the part of the requests for which
all this holds: 1 unless it is written, 0 for never.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from gwroute.testing.document import CaseError, Cursor, Inline

__all__ = ["Case", "CaseError", "Exchange", "Expectation", "Sight", "read_cases"]

Headers = tuple[tuple[str, str], ...]
Outcome = Literal["forward", "redirect", "respond"]

_EXPECT = re.compile(
    r"(?P<outcome>forward|redirect|respond)"
    r"(?:\s+(?P<status>\d{3}))?"
    r"(?:\s+(?!by\s)(?P<target>\S.*?))??"
    r"(?:\s+by\s+(?:(?P<kind>[A-Z]\w*)\s+)?(?P<route>[^\s/]+/\S+)"
    r"(?:\s+rule\s+(?P<rule>\d+)(?:\s+\".*\")?)?(?:\s+match\s+(?P<match>\d+))?)?\s*"
)
_SEND = re.compile(
    r"(?:(?P<method>[!-~]+)\s+)?(?:(?P<scheme>https?)://(?P<authority>[^/?#\s]*))?(?P<target>.*)"
)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a decision has to be; None does not matter."""

    outcome: Outcome
    status: int | None = None
    target: str | None = None
    """The backend, the location, or the reason."""
    kind: str | None = None
    route: str | None = None
    rule: int | None = None
    match: int | None = None

    @classmethod
    def parse(cls, text: str) -> Expectation:
        """Read ``forward shop/cart:8080 by shop/cart rule 1`` and its like.

        Raises:
            ValueError: The text is no expectation.
        """
        found = _EXPECT.fullmatch(text)
        if found is None:
            raise ValueError(
                f"not an expectation: {text!r}; write `forward BACKEND`, `redirect STATUS "
                "LOCATION` or `respond STATUS`, and `by NAMESPACE/NAME rule N` if it matters"
            )
        numbers = {
            name: int(value)
            for name in ("status", "rule", "match")
            if (value := found[name]) is not None
        }
        outcome: Outcome = found["outcome"]  # type: ignore[assignment]
        return cls(
            outcome, target=found["target"], kind=found["kind"], route=found["route"], **numbers
        )

    def __str__(self) -> str:
        words = [self.outcome, self.status, self.target]
        if self.route is not None:
            words += ["by", self.kind, self.route]
        if self.rule is not None:
            words += ["rule", self.rule]
        if self.match is not None:
            words += ["match", self.match]
        return " ".join(str(word) for word in words if word is not None)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a message has to look like to who gets it."""

    method: str | None = None
    path: str | None = None
    """With the query."""
    host: str | None = None
    headers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names in lower case with their lines; ``*`` is any value."""
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what has to come of it."""

    send: str
    """As written, for messages."""
    method: str
    scheme: Literal["http", "https"]
    port: int
    target: str
    """The request target, as it goes on the wire."""
    headers: Headers
    """With ``host``, unless the request has none."""
    expect: Expectation
    share: float = 1.0
    receives: Sight = field(default_factory=Sight)
    """What the backend gets."""
    answers: Headers = ()
    """Header lines that the backend puts on its answer."""
    responds: Sight = field(default_factory=Sight)
    """What the client gets."""
    gateway: str | None = None
    sni: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One test: a name, manifests, and requests over them."""

    name: str
    file: Path
    line: int
    exchanges: tuple[Exchange, ...]
    manifests: tuple[Path | Inline, ...] = ()
    spec: str | None = None
    gateway: str | None = None
    node_pool: str | None = None
    strict: bool = False

    @property
    def id(self) -> str:
        """``file::name``."""
        return f"{self.file.name}::{self.name}"


def read_cases(file: Path) -> tuple[Case, ...]:
    """All tests of one file, in its order.

    Raises:
        CaseError: The file cannot be read or does not have the format; says where.
    """
    cases: list[Case] = []
    for document in Cursor.documents(file):
        cases.extend(_document(document, file))
    seen: dict[str, int] = {}
    for case in cases:
        if case.name in seen:
            message = f"the test {case.name!r} is there already, in line {seen[case.name]}"
            raise CaseError(message, file, case.line)
        seen[case.name] = case.line
    return tuple(cases)


_EXCHANGE_KEYS = (
    "send",
    "target",
    "headers",
    "expect",
    "share",
    "receives",
    "answers",
    "responds",
    "gateway",
    "sni",
)


def _document(cursor: Cursor, file: Path) -> Iterator[Case]:
    top = cursor.mapping("spec", "manifests", "gateway", "node_pool", "strict", "tests")
    if "tests" not in top:
        cursor.fail("a document of tests needs `tests`")
    manifests = _manifests(top.get("manifests"), file)
    shared = Case("", file, 0, (), manifests, **_context(top))  # type: ignore[arg-type]
    for item in top["tests"].items():
        keys = item.mapping(
            "name", "spec", "requests", "manifests", "node_pool", "strict", *_EXCHANGE_KEYS
        )
        if "name" not in keys:
            item.fail("a test needs a `name`")
        own = _context(
            {key: value for key, value in keys.items() if key != "gateway" or "send" not in keys}
        )
        yield replace(
            shared,
            name=keys["name"].text(),
            line=item.line,
            manifests=manifests + _manifests(keys.get("manifests"), file),
            exchanges=tuple(_exchanges(item, keys)),
            **own,  # type: ignore[arg-type]
        )


def _context(keys: Mapping[str, Cursor]) -> dict[str, object]:
    found: dict[str, object] = {
        name: keys[name].text() for name in ("spec", "gateway", "node_pool") if name in keys
    }
    if "strict" in keys:
        found["strict"] = keys["strict"].boolean()
    return found


def _manifests(cursor: Cursor | None, file: Path) -> tuple[Path | Inline, ...]:
    if cursor is None:
        return ()
    return tuple(
        item.inline() if item.is_mapping else file.parent / item.text() for item in cursor.items()
    )


def _exchanges(item: Cursor, keys: Mapping[str, Cursor]) -> Iterator[Exchange]:
    if "requests" not in keys:
        yield from _exchange(item, keys)
        return
    for request in keys["requests"].items():
        inner = request.mapping(*_EXCHANGE_KEYS)
        # What stands beside `requests` holds for each of them.
        around = {key: keys[key] for key in _EXCHANGE_KEYS if key in keys}
        yield from _exchange(request, {**around, **inner})


def _exchange(item: Cursor, keys: Mapping[str, Cursor]) -> Iterator[Exchange]:
    for needed in ("send", "expect"):
        if needed not in keys:
            item.fail(f"a request needs `{needed}`")
    expect = keys["expect"]
    try:
        expectation = Expectation.parse(expect.text())
    except ValueError as error:
        expect.fail(str(error))
    given = _lines(keys.get("headers"))
    rest = {
        "expect": expectation,
        "share": keys["share"].number(0, 1) if "share" in keys else 1.0,
        "receives": _sight(keys.get("receives"), "method", "path", "host"),
        "responds": _sight(keys.get("responds")),
        "answers": _answers(keys.get("answers")),
        "gateway": keys["gateway"].text() if "gateway" in keys else None,
        "sni": keys["sni"].text() if "sni" in keys else None,
    }
    sends = keys["send"]
    for send in sends.items() if sends.is_sequence else [sends]:
        yield _request(send, given, keys.get("target"), rest)


def _request(
    send: Cursor, given: Headers, target: Cursor | None, rest: dict[str, object]
) -> Exchange:
    found = _SEND.fullmatch(send.text())
    if found is None or not (found["target"] or found["authority"]):
        send.fail(f"not a request: {send.text()!r}; write `METHOD URL`")
    scheme: Literal["http", "https"] = found["scheme"] or "http"  # type: ignore[assignment]
    authority = found["authority"] or ""
    port = re.search(r":(\d+)$", authority)
    named = any(name == "host" for name, _ in given)
    headers = given if named or not authority else (("host", authority), *given)
    path = found["target"] or "/"
    return Exchange(
        send=send.text(),
        method=found["method"] or "GET",
        scheme=scheme,
        port=int(port[1]) if port else _PORTS[scheme],
        target=target.text() if target else path if path.startswith("/") else "/" + path,
        headers=headers,
        line=send.line,
        **rest,  # type: ignore[arg-type]
    )


def _lines(cursor: Cursor | None) -> Headers:
    """Header lines: a name with a list stands on several lines."""
    return tuple((name.lower(), line) for name, lines in _fields(cursor) for line in lines)


def _fields(cursor: Cursor | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, value in (cursor.mapping() if cursor else {}).items():
        lines = value.items() if value.is_sequence else [value]
        yield name.lower(), tuple(line.text() for line in lines)


def _sight(cursor: Cursor | None, *texts: str) -> Sight:
    if cursor is None:
        return Sight()
    keys = cursor.mapping(*texts, "headers", "absent")
    absent = keys["absent"].items() if "absent" in keys else []
    return Sight(
        headers=tuple(_fields(keys.get("headers"))),
        absent=tuple(name.text().lower() for name in absent),
        **{name: keys[name].text() for name in texts if name in keys},
    )


def _answers(cursor: Cursor | None) -> Headers:
    return _lines(cursor.mapping("headers").get("headers")) if cursor else ()

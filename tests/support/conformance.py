"""Cases derived from the Gateway API conformance suite, where a checkout has them beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gwroute.resolve.features import FEATURES
from gwroute.testing import Observed
from support.shared import shared

FOLDER = shared("conformance")

SUPPORTED = frozenset(FEATURES)


@dataclass(frozen=True)
class Item:
    """One traffic item of one conformance test."""

    case: dict[str, Any]
    traffic: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.case['test']}::{self.traffic['name']}"

    @property
    def manifests(self) -> tuple[Path, ...]:
        return tuple(FOLDER / path for path in self.case["manifests"])

    @property
    def gateway(self) -> dict[str, str]:
        return self.traffic.get("gateway") or self.case["gateway"]


def tests() -> Iterator[dict[str, Any]]:
    """The tests that need none but supported features."""
    for file in sorted(FOLDER.glob("cases/*.yaml")):
        case = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
        skip = case.get("skip_if", {})
        skipped = skip.get("supported") in SUPPORTED or "not_supported" in skip
        if set(case["features"]) <= SUPPORTED and not skipped:
            yield case


def items() -> Iterator[Item]:
    """The clear-text HTTP items of these tests."""
    for case in tests():
        for traffic in traffic_of(case):
            yield Item(case, traffic)


def traffic_of(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The clear-text HTTP items of a test or of a step."""
    for traffic in part.get("traffic", ()):
        if traffic.get("protocol") is None and "path" in traffic["request"]:
            yield traffic


def request_headers(item: Item) -> tuple[tuple[str, str], ...]:
    """Header lines of the request; the gateway's own address stands in for an absent host."""
    request = item.traffic["request"]
    host = request.get("host", "192.0.2.1")
    return (("host", host), *((n, str(v)) for n, v in request.get("headers", {}).items()))


def disagreements(item: Item, seen: Observed) -> list[str]:
    """What the item wants and did not get."""
    expect = item.traffic["expect"]
    if "redirect" in expect:
        return list(_redirect(expect, seen))
    status = 200 if seen.outcome == "forward" else seen.status
    if status not in expect["status"]:
        return [f"status {status}, not one of {expect['status']}"]
    if status != 200:
        return []
    found = []
    backend = f"{expect.get('namespace')}/{expect['backend']}" if "backend" in expect else None
    if backend and (seen.backend or "").rpartition(":")[0] != backend:
        found.append(f"backend {seen.backend}, not {backend}")
    for name in ("method", "path", "host"):
        if name in expect and getattr(seen, name) not in (None, expect[name]):
            found.append(f"{name} {getattr(seen, name)}, not {expect[name]}")
    found += _headers(expect.get("headers", {}), expect.get("absent_headers", ()), seen.headers)
    answer = expect.get("response", {})
    return found + _headers(
        answer.get("headers", {}), answer.get("absent_headers", ()), seen.responded
    )


def _redirect(expect: dict[str, Any], seen: Observed) -> Iterator[str]:
    if seen.outcome != "redirect" or seen.status not in expect["status"]:
        yield f"{seen}, not a redirect with one of {expect['status']}"
        return
    want = expect["redirect"]
    scheme, _, rest = (seen.location or "").partition("://")
    authority, slash, path = rest.partition("/")
    host, _, port = authority.partition(":")
    default = {"http": "80", "https": "443"}.get(scheme)
    got = {
        "scheme": scheme,
        "host": host,
        "port": "default" if port in ("", default) else port,
        "path": slash + path.partition("?")[0],
    }
    for name, value in want.items():
        if str(value) != got[name]:
            yield f"location {seen.location}: {name} is not {value}"


def _headers(
    wanted: dict[str, Any], absent: tuple[str, ...], lines: tuple[tuple[str, str], ...] | None
) -> list[str]:
    if lines is None:
        return []
    got: dict[str, list[str]] = {}
    for name, value in lines:
        got.setdefault(name.lower(), []).append(value)
    joined = {name: ",".join(values) for name, values in got.items()}
    found = [
        f"{name}: {joined.get(name.lower())}, not {value}"
        for name, value in wanted.items()
        if joined.get(name.lower()) != str(value)
    ]
    return found + [f"{name} is there" for name in absent if name.lower() in joined]

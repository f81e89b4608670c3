"""Running route tests: what was expected against what was seen.

How a request is sent is left to the caller: :func:`run` asks a router in process, and the
project's own tests ask a proxy over a socket and compare with the same :func:`mismatches`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gwroute.testing.case import Exchange, Expectation, Sight

__all__ = ["Observed", "mismatches"]

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of one request; None where this way of sending cannot tell."""

    outcome: str
    status: int | None = None
    reason: str | None = None
    location: str | None = None
    backend: str | None = None
    kind: str | None = None
    route: str | None = None
    rule: int | None = None
    match: int | None = None
    method: str | None = None
    path: str | None = None
    host: str | None = None
    headers: Headers | None = None
    """What the backend got, without ``host``."""
    responded: Headers | None = None
    """What the client got."""

    def __str__(self) -> str:
        target = {"forward": self.backend, "redirect": self.location}.get(self.outcome, self.reason)
        status = None if self.outcome == "forward" else self.status
        return str(
            Expectation(
                self.outcome,  # type: ignore[arg-type]
                status,
                target,
                self.kind,
                self.route,
                self.rule,
                self.match,
            )
        )


def mismatches(exchange: Exchange, seen: Observed) -> list[str]:
    """What differs from the expectation, a line each; none if all is as expected."""
    found = list(_decision(exchange.expect, seen))
    if not found and seen.outcome == "forward":
        found += _message("the backend receives", exchange.receives, seen, seen.headers)
    if not found:
        found += _message("the client gets", exchange.responds, None, seen.responded)
    return found


def _decision(expect: Expectation, seen: Observed) -> Iterator[str]:
    target = {"forward": seen.backend, "redirect": seen.location, "respond": seen.reason}
    pairs = (
        (expect.outcome, seen.outcome),
        (expect.status, seen.status),
        (expect.target, target[seen.outcome]),
        (expect.kind, seen.kind),
        (expect.route, seen.route),
        (expect.rule, seen.rule),
        (expect.match, seen.match),
    )
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        yield f"expected  {expect}"
        yield f"actual    {seen}"


def _message(
    who: str, want: Sight, line: Observed | None, headers: Headers | None
) -> Iterator[str]:
    if line is not None:
        for name in ("method", "path", "host"):
            wanted, got = getattr(want, name), getattr(line, name)
            if None not in (wanted, got) and wanted != got:
                yield f"{who} {name} {got}, not {wanted}"
    if headers is None:
        return
    for name, values in want.headers:
        got = [value for n, value in headers if n.lower() == name]
        if not got:
            yield f"{who} no header {name}; expected {', '.join(values)}"
        elif values != ("*",) and _joined(got) != _joined(values):
            yield f"{who} {name}: {_joined(got)}, not {_joined(values)}"
    for name in want.absent:
        if any(n.lower() == name for n, _ in headers):
            yield f"{who} a header {name}, which should be absent"


def _joined(lines: tuple[str, ...] | list[str]) -> str:
    """Several lines of one name are the list of their values (RFC 9110 5.3)."""
    return ",".join(part.strip() for line in lines for part in line.split(","))

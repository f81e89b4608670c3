"""Clients that remember: the tokens that they were given and by whom, session by session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.expect import Lines, Mismatch, Seen


@dataclass(frozen=True)
class Kept:
    """What a client knows of a session."""

    tokens: Lines = ()
    """Header lines to send."""
    pod: str | None = None
    """Who answered last."""


@dataclass
class Client:
    """The sessions of one client, by name."""

    _sessions: dict[str, Kept] = field(default_factory=dict)

    def lines(self, session: Mapping[str, Any] | None) -> Lines:
        """What a request of a session carries beside its own headers."""
        return self._kept(session).tokens if session else ()

    def mismatches(
        self, session: Mapping[str, Any] | None, expect: Mapping[str, Any], seen: Seen
    ) -> Iterator[Mismatch]:
        """How an answer differs from what is expected of the session; then it is remembered."""
        if session is None:
            return
        kept, given = self._kept(session), _given(session, seen)
        pod = seen.echo["pod"] if seen.echo else None
        wanted = expect.get("session")
        if wanted == "new" and given is None:
            yield Mismatch("a token", seen.headers)
        if wanted == "kept" and given is not None:
            yield Mismatch("no other token", given)
        if wanted == "kept" and pod != kept.pod:
            yield Mismatch(f"pod {kept.pod} again", pod)
        if given is not None:
            yield from _attributes(expect, given)
            tokens: Lines = ((session.get("header", "cookie"), given.partition(";")[0]),)
            kept = replace(kept, tokens=tokens)
        self._sessions[session["name"]] = replace(kept, pod=pod)

    def _kept(self, session: Mapping[str, Any]) -> Kept:
        return self._sessions.get(session["name"], Kept())


def _given(session: Mapping[str, Any], seen: Seen) -> str | None:
    """The token of an answer; with ``header`` in a header of that name, else in a cookie."""
    name = session.get("header", "set-cookie")
    return next((value for known, value in seen.headers if known.lower() == name.lower()), None)


def _attributes(expect: Mapping[str, Any], cookie: str) -> Iterator[Mismatch]:
    found = {part.strip().lower() for part in cookie.split(";")[1:]}
    names = {part.partition("=")[0] for part in found}
    for attribute in expect.get("cookie", {}).get("has", ()):
        if attribute not in found:
            yield Mismatch(f"a cookie with {attribute}", cookie)
    for name in expect.get("cookie", {}).get("lacks", ()):
        if name in names:
            yield Mismatch(f"a cookie without {name}", cookie)

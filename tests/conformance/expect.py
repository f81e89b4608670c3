"""What a case expects of answers, compared with what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Lines = tuple[tuple[str, str], ...]
LATE = {408, 504}
"""Either stands for a request that ran out of time."""


@dataclass(frozen=True)
class Seen:
    """What came back for one request."""

    status: int | None = None
    """None: no HTTP response at all."""
    headers: Lines = ()
    echo: Mapping[str, Any] | None = None
    """What the backend saw, if one answered."""
    grpc_code: str | None = None
    frames: tuple[Any, ...] = ()
    error: str | None = None
    is_closed: bool = False
    """The connection ended in the handshake, without an alert."""
    is_unasked: bool = False
    """A certificate was there to be shown, and the server did not ask for one."""
    certificate: str | None = None
    """PEM of what the server showed."""

    @property
    def deployment(self) -> str | None:
        """The Deployment of the pod that answered."""
        return self.echo["pod"].rsplit("-", 2)[0] if self.echo else None

    def header(self, name: str) -> str | None:
        """All lines of that name, joined."""
        return joined(self.headers, name)


@dataclass(frozen=True)
class Mismatch:
    """What was expected and did not come."""

    wanted: str
    got: Any

    def __str__(self) -> str:
        return f"{self.wanted}; got {self.got!r}"


def joined(lines: Lines, name: str) -> str | None:
    """The lines of one name, as a list with commas."""
    values = [value for known, value in lines if known.lower() == name.lower()]
    return ",".join(values) if values else None


def answer_mismatches(expect: Mapping[str, Any], seen: Seen) -> Iterator[Mismatch]:
    """How an answer differs from what a traffic item expects."""
    if seen.is_unasked:
        yield Mismatch("a server that asks for a certificate", "none was asked for")
    outcome = expect.get("outcome")
    if outcome == "connection_rejected":
        if not seen.is_closed:
            yield Mismatch("a connection that is closed in the handshake", seen.error)
        return
    if outcome == "failure":
        if seen.status is not None:
            yield Mismatch("no response at all", seen.status)
        return
    if seen.status is None:
        yield Mismatch("a response", seen.error)
        return
    if outcome == "not_ok":
        if seen.status in {200, *LATE} and seen.grpc_code in (None, "OK"):
            yield Mismatch("a status that is no success", seen.status)
        return
    yield from _status(expect, seen)
    if (
        "certificate" in expect
        and (seen.certificate or "").strip() != expect["certificate"].strip()
    ):
        yield Mismatch("another certificate of the server", seen.certificate)
    yield from _response(expect.get("response", {}), seen)
    if "redirect" in expect:
        yield from _redirect(expect["redirect"], seen)
    if "frames" in expect and list(seen.frames) != expect["frames"]:
        yield Mismatch(f"frames {expect['frames']}", seen.frames)
    if expect.get("no_backend") and seen.echo is not None:
        yield Mismatch("an answer of the gateway itself", seen.echo)
    if seen.status in (200, 204) and seen.grpc_code in (None, "OK"):
        yield from _backend(expect, seen)


def _status(expect: Mapping[str, Any], seen: Seen) -> Iterator[Mismatch]:
    if "status" in expect:
        allowed = set(expect["status"])
        allowed |= LATE if allowed & LATE else set()
        if seen.status not in allowed:
            yield Mismatch(f"status {expect['status']}", seen.status)
    if "grpc_code" in expect and seen.grpc_code != expect["grpc_code"]:
        yield Mismatch(f"gRPC code {expect['grpc_code']}", seen.grpc_code)


BACKEND_KEYS = (
    "backend", "namespace", "method", "path", "host", "headers", "absent_headers", "http_port",
    "sni", "client_cert", "headers_equal_backend", "grpc_method",
)  # fmt: skip


def _backend(expect: Mapping[str, Any], seen: Seen) -> Iterator[Mismatch]:
    wanted, echo = {key: expect[key] for key in BACKEND_KEYS if key in expect}, seen.echo
    if not wanted:
        return
    if echo is None:
        yield Mismatch(f"a backend that saw {wanted}", None)
        return
    if "backend" in wanted and seen.deployment != wanted["backend"]:
        yield Mismatch(f"backend {wanted['backend']}", echo["pod"])
    plain = {"namespace": "namespace", "method": "method", "path": "path", "host": "host"}
    plain |= {"http_port": "httpPort", "grpc_method": "fullyQualifiedMethod"}
    for key, name in plain.items():
        if key in wanted and str(echo.get(name)) != str(wanted[key]):
            yield Mismatch(f"{key} {wanted[key]}", echo.get(name))
    yield from _tls(wanted, echo.get("tls") or {})
    yield from _headers(wanted, _lines(echo), echo["pod"])


def _tls(wanted: Mapping[str, Any], tls: Mapping[str, Any]) -> Iterator[Mismatch]:
    if "sni" in wanted and tls.get("serverName") != wanted["sni"]:
        yield Mismatch(f"SNI {wanted['sni']}", tls.get("serverName"))
    if "client_cert" in wanted:
        shown = [pem.strip() for pem in tls.get("peerCertificates") or ()]
        if wanted["client_cert"].strip() not in shown:
            yield Mismatch("the client certificate at the backend", shown)


def _headers(wanted: Mapping[str, Any], lines: Lines, pod: str) -> Iterator[Mismatch]:
    for name, value in wanted.get("headers", {}).items():
        if joined(lines, name) != str(value):
            yield Mismatch(f"header {name}: {value} at the backend", joined(lines, name))
    for name in wanted.get("absent_headers", ()):
        if joined(lines, name) is not None:
            yield Mismatch(f"no header {name} at the backend", joined(lines, name))
    if name := wanted.get("headers_equal_backend"):
        value = joined(lines, name)
        if value is None or not pod.startswith(value):
            yield Mismatch(f"header {name} that names the pod {pod}", value)


def _lines(echo: Mapping[str, Any]) -> Lines:
    headers: Mapping[str, Iterable[str]] = echo.get("headers") or {}
    return tuple((name, value) for name, values in headers.items() for value in values)


def _response(expect: Mapping[str, Any], seen: Seen) -> Iterator[Mismatch]:
    blank = " " if expect.get("ignore_whitespace") else None

    def same(text: str | None) -> str | None:
        return text.replace(blank, "") if text is not None and blank else text

    for name, value in expect.get("headers", {}).items():
        if same(seen.header(name)) != same(str(value)):
            yield Mismatch(f"response header {name}: {value}", seen.header(name))
    for name, values in expect.get("headers_one_of", {}).items():
        if same(seen.header(name)) not in {same(str(value)) for value in values}:
            yield Mismatch(f"response header {name}: one of {values}", seen.header(name))
    for name, values in expect.get("lines", {}).items():
        lines = [value for known, value in seen.headers if known.lower() == name]
        if lines != values:
            yield Mismatch(f"response header {name} in lines {values}", lines)
    for name in expect.get("absent_headers", ()):
        if seen.header(name) is not None:
            yield Mismatch(f"no response header {name}", seen.header(name))


def _redirect(expect: Mapping[str, Any], seen: Seen) -> Iterator[Mismatch]:
    location = seen.header("location") or ""
    scheme, _, rest = location.partition("://")
    authority, slash, path = rest.partition("/")
    host, _, port = authority.partition(":")
    usual = {"http": "80", "https": "443"}.get(scheme)
    got = {
        "scheme": scheme,
        "host": host,
        "port": "default" if port in ("", usual) else port,
        "path": (slash + path).partition("?")[0],
    }
    for name, value in expect.items():
        wanted = "default" if name == "port" and str(value) == usual else str(value)
        if got[name] != wanted:
            yield Mismatch(f"{name} {value} in the Location", location)
